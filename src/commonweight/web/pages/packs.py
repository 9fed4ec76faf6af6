"""What an act owes: shown as files beside what lies in the repository, and added in one commit."""

from __future__ import annotations

import shlex
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.errors import CommonweightError, Conflict, InvalidInput, NotFound, Stale
from commonweight.identity import Right
from commonweight.policy import MadePack, Wanted
from commonweight.rights import ENGLISH
from commonweight.rights.pack import additions_to
from commonweight.web.contexts import PackPage
from commonweight.web.links import of_repository
from commonweight.web.pages.heads import Heads, Seen
from commonweight.web.presenting.packs import NAME_WORDS, duty_views, file_views
from commonweight.web.presenting.words import ACT_NAMES, _
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Visit, Visits, needs_account

#: Acts that hand something on, and so owe files.
ACTS = ("publish_derivative", "redistribute", "host", "offer_product", "share_outputs")


class PackPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer, heads: Heads) -> None:
        self._services = services
        self._visits = visits
        self._renderer = renderer
        self._heads = heads

    async def show(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        query = request.query_params
        seen = await self._heads.find(visit, "model")
        return await self._page(visit, seen, self._wanted(visit, query.get("act", ""), query.get("name", "")))

    async def add(self, request: Request) -> Response:
        """Put what was chosen into the repository. Raises MayNotWrite, SignInNeeded."""
        visit = await self._visits.visit(request)
        seen = await self._heads.find(visit, "model")
        caller = needs_account(visit)
        self._services.hub.check_writes(caller, seen.repository)
        form = await self._visits.form(visit)
        wanted = self._wanted(visit, form.one("act"), form.one("name"))
        chosen = (*form.many("add"), *form.many("replace"))
        try:
            _check_unchanged(seen, form.one("commit"))
            made = await self._services.packs.make(caller, seen.revision, wanted, visit.frame.base_url)
            additions = await self._services.packs.additions(seen.revision, made.pack)
            await self._services.packs.add(caller, seen.revision, additions, chosen, form.many("replace"))
        except (InvalidInput, Conflict, Stale, NotFound) as error:
            return await self._page(visit, seen, wanted, error)
        query = urlencode({"act": wanted.act, "name": wanted.name})
        return RedirectResponse(f"{seen.href}/rights/owed?{query}", status_code=303)

    def _wanted(self, visit: Visit, act: str, name: str) -> Wanted:
        return Wanted(act if act in ACTS else "", name.strip(), visit.frame.language or ENGLISH)

    async def _page(self, visit: Visit, seen: Seen, wanted: Wanted, error: CommonweightError | None = None) -> Response:
        packs = self._services.packs
        made = await packs.make(visit.caller, seen.revision, wanted, visit.frame.base_url)
        additions = await packs.additions(seen.revision, made.pack) if not made.pack.refusal else additions_to(made.pack, {})
        naming = made.pack.naming
        page = PackPage(
            frame=visit.frame,
            head=await self._heads.head(seen, _("Rights")),
            action=f"{seen.href}/rights/owed",
            acts=tuple((act, ACT_NAMES[act], act == made.act) for act in ACTS),
            name=wanted.name,
            problem=error.sentence if error else "",
            refusal=made.pack.refusal,
            naming=NAME_WORDS.get(naming.state),
            proposal=naming.proposal,
            files=file_views(additions, wanted.language),
            duties=duty_views(made.pack, self._services.policy.records, wanted.language),
            may_add=not made.pack.refusal and visit.caller.may_with(Right.WRITE, seen.repository),
            commit=seen.revision.commit,
            download=_download(seen, made, wanted),
            command=_command(seen, made, wanted),
        )
        return self._renderer.answer(page, error.status if error else 200)


def _check_unchanged(seen: Seen, commit: str) -> None:
    if commit != seen.revision.commit:
        raise Stale(_("The repository has changed since you looked."), hint=_("Look again, then add."))


def _download(seen: Seen, made: MadePack, wanted: Wanted) -> str:
    query = {"act": made.act, "planned_name": wanted.name, "lang": wanted.language, "format": "zip"}
    pairs = urlencode({key: value for key, value in query.items() if value})
    return f"/cw/v1/models{of_repository(seen.repository)}/pack?{pairs}"


def _command(seen: Seen, made: MadePack, wanted: Wanted) -> str:
    name = f" --name {shlex.quote(wanted.name)}" if wanted.name else ""
    return f"commonweight rights pack {seen.repository.full_name} --act {made.act}{name}"
