"""Record an exception, a reading or a permission: pick the licence, then what of it, and see what it would change."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.errors import CommonweightError, NotAllowed, NotFound
from commonweight.identity import Caller
from commonweight.policy import InvalidUse, ModelUnknown, NameTaken, Outcome, Preview, UseNotFound
from commonweight.web.contexts import NewDecisionPage
from commonweight.web.links import DECISIONS
from commonweight.web.pages.licences import language_of
from commonweight.web.pages.sending import kept_page
from commonweight.web.presenting.new_decision import (
    KINDS,
    act_scope,
    clause_choices,
    decision_in,
    finding_of,
    grant_in,
    kind_choices,
    licence_choices,
    texts_in,
    use_choices,
)
from commonweight.web.presenting.outcomes import preview_view, untried_view
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Form, Visit, Visits, needs_account

_REFUSED = (InvalidUse, NameTaken, ModelUnknown, UseNotFound, NotAllowed)


class NewDecisionPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._policy = services.policy
        self._visits = visits
        self._renderer = renderer

    async def show(self, request: Request) -> Response:
        """`licence` and `finding` of the address fill the form, as a verdict's clause leads here."""
        visit = await self._visits.visit(request)
        needs_account(visit)
        query = request.query_params
        form = Form({name: tuple(query.getlist(name)) for name in query})
        return self._renderer.answer(await self._page(visit, form))

    async def send(self, request: Request) -> Response:
        """Record it, or with `preview` only say what that would change; with `pick` show the clauses of another licence."""
        visit = await self._visits.visit(request)
        sent = await self._visits.sent(visit)
        if visit.caller.is_anonymous:
            return self._renderer.answer(kept_page(visit, sent.form), 401)
        form, kind = sent.form, _kind(visit)
        if sent.refusal is not None:
            return await self._refused(visit, form, sent.refusal)
        if form.one("pick"):
            return self._renderer.answer(await self._page(visit, form))
        if form.one("preview"):
            return self._renderer.answer(await self._tried(visit, form, kind))
        try:
            outcome = await self._recorded(visit.caller, form, kind)
        except _REFUSED as error:
            return await self._refused(visit, form, error)
        return RedirectResponse(f"{DECISIONS}?saved={outcome.cause_id}", status_code=303)

    async def _recorded(self, caller: Caller, form: Form, kind: str) -> Outcome:
        self._policy.decisions.check_may_decide(caller)
        if kind == "permission":
            return (await self._policy.grant_permission(caller, grant_in(form)))[1]
        return (await self._policy.record_decision(caller, decision_in(kind, form)))[1]

    async def _tried(self, visit: Visit, form: Form, kind: str) -> NewDecisionPage:
        page = await self._page(visit, form)
        try:
            return replace(page, preview=preview_view(await self._preview(visit.caller, form, kind)))
        except _REFUSED as error:
            return replace(page, preview=untried_view(error.sentence))

    async def _preview(self, caller: Caller, form: Form, kind: str) -> Preview:
        if kind == "permission":
            return await self._policy.preview_permission(caller, grant_in(form))
        return await self._policy.preview_decision(caller, decision_in(kind, form, tried=True))

    async def _refused(self, visit: Visit, form: Form, error: CommonweightError) -> Response:
        return self._renderer.answer(replace(await self._page(visit, form), error=error.sentence), error.status)

    async def _page(self, visit: Visit, form: Form) -> NewDecisionPage:
        kind, records = _kind(visit), self._policy.records
        finding, _reading = finding_of(form)
        licence = form.one("licence") or finding.partition("#")[0]
        picked = (*form.many("clause"), finding)
        clauses = clause_choices(kind, records.get(licence), records, picked, language_of(visit))
        return NewDecisionPage(
            frame=visit.frame,
            kind=kind,
            licences=licence_choices(records, licence),
            licence=licence if records.get(licence) else "",
            clauses=clauses,
            finding="" if any(one.picked for one in clauses) else form.one("finding"),
            choices=kind_choices(kind, form.one("choose")),
            acts=act_scope(form.many("act")),
            uses=use_choices(await self._policy.uses.list(), form.one("use")),
            texts=texts_in(form),
            may_edit=visit.caller.is_admin,
            error="",
            preview=None,
        )


def _kind(visit: Visit) -> str:
    """Raises NotFound."""
    kind = visit.params["kind"]
    if kind not in KINDS:
        raise NotFound(f"There is no form for {kind[:40]!r}; there is one for {', '.join(KINDS)}.")
    return kind
