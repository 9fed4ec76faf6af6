"""Privacy: what is kept, and what must not be said; both decided on one page."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.errors import CommonweightError, InvalidInput, NotAllowed, NotFound
from commonweight.guarding import GuardrailNotFound, MayNotGuard
from commonweight.identity import Caller, Role
from commonweight.retention import DecisionNotFound, MayNotDecide, Scope
from commonweight.web.contexts import GuardForm, GuardrailRow, KeepForm, KeptRow, PrivacyPage
from commonweight.web.presenting.privacy import (
    ACTIONS,
    SCOPES,
    SIDES,
    THINGS,
    WHOM,
    guardrail_of,
    guardrail_row,
    kept_row,
    one_of,
    whole,
)
from commonweight.web.presenting.words import _
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Form, Visit, Visits, needs_account

PRIVACY = "/settings/privacy"


@dataclass(frozen=True)
class Shown:
    """What the page shows of the last deed."""

    keep: KeepForm = KeepForm()
    guard: GuardForm = GuardForm()
    error: CommonweightError | None = None


class PrivacyPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._services = services
        self._visits = visits
        self._renderer = renderer

    async def show(self, request: Request) -> Response:
        """What was decided about accounts that the caller administers."""
        visit = await self._visits.visit(request)
        return await self._page(visit, needs_account(visit), Shown())

    async def keep(self, request: Request) -> Response:
        """Decide that something is kept."""
        visit = await self._visits.visit(request)
        caller, form = needs_account(visit), _keep_form(await self._visits.form(visit))
        try:
            account = await self._services.identity.account(form.account)
            scope, days = one_of(Scope, form.scope), whole(form.days, _("days"))
            await self._services.retention.decisions.decide(caller, account, scope, days, form.reason)
        except (InvalidInput, NotAllowed, NotFound) as error:
            return await self._page(visit, caller, Shown(keep=form, error=error))
        return RedirectResponse(PRIVACY, status_code=303)

    async def end_keeping(self, request: Request) -> Response:
        """Raises DecisionNotFound."""
        visit = await self._visits.visit(request)
        caller, _fields = needs_account(visit), await self._visits.form(visit)
        number = _number(visit, DecisionNotFound("There is no such decision."))
        await self._services.retention.decisions.end(caller, number)
        return RedirectResponse(PRIVACY, status_code=303)

    async def guard(self, request: Request) -> Response:
        """Decide a guardrail."""
        visit = await self._visits.visit(request)
        caller, form = needs_account(visit), _guard_form(await self._visits.form(visit))
        try:
            await self._services.guardrails.decide(caller, guardrail_of(form))
        except (InvalidInput, NotAllowed, NotFound) as error:
            return await self._page(visit, caller, Shown(guard=form, error=error))
        return RedirectResponse(PRIVACY, status_code=303)

    async def end_guarding(self, request: Request) -> Response:
        """Raises GuardrailNotFound."""
        visit = await self._visits.visit(request)
        caller, _fields = needs_account(visit), await self._visits.form(visit)
        await self._services.guardrails.end(caller, _number(visit, GuardrailNotFound("There is no such guardrail.")))
        return RedirectResponse(PRIVACY, status_code=303)

    async def _page(self, visit: Visit, caller: Caller, shown: Shown) -> Response:
        page = PrivacyPage(
            frame=visit.frame,
            kept=await self._kept(caller),
            guardrails=await self._guardrails(caller),
            accounts=tuple(_administered(caller)),
            scopes=tuple((scope.value, name) for scope, name in SCOPES.items()),
            things=tuple((thing.value, name, about) for thing, (name, about) in THINGS.items()),
            sides=tuple((side.value, name) for side, name in SIDES.items()),
            actions=tuple((action.value, name) for action, name in ACTIONS.items()),
            whom=tuple((scope.value, name) for scope, name in WHOM.items()),
            keep=shown.keep,
            guard=shown.guard,
            error=shown.error.sentence if shown.error else "",
        )
        return self._renderer.answer(page, shown.error.status if shown.error else 200)

    async def _kept(self, caller: Caller) -> tuple[KeptRow, ...]:
        retention = self._services.retention
        try:
            decisions = await retention.decisions.known_to(caller)
        except MayNotDecide:
            return ()
        totals = await retention.kept.totals([one.id for _name, one in decisions if one.ended_at is None])
        rows = [kept_row(name, one, totals.get(one.id)) for name, one in decisions]
        return tuple(sorted(rows, key=lambda row: not row.ends))

    async def _guardrails(self, caller: Caller) -> tuple[GuardrailRow, ...]:
        try:
            found = await self._services.guardrails.of(caller)
        except MayNotGuard:
            return ()
        return tuple(sorted(map(guardrail_row, found), key=lambda row: not row.holds))


def _administered(caller: Caller) -> list[str]:
    """Names of the accounts that the caller may decide about."""
    if caller.account is None or caller.token is None or caller.token.role < Role.ADMIN:
        return []
    houses = [account.name for account, _role in caller.organisations.values() if caller.may_manage(account.id)]
    return [caller.account.name, *houses]


def _number(visit: Visit, missing: NotFound) -> int:
    given = visit.params["id"]
    if not (given.isascii() and given.isdecimal() and len(given) < 19):
        raise missing
    return int(given)


def _keep_form(form: Form) -> KeepForm:
    names = ("account", "scope", "days", "reason")
    return KeepForm(**{name: form.one(name) for name in names}, opened=True)


def _guard_form(form: Form) -> GuardForm:
    names = ("name", "countries", "words", "topics", "judge", "likeness", "side", "action", "scope", "subject", "reason")
    return GuardForm(**{name: form.one(name) for name in names}, things=form.many("thing"), opened=True)
