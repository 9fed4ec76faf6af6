"""A publisher makes a plan, changes it, and stops offering it."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.errors import CommonweightError, InvalidInput, NotAllowed, NotFound
from commonweight.identity import Caller
from commonweight.web.contexts import GrantForm, NewPlanPage
from commonweight.web.pages.openness import language_of
from commonweight.web.presenting.new_decision import act_scope, clause_choices, licence_choices
from commonweight.web.presenting.new_plan import edit_of, form_of, plan_groups, verdict_choices
from commonweight.web.presenting.selling import PLANS
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Form, Visit, Visits, needs_account


class NewPlanPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._selling = services.selling
        self._policy = services.policy
        self._visits = visits
        self._renderer = renderer

    async def show(self, request: Request) -> Response:
        """Empty, or as the plan `plan` (publisher/name) is. Raises PlanNotFound."""
        visit = await self._visits.visit(request)
        caller, query = needs_account(visit), request.query_params
        typed = Form({name: (query[name],) for name in ("publisher", "names", "licence") if name in query})
        if query.get("plan"):
            typed = form_of(await self._selling.offering.get(query["plan"]))
        return await self._page(visit, caller, typed)

    async def send(self, request: Request) -> Response:
        """Leads to the publisher's plans; with `pick` shows the clauses of another licence."""
        visit = await self._visits.visit(request)
        caller, form = needs_account(visit), await self._visits.form(visit)
        if form.one("pick"):
            return await self._page(visit, caller, form)
        publisher = form.one("publisher")
        try:
            await self._selling.offering.offer(caller, publisher, edit_of(form))
        except (InvalidInput, NotAllowed, NotFound) as error:
            return await self._page(visit, caller, form, error)
        return self._done(publisher)

    async def withdraw(self, request: Request) -> Response:
        """Raises PlanNotFound, NotAllowed."""
        visit = await self._visits.visit(request)
        caller, _form = needs_account(visit), await self._visits.form(visit)
        given = visit.params["id"]
        number = int(given) if given.isascii() and given.isdecimal() and len(given) < 19 else 0
        return self._done((await self._selling.offering.withdraw(caller, number)).publisher)

    def _done(self, publisher: str) -> Response:
        self._selling.entitlements.forget()
        return RedirectResponse(f"{PLANS}?{urlencode({'publisher': publisher})}", status_code=303)

    async def _page(self, visit: Visit, caller: Caller, form: Form, error: CommonweightError | None = None) -> Response:
        publishers = publishers_of(caller)
        publisher = form.one("publisher") or next(iter(publishers), "")
        page = NewPlanPage(
            frame=visit.frame,
            publishers=publishers,
            publisher=publisher,
            groups=plan_groups(form if form.one("currency") else Form({**form.values, "currency": ("EUR",)})),
            verdicts=verdict_choices(form.many("verdict")),
            grant=await self._grant(visit, caller, form, publisher),
            join=form.one("join") or "self",
            use=form.one("use") or "commercial",
            prepaid=form.one("prepaid") == "yes",
            move=form.one("move") == "yes",
            error=error.sentence if error else "",
        )
        return self._renderer.answer(page, error.status if error else 200)

    async def _grant(self, visit: Visit, caller: Caller, form: Form, publisher: str) -> GrantForm:
        records = self._policy.records
        licence = next(iter(reversed(records.named(form.one("licence")))), None)
        key = licence.key if licence else ""
        found = await self._selling.standings.list(caller)
        theirs = {terms.key for one in found if one.account == publisher for terms in records.named(one.licence)}
        return GrantForm(
            licences=licence_choices(records, key),
            licence=key,
            clauses=clause_choices("permission", licence, records, form.many("clause"), language_of(visit)),
            acts=act_scope(form.many("act")),
            terms=form.one("permits"),
            is_licensor=key in theirs,
        )


def publishers_of(caller: Caller) -> tuple[str, ...]:
    """Accounts for which the caller may make plans: their own first."""
    own = [caller.account.name] if caller.account and caller.may_administer(caller.account.id) else []
    return (
        *own,
        *sorted(one.name for number, (one, _role) in caller.organisations.items() if caller.may_administer(number)),
    )
