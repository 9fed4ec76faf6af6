"""One discussion or pull request: what was said, what it changes, and taking part."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.errors import CommonweightError, Conflict, InvalidInput, NotAllowed, NotFound, Stale, TooLarge
from commonweight.hub import Discussion, DiscussionNotFound, Event, Repository, may_contribute, may_steer
from commonweight.identity import Caller, Right
from commonweight.web.comments import CommentRenderer
from commonweight.web.contexts import DiscussionPage, EntryView, MergeView, PullFilesPage
from commonweight.web.links import with_query
from commonweight.web.pages.discussions import MAX_TALK_BYTES
from commonweight.web.pages.heads import COMMUNITY, Heads, Seen
from commonweight.web.pages.sending import kept_page
from commonweight.web.presenting.discussions import (
    diff_files,
    discussions_address,
    entry_view,
    merge_view,
    talk_head,
)
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Form, Visit, Visits

RENDERED_AT_ONCE: Final = 2  # comments that were written to be slow take threads from nobody else
REFUSALS: Final = (Conflict, InvalidInput, NotAllowed, NotFound, Stale, TooLarge)


@dataclass(frozen=True)
class Talk:
    """A discussion as a visitor came to it."""

    visit: Visit
    seen: Seen
    discussion: Discussion

    @property
    def href(self) -> str:
        return f"{discussions_address(self.seen.repository)}/{self.discussion.number}"


Deed = Callable[[Talk, Form], Awaitable[str]]
"""Does something; gives where to go on to, a part of the page or nothing."""


class DiscussionPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer, heads: Heads, kind: str) -> None:
        self._hub = services.hub
        self._visits = visits
        self._renderer = renderer
        self._heads = heads
        self._kind = kind
        self._comments = CommentRenderer()
        self._rendering = asyncio.Semaphore(RENDERED_AT_ONCE)

    async def show(self, request: Request) -> Response:
        return await self._page(await self._find(request))

    async def files(self, request: Request) -> Response:
        """Raises DiscussionNotFound for what changes nothing, GatedRepository for who may not have the files."""
        talk = await self._find(request)
        visit, seen, pull = talk.visit, talk.seen, talk.discussion
        await self._hub.check_files(visit.caller, seen.repository)
        if not pull.is_pull_request:
            raise DiscussionNotFound(f"Discussion {pull.number} is no pull request, so there are no files.")
        compared = await self._hub.pulls.compare(visit.caller, seen.repository, pull)
        beside = request.query_params.get("view") == "side"
        page = PullFilesPage(
            frame=visit.frame,
            head=await self._heads.head(seen, COMMUNITY),
            talk=talk_head(seen.repository, pull, on_files=True),
            files=diff_files(seen.repository, pull, compared.changes, beside=beside),
            added=sum(one.added for one in compared.changes),
            removed=sum(one.removed for one in compared.changes),
            side_by_side=beside,
            other_view=with_query(f"{talk.href}/files", [("view", "" if beside else "side")]),
            start=compared.start,
        )
        return self._renderer.answer(page)

    async def comment(self, request: Request) -> Response:
        """What was typed comes back where it is refused."""
        return await self._do(request, self._comment)

    async def rename(self, request: Request) -> Response:
        return await self._do(request, self._rename)

    async def change_status(self, request: Request) -> Response:
        return await self._do(request, self._change_status)

    async def merge(self, request: Request) -> Response:
        return await self._do(request, self._merge)

    async def edit(self, request: Request) -> Response:
        return await self._do(request, self._edit)

    async def hide(self, request: Request) -> Response:
        return await self._do(request, self._hide)

    async def _do(self, request: Request, deed: Deed) -> Response:
        """A deed, and back to the page; where it is refused, the page says why and holds what was typed."""
        talk = await self._find(request)
        sent = await self._visits.sent(talk.visit, MAX_TALK_BYTES)
        if talk.visit.caller.is_anonymous:
            return self._renderer.answer(kept_page(talk.visit, sent.form), 401)
        try:
            if sent.refusal is not None:
                raise sent.refusal
            part = await deed(talk, sent.form)
        except REFUSALS as error:
            return await self._page(await self._find(request), sent.form, error)
        return RedirectResponse(talk.href + part, status_code=303)

    async def _comment(self, talk: Talk, form: Form) -> str:
        event = await self._hub.discussions.comment(*_where(talk), form.one("text"))
        return f"#entry-{event.id}"

    async def _rename(self, talk: Talk, form: Form) -> str:
        await self._hub.discussions.rename(*_where(talk), form.one("title"))
        return ""

    async def _change_status(self, talk: Talk, form: Form) -> str:
        await self._hub.discussions.change_status(*_where(talk), form.one("status"), form.one("text"))
        return "#end"

    async def _merge(self, talk: Talk, form: Form) -> str:
        await self._hub.pulls.merge(*_where(talk), form.one("text"), form.one("head"))
        return "#end"

    async def _edit(self, talk: Talk, form: Form) -> str:
        event = await self._hub.discussions.edit(*_where(talk), _entry(talk), form.one("text"))
        return f"#entry-{event.id}"

    async def _hide(self, talk: Talk, form: Form) -> str:
        event = await self._hub.discussions.hide(*_where(talk), _entry(talk))
        return f"#entry-{event.id}"

    async def _find(self, request: Request) -> Talk:
        """Raises DiscussionNotFound, RepositoryNotFound."""
        visit = await self._visits.visit(request)
        seen = await self._heads.find(visit, self._kind)
        number = _number(visit.params["number"])
        return Talk(visit, seen, await self._hub.discussions.find(visit.caller, seen.repository, number))

    async def _page(self, talk: Talk, form: Form | None = None, error: CommonweightError | None = None) -> Response:
        visit, repository, discussion = talk.visit, talk.seen.repository, talk.discussion
        takes_part = may_contribute(visit.caller, repository)
        steers = takes_part and may_steer(visit.caller, repository, discussion)
        page = DiscussionPage(
            frame=visit.frame,
            head=await self._heads.head(talk.seen, COMMUNITY),
            talk=talk_head(repository, discussion),
            entries=await self._entries(talk),
            merge=await self._merge_view(talk),
            may_comment=takes_part,
            may_steer=steers,
            is_over=discussion.is_over,
            may_reopen=discussion.status in ("closed", "draft"),
            push=_push(talk) if steers and discussion.is_pull_request and discussion.status != "merged" else "",
            typed=form.one("text") if form else "",
            error=error.sentence if error else "",
        )
        return self._renderer.answer(page, error.status if error else 200)

    async def _merge_view(self, talk: Talk) -> MergeView | None:
        if not talk.discussion.is_pull_request:
            return None
        caller, repository = talk.visit.caller, talk.seen.repository
        compared = await self._hub.pulls.compare(caller, repository, talk.discussion, with_lines=False)
        action = f"{talk.href}/merge" if caller.may_with(Right.WRITE, repository) else ""
        return merge_view(repository, talk.discussion, compared, action)

    async def _entries(self, talk: Talk) -> tuple[EntryView, ...]:
        events = await self._hub.discussions.events(talk.discussion)
        path = talk.seen.href
        async with self._rendering:  # in a thread, so that slow comments do not hold up the loop
            texts = await asyncio.to_thread(
                lambda: [self._comments.html(one.text, path) if one.text else "" for one in events]
            )
        return tuple(_entry_view(talk, event, html) for event, html in zip(events, texts, strict=True))


def _entry_view(talk: Talk, event: Event, html: str) -> EntryView:
    caller, repository = talk.visit.caller, talk.seen.repository
    is_comment = event.type == "comment" and not event.is_hidden and may_contribute(caller, repository)
    is_own = caller.account is not None and caller.account.id == event.author_id
    deeds = f"{talk.href}/comments/{event.id}"
    may_hide = is_comment and (is_own or caller.may_with(Right.WRITE, repository))
    edit, hide = f"{deeds}/edit" if is_comment and is_own else "", f"{deeds}/hide" if may_hide else ""
    return entry_view(repository, event, html, edit=edit, hide=hide)


def _where(talk: Talk) -> tuple[Caller, Repository, int]:
    return talk.visit.caller, talk.seen.repository, talk.discussion.number


def _entry(talk: Talk) -> int:
    return _number(talk.visit.params["id"])


def _number(text: str) -> int:
    """Raises DiscussionNotFound."""
    if not text.isascii() or not text.isdigit() or len(text) > 15:  # what databases hold
        raise DiscussionNotFound(f"There is no discussion or comment {text[:50]!r}.")
    return int(text)


def _push(talk: Talk) -> str:
    repository = talk.seen.repository
    kind = "" if repository.kind == "model" else f" --repo-type {repository.kind}"
    base = talk.visit.frame.base_url
    return f"HF_ENDPOINT={base} hf upload {repository.full_name} FILE{kind} --revision {talk.discussion.ref}"
