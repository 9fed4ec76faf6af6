"""What people decided and what is held from licensors: by how it stands, one record with what it touches, ending it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.errors import NotAllowed, NotFound
from commonweight.policy import HeldPermission, InvalidUse, Outcome, PersonsDecision, RecordNotFound, Tally
from commonweight.web.contexts import DecisionPage, DecisionsPage
from commonweight.web.links import DECISIONS
from commonweight.web.pages.sending import kept_page, outcome_of
from commonweight.web.presenting.decisions import Around, Record, record_groups, record_view, touched_rows
from commonweight.web.presenting.words import _
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Visit, Visits, needs_account

_OF_DECISIONS = ("exception", "reading")


class DecisionPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._policy = services.policy
        self._visits = visits
        self._renderer = renderer

    async def show(self, request: Request) -> Response:
        """For whoever has an account: these stand in verdicts that they read."""
        visit = await self._visits.visit(request)
        caller = needs_account(visit)
        page = await self._page(visit, shows_ended=request.query_params.get("show") == "ended")
        outcome = await outcome_of(self._policy, caller, request.query_params.get("saved", ""))
        return self._renderer.answer(replace(page, outcome=outcome))

    async def one(self, request: Request) -> Response:
        """A record by kind and name, as verdicts cite it, with those that went by its name before."""
        visit = await self._visits.visit(request)
        caller = needs_account(visit)
        kind, name = visit.params["kind"], visit.params["name"]
        found = [one for one in await self._records(ended=True) if (one.kind, one.name) == (kind, name)]
        if not found:
            raise NotFound(f"There is no {kind[:40]} {name[:100]!r}.", hint=f"{DECISIONS} lists what is recorded.")
        found.sort(key=lambda one: one.ended_at is not None)  # those in force first; the newest come first as they are
        tally = await self._policy.touching.tally([found[0]])
        models = await self._policy.touching.models(caller, tally.of(found[0]).places)
        around = await self._around(found, tally)
        views = tuple(record_view(one, around) for one in found)
        return self._renderer.answer(DecisionPage(visit.frame, name, views, touched_rows(models), caller.is_admin))

    async def end_decision(self, request: Request) -> Response:
        return await self._end(request, "decisions")

    async def end_permission(self, request: Request) -> Response:
        return await self._end(request, "permissions")

    async def _end(self, request: Request, part: str) -> Response:
        visit = await self._visits.visit(request)
        sent = await self._visits.sent(visit)
        if visit.caller.is_anonymous:
            return self._renderer.answer(kept_page(visit, sent.form), 401)
        reason = sent.form.one("reason")
        try:
            if sent.refusal is not None:
                raise sent.refusal
            outcome = await self._ended(visit, part, reason)
        except (InvalidUse, NotAllowed, RecordNotFound) as error:
            page = replace(await self._page(visit), error=error.sentence, end_reason=reason)
            return self._renderer.answer(page, error.status)
        return RedirectResponse(f"{DECISIONS}?saved={outcome.cause_id}", status_code=303)

    async def _ended(self, visit: Visit, part: str, reason: str) -> Outcome:
        """Raises NotAllowed, InvalidUse without a reason, RecordNotFound."""
        self._policy.decisions.check_may_decide(visit.caller)
        given = visit.params["id"]
        number = int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0  # what 64 bits hold
        if not reason:
            raise InvalidUse(_("Say why it ends: whoever reads an older verdict will ask."))
        if part == "decisions":
            return await self._policy.end_decision(visit.caller, number, reason)
        return await self._policy.end_permission(visit.caller, number, reason)

    async def _records(self, *, ended: bool) -> list[Record]:
        made: Sequence[PersonsDecision] = await self._policy.decisions.list(ended=ended)
        held: Sequence[HeldPermission] = await self._policy.decisions.permissions(ended=ended)
        return [*made, *held]

    async def _page(self, visit: Visit, *, shows_ended: bool = False) -> DecisionsPage:
        records = await self._records(ended=shows_ended)
        tally = await self._policy.touching.tally([one for one in records if one.ended_at is None])
        moved = [one for one in await self._policy.documents.list() if not one.is_reviewed]
        return DecisionsPage(
            frame=visit.frame,
            groups=record_groups(records, await self._around(records, tally)),
            shows_ended=shows_ended,
            untried=tally.untried,
            documents=len(moved),
            may_edit=visit.caller.is_admin,
            error="",
            end_reason="",
            outcome=None,
        )

    async def _around(self, records: Sequence[Record], tally: Tally) -> Around:
        people = await self._policy.names_of({who for one in records for who in (one.recorded_by, one.ended_by)})
        uses = {use.id: use.name for use in await self._policy.uses.list()}
        return Around(people, uses, tally, self._policy.today())
