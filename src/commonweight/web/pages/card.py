"""The first page of a repository: its card, its facts, how to use it."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.errors import TooLarge
from commonweight.hub import EntryNotFound, RepositoryNotFound, RevisionFacts
from commonweight.identity import Right
from commonweight.rights import in_language
from commonweight.web.cards import CardRenderer
from commonweight.web.contexts import CallName, CardPage, OpennessView, TriedView
from commonweight.web.links import in_repository, known_address
from commonweight.web.pages.calling import call_names
from commonweight.web.pages.files_say import files_say_of
from commonweight.web.pages.heads import Heads, Seen
from commonweight.web.pages.openness import language_of
from commonweight.web.pages.plans import plan_views, plans_of_model
from commonweight.web.presenting.card_facts import card_facts, snippets
from commonweight.web.presenting.gating import access_address
from commonweight.web.presenting.openness import openness_view
from commonweight.web.presenting.tried import tried_views
from commonweight.web.presenting.words import _
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Visit, Visits

CARD = "README.md"
RENDERED_AT_ONCE = 2  # cards that were written to be slow take threads from nobody else


class CardPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer, heads: Heads) -> None:
        self._services = services
        self._visits = visits
        self._renderer = renderer
        self._heads = heads
        self._cards = CardRenderer()
        self._rendering = asyncio.Semaphore(RENDERED_AT_ONCE)

    async def model(self, request: Request) -> Response:
        """`/ada/tiny`; a model that is only known is shown there too."""
        visit = await self._visits.visit(request)
        try:
            return await self._show(visit, await self._heads.find(visit, "model"))
        except RepositoryNotFound:
            known = await self._services.known.find(f"{visit.params['namespace']}/{visit.params['name']}")
            if known is None:
                raise
            return RedirectResponse(known_address(known.id), status_code=303)

    async def dataset(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        return await self._show(visit, await self._heads.find(visit, "dataset"))

    async def _show(self, visit: Visit, seen: Seen) -> Response:
        if seen.repository.moved:
            return RedirectResponse(seen.href, status_code=307)
        facts = await self._services.hub.facts(seen.revision)
        names = await call_names(self._services, seen) if seen.repository.kind == "model" else ()
        page = CardPage(
            frame=visit.frame,
            head=await self._heads.head(seen, _("Card"), with_verdict=True, with_scan=True),
            html=await self._html(seen),
            card_error=facts.card_error,
            facts=card_facts(facts),
            snippets=snippets(seen.repository, visit.frame.base_url, self._called(facts, names)),
            openness=await self._openness(visit, seen),
            may_write=visit.caller.may_with(Right.WRITE, seen.repository),
            upload=f"hf upload {seen.repository.full_name} README.md",
            files=await files_say_of(self._services, visit, seen) if seen.repository.kind == "dataset" else None,
            tried=await self._tried(seen),
            names=names if len(names) > 1 or any(one.what for one in names) else (),
            behind=await self._behind(visit, seen),
            ask=await self._ask(visit, seen),
            likes=seen.repository.likes,
            is_liked=await self._services.hub.likes.likes(visit.caller, seen.repository),
            collections=tuple((one.slug, one.title) for one in await self._services.collections.may_add_to(visit.caller)),
            plans=await plan_views(self._services, visit.caller, await plans_of_model(self._services, seen)),
        )
        return self._renderer.answer(page)

    async def _tried(self, seen: Seen) -> tuple[TriedView, ...]:
        if self._services.checks is None or seen.repository.kind != "model":
            return ()
        return tried_views(await self._services.checks.of(seen.repository.full_name, seen.revision.commit))

    async def _html(self, seen: Seen) -> str:
        try:
            text = (await self._services.hub.read_small(seen.revision, CARD)).decode("utf-8", errors="replace")
        except (EntryNotFound, TooLarge):
            return ""
        blob, raw = (in_repository(seen.repository, page, seen.asked) + "/" for page in ("blob", "resolve"))
        async with self._rendering:  # in a thread, so that a slow card does not hold up the loop
            return await asyncio.to_thread(self._cards.html, text, blob_base=blob, raw_base=raw)

    def _called(self, facts: RevisionFacts, names: tuple[CallName, ...]) -> str:
        return names[0].name if facts.has_gguf and names else ""

    async def _behind(self, visit: Visit, seen: Seen) -> tuple[str, ...]:
        """By their names where the reader may know of them."""
        closed = [one for one in await self._services.hub.origins(seen.repository) if not one.is_open]
        shown = [one for one in closed if not one.is_private or one.gives_files_to(visit.caller)]
        unnamed = () if len(shown) == len(closed) else ("",)
        return (*dict.fromkeys(one.name_now for one in shown), *unnamed)

    async def _ask(self, visit: Visit, seen: Seen) -> str:
        """Only of its own gate: where what it carries is closed, that is asked for there."""
        if not seen.repository.gated or visit.caller.may_read(seen.repository.namespace_id):
            return ""
        standing = await self._services.hub.gates.standing(visit.caller, seen.repository)
        return "" if standing and standing.status == "accepted" else access_address(seen.repository)

    async def _openness(self, visit: Visit, seen: Seen) -> OpennessView | None:
        if seen.repository.kind != "model":
            return None
        row = await self._services.market.row(seen.revision)
        return openness_view(row.openness, in_language(language_of(visit)))
