"""The list of a repository's discussions and pull requests, and opening one."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.errors import CommonweightError, InvalidInput, NotAllowed, TooLarge
from commonweight.hub import Wanted
from commonweight.web.contexts import DiscussionsPage, FilterLink, NewDiscussionPage
from commonweight.web.links import with_query
from commonweight.web.pages.heads import COMMUNITY, Heads, Seen
from commonweight.web.pages.sending import kept_page
from commonweight.web.presenting.discussions import discussion_row, discussions_address
from commonweight.web.presenting.words import _
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Form, Visit, Visits, needs_account

PER_PAGE: Final = 30
MAX_TALK_BYTES: Final = 1 << 20  # of a form with a comment: 65,536 characters, each of up to twelve bytes as it is sent
STATUSES: Final = {"open": _("Open"), "closed": _("Closed and merged"), "all": _("All")}
TYPES: Final = {"all": _("Both"), "discussion": _("Discussions"), "pull_request": _("Pull requests")}


class DiscussionListPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer, heads: Heads, kind: str) -> None:
        self._services = services
        self._visits = visits
        self._renderer = renderer
        self._heads = heads
        self._kind = kind

    async def list(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        seen = await self._heads.find(visit, self._kind)
        query = request.query_params
        page = query.get("p", "")
        wanted = Wanted(
            type=query.get("type") or "all",
            status=query.get("status") or "open",
            author=query.get("author", "").strip()[:96],
            page=int(page) if page.isascii() and page.isdigit() and len(page) < 7 else 0,
            per_page=PER_PAGE,
        )
        found = await self._services.hub.discussions.list(visit.caller, seen.repository, wanted)
        address = discussions_address(seen.repository)
        more = found.start + len(found.discussions) < found.count
        shown = DiscussionsPage(
            frame=visit.frame,
            head=await self._heads.head(seen, COMMUNITY),
            rows=tuple(discussion_row(seen.repository, one) for one in found.discussions),
            count=found.count,
            statuses=_links(address, wanted, "status", STATUSES),
            types=_links(address, wanted, "type", TYPES),
            author=wanted.author,
            kept=tuple((name, value) for name, value in _filters(wanted) if name != "author" and value),
            newer=_page(address, wanted, wanted.page - 1) if wanted.page else "",
            older=_page(address, wanted, wanted.page + 1) if more else "",
            new=f"{address}/new",
            propose=_propose(seen, visit.frame.base_url),
        )
        return self._renderer.answer(shown)

    async def new(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        seen = await self._heads.find(visit, self._kind)
        needs_account(visit)
        return await self._form(visit, seen, Form({}))

    async def open(self, request: Request) -> Response:
        """What was typed comes back where it is refused."""
        visit = await self._visits.visit(request)
        seen = await self._heads.find(visit, self._kind)
        sent = await self._visits.sent(visit, MAX_TALK_BYTES)
        if visit.caller.is_anonymous:
            return self._renderer.answer(kept_page(visit, sent.form), 401)
        title, text = sent.form.one("title"), sent.form.one("text")
        try:
            if sent.refusal is not None:
                raise sent.refusal
            opened = await self._services.hub.discussions.open(visit.caller, seen.repository, title, text)
        except (InvalidInput, TooLarge, NotAllowed) as error:
            return await self._form(visit, seen, sent.form, error)
        return RedirectResponse(f"{discussions_address(seen.repository)}/{opened.number}", status_code=303)

    async def _form(self, visit: Visit, seen: Seen, form: Form, error: CommonweightError | None = None) -> Response:
        page = NewDiscussionPage(
            frame=visit.frame,
            head=await self._heads.head(seen, COMMUNITY),
            action=discussions_address(seen.repository),
            title=form.one("title"),
            text=form.one("text"),
            error=error.sentence if error else "",
        )
        return self._renderer.answer(page, error.status if error else 200)


def _filters(wanted: Wanted) -> list[tuple[str, str]]:
    """Those that are not as at first."""
    first = {"status": "open", "type": "all", "author": ""}
    return [(name, "" if getattr(wanted, name) == word else getattr(wanted, name)) for name, word in first.items()]


def _links(address: str, wanted: Wanted, name: str, words: dict[str, str]) -> tuple[FilterLink, ...]:
    others = [pair for pair in _filters(wanted) if pair[0] != name]
    first = {"status": "open", "type": "all"}[name]
    return tuple(
        FilterLink(
            text, with_query(address, [*others, (name, "" if word == first else word)]), word == getattr(wanted, name)
        )
        for word, text in words.items()
    )


def _page(address: str, wanted: Wanted, page: int) -> str:
    return with_query(address, [*_filters(wanted), ("p", str(page) if page else "")])


def _propose(seen: Seen, base_url: str) -> str:
    kind = "" if seen.repository.kind == "model" else f" --repo-type {seen.repository.kind}"
    return f"HF_ENDPOINT={base_url} hf upload {seen.repository.full_name} FILE{kind} --create-pr"
