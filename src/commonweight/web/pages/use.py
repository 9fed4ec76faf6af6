"""The standing use: plain questions, and what the answers change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from commonweight.policy import InvalidUse, VerdictChange
from commonweight.web.contexts import Flip, UsePage
from commonweight.web.presenting.market import use_view
from commonweight.web.presenting.use_form import facts_from, use_groups
from commonweight.web.presenting.verdicts import subject_page, subject_text
from commonweight.web.presenting.words import verdict_word
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Visits, needs_account


class UsePages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._services = services
        self._visits = visits
        self._renderer = renderer

    async def show(self, request: Request) -> Response:
        """Whoever has an account may read the facts; they may say what a company earns, so nobody else."""
        visit = await self._visits.visit(request)
        needs_account(visit)
        use = await self._services.policy.standing_use()
        view = use_view(use, may_edit=visit.caller.is_admin)
        return self._renderer.answer(UsePage(visit.frame, view, use.description, use_groups(use.facts), "", False, ()))

    async def save(self, request: Request) -> Response:
        """Raises NotAllowed for anybody but an administrator."""
        visit = await self._visits.visit(request)
        caller, form = needs_account(visit), await self._visits.form(visit)
        before = await self._services.policy.standing_use()
        facts = facts_from(form, before.facts)
        name, description = form.one("name"), form.one("description")
        try:
            change = await self._services.policy.set_standing_use(caller, facts, name=name, description=description)
        except InvalidUse as error:
            view = replace(use_view(before, may_edit=True), name=name)
            page = UsePage(visit.frame, view, description, use_groups(_drawable(facts)), error.sentence, False, ())
            return self._renderer.answer(page, error.status)
        view = use_view(change.use, may_edit=True)
        flips = tuple(flip_view(one) for one in change.changes)
        groups = use_groups(change.use.facts)
        return self._renderer.answer(UsePage(visit.frame, view, change.use.description, groups, "", True, flips))


def _drawable(facts: dict[str, Any]) -> Mapping[str, Any]:
    """What was sent, as it can be shown again."""
    return {part: values for part, values in facts.items() if isinstance(values, Mapping)}


def flip_view(change: VerdictChange) -> Flip:
    return Flip(
        subject_text(change.subject), subject_page(change.subject), verdict_word(change.before), verdict_word(change.after)
    )
