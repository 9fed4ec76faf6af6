"""Can we use it? The standing use, the few questions that its verdict leaves open, and the answer after each of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from commonweight.hub import KnownModel, Revision
from commonweight.identity import Caller
from commonweight.policy import InvalidUse, StoredVerdict, Use, UseChange
from commonweight.rights import Guided, facts_of
from commonweight.web.contexts import AskPage, Head
from commonweight.web.links import known_address
from commonweight.web.pages.heads import Heads
from commonweight.web.pages.licences import language_of
from commonweight.web.presenting.asking import (
    act_choices,
    answers_in,
    given_fields,
    idle_fields,
    open_fields,
    purpose_choices,
    unreadable,
    without_bad_answers,
)
from commonweight.web.presenting.market import use_view
from commonweight.web.presenting.outcomes import flip_view
from commonweight.web.presenting.verdicts import verdict_view
from commonweight.web.presenting.words import _
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Form, Visit, Visits, needs_account


@dataclass(frozen=True)
class _Case:
    """What is asked about, and where."""

    model: Revision | KnownModel
    head: Head | None
    title: str
    href: str
    action: str


class AskPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer, heads: Heads) -> None:
        self._services = services
        self._visits = visits
        self._renderer = renderer
        self._heads = heads

    async def model(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        seen = await self._heads.find(visit, "model")
        needs_account(visit)
        head = await self._heads.head(seen, _("Rights"))
        return await self._answer(
            visit, _Case(seen.revision, head, seen.repository.full_name, f"{seen.href}/rights", f"{seen.href}/rights/ask")
        )

    async def known(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        known = await self._services.known.get(f"{visit.params['namespace']}/{visit.params['name']}")
        needs_account(visit)
        href = known_address(known.id)
        return await self._answer(visit, _Case(known, None, known.id, href, f"{href}/ask"))

    async def _answer(self, visit: Visit, case: _Case) -> Response:
        standing = await self._services.policy.standing_use()
        form = await self._form(visit, standing)
        try:
            return await self._after(visit, case, standing, form)
        except InvalidUse as error:  # an answer that is none: shown again without it, with why
            page = await self._page(visit, case, standing, without_bad_answers(form))
            return self._renderer.answer(replace(page, problem=error.sentence), error.status)

    async def _form(self, visit: Visit, standing: Use) -> Form:
        """The form sent; at first the acts and purposes that the address names, else those of the standing use."""
        if visit.request.method == "POST":
            return await self._visits.form(visit)
        query, use = visit.request.query_params, standing.facts.get("use") or {}
        acts, purposes = query.getlist("act") or use.get("acts", ()), query.getlist("purpose") or use.get("purposes") or ()
        return Form({"act": tuple(acts), "purpose": tuple(purposes)})

    async def _after(self, visit: Visit, case: _Case, standing: Use, form: Form) -> Response:
        if form.one("share"):
            return await self._share(visit.caller, case, standing, form)
        if form.one("keep"):
            change = await self._keep(visit.caller, standing, form)
            page = await self._page(visit, case, change.use, form)
            return self._renderer.answer(replace(page, is_kept=True, flips=tuple(map(flip_view, change.changes))))
        return self._renderer.answer(await self._page(visit, case, standing, form))

    async def _page(self, visit: Visit, case: _Case, standing: Use, form: Form) -> AskPage:
        answers, language = answers_in(form), language_of(visit)
        state = await self._services.policy.guided(visit.caller, case.model, _use_of(form, standing), answers)
        about_us = any(ask.key.startswith("organisation.") for ask in state.given)
        return AskPage(
            frame=visit.frame,
            head=case.head,
            title=case.title,
            href=case.href,
            action=case.action,
            use=use_view(standing, may_edit=visit.caller.is_admin),
            acts=act_choices(form.many("act")),
            purposes=purpose_choices(form.many("purpose")),
            verdict=verdict_view(self._shown(state, case, standing, language), {}),
            open=open_fields(state, language),
            given=given_fields(state, answers, language),
            idle=idle_fields(state, answers),
            unreadable=unreadable(state, language),
            may_keep=visit.caller.is_admin and about_us,
            may_share=not any(ask.key.startswith("subject.") for ask in state.given),
            is_kept=False,
            flips=(),
            problem="",
        )

    def _shown(self, state: Guided, case: _Case, standing: Use, language: str) -> StoredVerdict:
        """The verdict so far as pages show verdicts; it is kept nowhere and has no id."""
        return StoredVerdict(
            id="",
            value=state.verdict.value.value,
            subject=self._services.policy.key_of(case.model),
            use_name=standing.name,
            document=state.verdict.to_document(language),
            lineage=state.document["subject"],
            created_at=standing.updated_at,
        )

    async def _share(self, caller: Caller, case: _Case, standing: Use, form: Form) -> Response:
        """Keep the verdict under an address of its own, for its asker. Raises InvalidUse."""
        state = await self._services.policy.guided(caller, case.model, _use_of(form, standing), answers_in(form))
        facts = {part: state.document[part] for part in ("organisation", "use", "decisions") if part in state.document}
        verdict = await self._services.policy.decide(caller, case.model, facts)
        return RedirectResponse(f"/verdicts/{verdict.id}", status_code=303)

    async def _keep(self, caller: Caller, standing: Use, form: Form) -> UseChange:
        """Raises NotAllowed for anybody but an administrator, InvalidUse."""
        facts = facts_of(standing.facts, answers_in(form))
        return await self._services.policy.set_standing_use(
            caller, facts, name=standing.name, description=standing.description
        )


def _use_of(form: Form, standing: Use) -> dict[str, Any]:
    """What the top of the form says in place of the standing use. Without any act those of the standing use stay."""
    acts = list(form.many("act")) or list((standing.facts.get("use") or {}).get("acts", ()))
    purposes = list(form.many("purpose"))
    return {"acts": acts, **({"purposes": purposes} if purposes else {})}
