"""One use: plain questions, what other answers would change, and its models by verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.errors import NotAllowed
from commonweight.policy import (
    TEMPLATES,
    AskedModels,
    InvalidUse,
    NameTaken,
    Overtaken,
    Proposal,
    Use,
    UseEdit,
    UseNotFound,
    UseTemplate,
)
from commonweight.web.contexts import Difference, OvertakenView, PreviewView, UsePage
from commonweight.web.pages.sending import kept_page, outcome_of, seen_in, was_in, was_text
from commonweight.web.presenting.fact_form import facts_from, field_groups, merged
from commonweight.web.presenting.outcomes import overtaken_view, preview_view, recorded_text, untried_view
from commonweight.web.presenting.use_questions import USE_QUESTIONS
from commonweight.web.presenting.uses import USES, models_view, use_row
from commonweight.web.presenting.words import _
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Form, Visit, Visits, needs_account

MAX_SEARCHED = 200  # characters; a name has 200 at most


@dataclass(frozen=True)
class _Typed:
    """A use as it stands in the form. `made_from` is the template's key of a new one."""

    facts: Mapping[str, Any]
    name: str
    description: str
    made_from: str = ""


class UsePages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._policy = services.policy
        self._visits = visits
        self._renderer = renderer

    # One that is there

    async def show(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        caller = needs_account(visit)
        use = await self._policy.uses.get(visit.params["id"])
        page = await self._page(visit, use, _as_recorded(use))
        outcome = await outcome_of(self._policy, caller, request.query_params.get("saved", ""))
        return self._renderer.answer(replace(page, outcome=outcome))

    async def send(self, request: Request) -> Response:
        """Save, or with `preview` only say what saving would change. What was typed comes back whenever it is refused."""
        visit = await self._visits.visit(request)
        sent = await self._visits.sent(visit)
        if visit.caller.is_anonymous:
            return self._renderer.answer(kept_page(visit, sent.form), 401)
        try:
            use = await self._policy.uses.get(visit.params["id"])
        except UseNotFound as error:  # given up meanwhile: what was typed can still become a new one
            return self._renderer.answer(await self._page(visit, None, _typed(sent.form, {}), error.sentence), error.status)
        typed = _typed(sent.form, use.own)
        if sent.refusal is not None:
            return self._renderer.answer(await self._page(visit, use, typed, sent.refusal.detail), sent.refusal.status)
        if sent.form.one("preview"):
            page = replace(
                await self._page(visit, use, typed, lists=False), seen=sent.form.one("seen"), was=sent.form.one("was")
            )
            return self._renderer.answer(replace(page, preview=await self._preview(visit, use, typed)))
        return await self._save(visit, use, typed, sent.form)

    async def _save(self, visit: Visit, use: Use, typed: _Typed, form: Form) -> Response:
        edit = UseEdit(typed.facts, typed.name, typed.description, seen=seen_in(form))
        try:
            change = await self._policy.change_use(visit.caller, use.id, edit)
        except Overtaken as error:
            use = await self._policy.uses.get(use.id)
            form_now = replace(typed, facts=merged(was_in(form), use.own, typed.facts))
            page = await self._page(visit, use, form_now)
            page = replace(page, overtaken=await self._overtaken(use, typed, form_now))
            return self._renderer.answer(page, error.status)
        except (InvalidUse, NameTaken, NotAllowed) as error:
            return self._renderer.answer(await self._page(visit, use, typed, error.sentence), error.status)
        return RedirectResponse(f"{USES}/{use.id}?saved={change.outcome.cause_id}", status_code=303)

    async def _overtaken(self, use: Use, typed: _Typed, form: _Typed) -> OvertakenView:
        by = await self._name(use.updated_by)
        found = overtaken_view(by, use.updated_at, use.own, typed.facts, form.facts, USE_QUESTIONS)
        words = ((_("Name of this use"), use.name, typed.name), (_("Description"), use.description, typed.description))
        other = tuple(Difference(*one) for one in words if one[1] != one[2])
        return replace(found, differences=(*other, *found.differences))

    # A new one

    async def show_new(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        needs_account(visit)
        template = TEMPLATES.get(request.query_params.get("template", ""))
        return self._renderer.answer(await self._page(visit, None, _from_template(template)))

    async def send_new(self, request: Request) -> Response:
        """Make it, or with `preview` only say what it would answer otherwise than the default use."""
        visit = await self._visits.visit(request)
        sent = await self._visits.sent(visit)
        if visit.caller.is_anonymous:
            return self._renderer.answer(kept_page(visit, sent.form), 401)
        typed = _typed(sent.form, {})
        if sent.refusal is not None:
            return self._renderer.answer(await self._page(visit, None, typed, sent.refusal.detail), sent.refusal.status)
        if sent.form.one("preview"):
            preview = await self._preview(visit, await self._policy.standing_use(), typed)
            return self._renderer.answer(replace(await self._page(visit, None, typed), preview=preview))
        try:
            edit = UseEdit(typed.facts, typed.name, typed.description, typed.made_from)
            change = await self._policy.create_use(visit.caller, edit)
        except (InvalidUse, NameTaken, NotAllowed) as error:
            return self._renderer.answer(await self._page(visit, None, typed, error.sentence), error.status)
        return RedirectResponse(f"{USES}/{change.use.id}?saved={change.outcome.cause_id}", status_code=303)

    # Both

    async def _preview(self, visit: Visit, use: Use, typed: _Typed) -> PreviewView:
        try:
            return preview_view(await self._policy.preview(visit.caller, Proposal(use.id, typed.facts)))
        except (InvalidUse, NotAllowed) as error:
            return untried_view(error.sentence)

    async def _page(self, visit: Visit, use: Use | None, typed: _Typed, error: str = "", *, lists: bool = True) -> UsePage:
        """Without `lists` its models are left out: a preview is asked for while somebody types."""
        asked = _asked_models(visit)
        counts = {} if use is None else (await self._policy.counts()).get(use.id, {})
        page = UsePage(
            frame=visit.frame,
            use=None,
            action=f"{USES}/new",
            name=typed.name,
            description=typed.description,
            made_from=typed.made_from,
            groups=field_groups(USE_QUESTIONS, typed.facts, self._policy.asked_by(), error),
            seen="",
            was="",
            updated="",
            may_edit=visit.caller.is_admin,
            error=error,
            overtaken=None,
            outcome=None,
            preview=None,
            compared_with="",
            models=None,
        )
        if use is None:
            return replace(page, compared_with=(await self._policy.standing_use()).name)
        return replace(
            page,
            use=use_row(use, counts, asked.value),
            action=f"{USES}/{use.id}",
            seen=use.updated_at.isoformat(),
            was=was_text(use.own),
            updated=recorded_text(use.updated_at, await self._name(use.updated_by)),
            models=models_view(use, asked, await self._policy.models.page(visit.caller, use.id, asked)) if lists else None,
        )

    async def _name(self, account: int | None) -> str:
        return (await self._policy.names_of([account])).get(account or 0, "")


def _asked_models(visit: Visit) -> AskedModels:
    query = visit.request.query_params
    return AskedModels(query.get("verdict", ""), query.get("q", "").strip()[:MAX_SEARCHED], query.get("after", ""))


def _typed(form: Form, before: Mapping[str, Any]) -> _Typed:
    made_from = form.one("template")
    return _Typed(
        facts_from(form, before, USE_QUESTIONS),
        form.one("name"),
        form.one("description"),
        made_from if made_from in TEMPLATES else "",
    )


def _as_recorded(use: Use) -> _Typed:
    return _Typed(use.own, use.name, use.description)


def _from_template(template: UseTemplate | None) -> _Typed:
    if template is None:
        return _Typed({}, "", "")
    return _Typed(template.facts, template.name, template.description, template.key)
