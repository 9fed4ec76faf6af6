"""Who asks: recorded once, with what a change would come to before it is saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.errors import NotAllowed
from commonweight.policy import InvalidUse, Organisation, OrganisationEdit, Overtaken, Proposal
from commonweight.web.contexts import Difference, OrganisationPage, OvertakenView, PreviewView
from commonweight.web.pages.sending import kept_page, outcome_of, seen_in, was_in, was_text
from commonweight.web.presenting.fact_form import facts_from, field_groups, merged
from commonweight.web.presenting.months import months_views
from commonweight.web.presenting.organisation_questions import ORGANISATION_QUESTIONS
from commonweight.web.presenting.outcomes import overtaken_view, preview_view, recorded_text, untried_view
from commonweight.web.presenting.words import _
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Visit, Visits, needs_account

ADDRESS = "/rights/organisation"


class OrganisationPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._policy = services.policy
        self._visits = visits
        self._renderer = renderer

    async def show(self, request: Request) -> Response:
        """Whoever has an account may read the facts; they may say what a company earns, so nobody else."""
        visit = await self._visits.visit(request)
        caller = needs_account(visit)
        recorded = await self._policy.uses.organisation()
        page = await self._page(visit, recorded, recorded.facts, recorded.group)
        outcome = await outcome_of(self._policy, caller, request.query_params.get("saved", ""))
        return self._renderer.answer(replace(page, outcome=outcome))

    async def send(self, request: Request) -> Response:
        """Save, or with `preview` only say what saving would change. What was typed comes back whenever it is refused."""
        visit = await self._visits.visit(request)
        sent = await self._visits.sent(visit)
        form = sent.form
        if visit.caller.is_anonymous:
            return self._renderer.answer(kept_page(visit, form), 401)
        recorded = await self._policy.uses.organisation()
        typed, group = facts_from(form, recorded.facts, ORGANISATION_QUESTIONS), form.one("group")
        if sent.refusal is not None:
            page = await self._page(visit, recorded, typed, group, sent.refusal.detail)
            return self._renderer.answer(page, sent.refusal.status)
        if form.one("preview"):
            page = await self._page(visit, recorded, typed, group)
            page = replace(page, seen=form.one("seen"), was=form.one("was"), preview=await self._preview(visit, typed))
            return self._renderer.answer(page)
        return await self._save(visit, recorded, was_in(form), OrganisationEdit(typed, group, seen_in(form)))

    async def _save(self, visit: Visit, recorded: Organisation, was: Mapping[str, Any], edit: OrganisationEdit) -> Response:
        typed = edit.facts
        try:
            _organisation, outcome = await self._policy.set_organisation(visit.caller, edit)
        except Overtaken as error:
            recorded = await self._policy.uses.organisation()
            form = merged(was, recorded.facts, typed)
            page = await self._page(visit, recorded, form, edit.group)
            overtaken = await self._overtaken(recorded, typed, form, edit.group)
            return self._renderer.answer(replace(page, overtaken=overtaken), error.status)
        except (InvalidUse, NotAllowed) as error:
            page = await self._page(visit, recorded, typed, edit.group, error.sentence)
            return self._renderer.answer(page, error.status)
        return RedirectResponse(f"{ADDRESS}?saved={outcome.cause_id}", status_code=303)

    async def _preview(self, visit: Visit, typed: Mapping[str, Any]) -> PreviewView:
        try:
            return preview_view(await self._policy.preview(visit.caller, Proposal(organisation=typed)))
        except (InvalidUse, NotAllowed) as error:
            return untried_view(error.sentence)

    async def _overtaken(
        self, recorded: Organisation, typed: Mapping[str, Any], form: Mapping[str, Any], group: str
    ) -> OvertakenView:
        by, at = await self._name(recorded.updated_by), recorded.updated_at
        found = overtaken_view(by, at, recorded.facts, typed, form, ORGANISATION_QUESTIONS)
        if group == recorded.group:
            return found
        words = Difference(_("Who belongs to your group?"), recorded.group, group)
        return replace(found, differences=(*found.differences, words))

    async def _page(
        self, visit: Visit, recorded: Organisation, facts: Mapping[str, Any], group: str, error: str = ""
    ) -> OrganisationPage:
        return OrganisationPage(
            frame=visit.frame,
            groups=field_groups(ORGANISATION_QUESTIONS, facts, self._policy.asked_by(), error),
            group=group,
            seen=recorded.updated_at.isoformat(),
            was=was_text(recorded.facts),
            updated=recorded_text(recorded.updated_at, await self._name(recorded.updated_by)),
            may_edit=visit.caller.is_admin,
            error=error,
            overtaken=None,
            outcome=None,
            preview=None,
            months=months_views(recorded.facts),
        )

    async def _name(self, account: int | None) -> str:
        return (await self._policy.names_of([account])).get(account or 0, "")
