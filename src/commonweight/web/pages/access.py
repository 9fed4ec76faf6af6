"""Asking for access to a gated repository."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.errors import CommonweightError, Conflict, InvalidInput, NotAllowed, NotFound, Stale, TooLarge
from commonweight.hub import AccessRequest, Repository, Terms, may_contribute
from commonweight.identity import Caller, Right
from commonweight.web.comments import CommentRenderer
from commonweight.web.contexts import AccessPage
from commonweight.web.pages.heads import ACCESS, Heads, Seen
from commonweight.web.pages.sending import kept_page
from commonweight.web.presenting.gating import STATE_WORDS, accepted_view, access_address, field_view
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Form, Visit, Visits

MAX_ASK_BYTES: Final = 512 << 10  # 32 fields of 2,000 characters, each of up to twelve bytes as it is sent
RENDERED_AT_ONCE: Final = 2  # conditions that were written to be slow take threads from nobody else
REFUSALS: Final = (Conflict, InvalidInput, NotAllowed, NotFound, Stale, TooLarge)


class AccessPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer, heads: Heads, kind: str) -> None:
        self._hub = services.hub
        self._visits = visits
        self._renderer = renderer
        self._heads = heads
        self._kind = kind
        self._comments = CommentRenderer()
        self._rendering = asyncio.Semaphore(RENDERED_AT_ONCE)

    async def show(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        return await self._page(visit, await self._heads.find(visit, self._kind))

    async def ask(self, request: Request) -> Response:
        """What was typed comes back where it is refused, or where the conditions have changed."""
        visit = await self._visits.visit(request)
        seen = await self._heads.find(visit, self._kind)
        sent = await self._visits.sent(visit, MAX_ASK_BYTES)
        if visit.caller.is_anonymous:
            return self._renderer.answer(kept_page(visit, sent.form), 401)
        terms = await self._hub.gates.terms(visit.caller, seen.repository)
        try:
            if sent.refusal is not None:
                raise sent.refusal
            filled_in = {one.label: sent.form.one(f"field-{n}") for n, one in enumerate(terms.fields)}
            await self._hub.gates.ask(visit.caller, seen.repository, filled_in, sent.form.one("terms"))
        except REFUSALS as error:
            return await self._page(visit, seen, sent.form, error)
        return RedirectResponse(access_address(seen.repository), status_code=303)

    async def withdraw(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        seen = await self._heads.find(visit, self._kind)
        sent = await self._visits.sent(visit)
        if visit.caller.is_anonymous:
            return self._renderer.answer(kept_page(visit, sent.form), 401)
        try:
            if sent.refusal is not None:
                raise sent.refusal
            await self._hub.gates.withdraw(visit.caller, seen.repository)
        except REFUSALS as error:
            return await self._page(visit, seen, None, error)
        return RedirectResponse(access_address(seen.repository), status_code=303)

    async def _page(
        self, visit: Visit, seen: Seen, form: Form | None = None, error: CommonweightError | None = None
    ) -> Response:
        caller, repository = visit.caller, seen.repository
        terms = await self._hub.gates.terms(caller, repository)
        standing = await self._hub.gates.standing(caller, repository)
        state, typed = _state(caller, repository, standing), form or Form({})
        asks = state in ("none", "accepted") and not (standing and standing.has_accepted_terms)
        page = AccessPage(
            frame=visit.frame,
            head=await self._heads.head(seen, ACCESS),
            state=STATE_WORDS[state],
            reason=standing.reason if standing else "",
            may_ask=asks and may_contribute(caller, repository),
            may_withdraw=state in ("pending", "accepted"),
            is_automatic=repository.gated == "auto",
            heading=terms.heading,
            prompt=await self._html(terms, seen),
            description=terms.description,
            fields=tuple(field_view(n, one, typed.one(f"field-{n}")) for n, one in enumerate(terms.fields)),
            licence=terms.licence,
            licence_texts=tuple((one.path, one.text) for one in terms.licence_texts),
            button=terms.button,
            terms=terms.hash,
            action=access_address(repository),
            withdraw=f"{access_address(repository)}/withdraw",
            accepted=tuple(
                accepted_view(repository, one) for one in await self._hub.gates.own_acceptances(caller, repository)
            ),
            error=error.sentence if error else "",
        )
        return self._renderer.answer(page, error.status if error else 200)

    async def _html(self, terms: Terms, seen: Seen) -> str:
        if not terms.prompt:
            return ""
        async with self._rendering:  # in a thread, so that slow Markdown does not hold up the loop
            return await asyncio.to_thread(self._comments.html, terms.prompt, seen.href)


def _state(caller: Caller, repository: Repository, standing: AccessRequest | None) -> str:
    if not repository.gated:
        return "open"
    if caller.may_with(Right.READ, repository):
        return "member"
    return standing.status if standing else "none"
