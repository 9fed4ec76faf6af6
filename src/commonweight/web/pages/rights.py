"""What a verdict says, of a hosted model, of a known one, and by its own address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from commonweight.hub import KnownModel
from commonweight.identity import Caller
from commonweight.policy import StoredVerdict
from commonweight.rights import in_language
from commonweight.vetting import OPEN
from commonweight.web.contexts import AlternativeView, KnownPage, RightsPage, StandingUse, VerdictPage, VerdictView
from commonweight.web.links import known_address
from commonweight.web.pages.files_say import files_say_of
from commonweight.web.pages.heads import Heads, Seen
from commonweight.web.pages.nodes import NodeLinks
from commonweight.web.pages.openness import detail_of, language_of
from commonweight.web.pages.plans import plan_views, plans_that_grant
from commonweight.web.presenting.known import known_conditions, known_facts
from commonweight.web.presenting.market import use_view
from commonweight.web.presenting.openness import openness_view
from commonweight.web.presenting.policy import does_view
from commonweight.web.presenting.verdicts import subject_text, verdict_view
from commonweight.web.presenting.words import EVIDENCE_WORDS, _, verdict_word
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Visit, Visits


class RightsPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer, heads: Heads) -> None:
        self._services = services
        self._visits = visits
        self._renderer = renderer
        self._heads = heads
        self._links = NodeLinks(services)

    async def model(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        seen = await self._heads.find(visit, "model", request.query_params.get("revision") or "main")
        row = await self._services.market.row(seen.revision)
        verdict = await self._services.policy.verdict_for(visit.caller, seen.revision)
        page = RightsPage(
            frame=visit.frame,
            head=await self._heads.head(seen, _("Rights")),
            use=await self._use(visit.caller),
            ask=f"{seen.href}/rights/ask",
            verdict=await self._view(visit, verdict),
            problem="",
            openness=openness_view(row.openness, in_language(language_of(visit))),
            owed=f"{seen.href}/rights/owed",
            bills=_bills(seen),
            files=await files_say_of(self._services, visit, seen),
            suspected=await self._suspected(visit.caller, seen),
            plans=await plan_views(self._services, visit.caller, await plans_that_grant(self._services, seen, verdict)),
        )
        return self._renderer.answer(page)

    async def _suspected(self, caller: Caller, seen: Seen) -> int:
        """How many suspected bases wait for this caller."""
        suspects = self._services.suspects
        if not suspects.may_ask(caller, seen.repository):
            return 0
        return sum(one.state == OPEN for one in (await suspects.of(caller, seen.repository)).shown)

    async def known(self, request: Request) -> Response:
        visit = await self._visits.visit(request)
        known = await self._services.known.get(f"{visit.params['namespace']}/{visit.params['name']}")
        verdict = await self._services.policy.standing_verdict(known)
        report = await self._services.market.grades.report(known)
        page = KnownPage(
            frame=visit.frame,
            id=known.id,
            names=known.names or (known.name,),
            facts=known_facts(known),
            note=" ".join(known.notes),
            conditions=known_conditions(known),
            alternatives=await self._alternatives(known),
            sources=known.sources,
            evidence=EVIDENCE_WORDS[known.evidence],
            openness=openness_view(report.openness, in_language(language_of(visit))),
            detail=detail_of(report, visit, known_address(known.id)),
            use=await self._use(visit.caller),
            ask=f"{known_address(known.id)}/ask",
            verdict=await self._view(visit, verdict),
            verdict_problem="",
            is_available=known.components.get("weights") in ("released", "partial"),
            upload=_upload(known, visit.frame.base_url),
        )
        return self._renderer.answer(page)

    async def _alternatives(self, known: KnownModel) -> tuple[AlternativeView, ...]:
        """The same model under other terms: a copy is judged by those that came with it."""
        first = known.alternative_of or known.id
        models = [one for one in await self._services.known.list() if first in (one.id, one.alternative_of)]
        others = [one for one in models if one.id != known.id]
        verdicts = await self._services.policy.standing_verdicts(others)
        found = [(one, verdicts.get(self._services.policy.key_of(one))) for one in others]
        return tuple(
            AlternativeView(one.name, known_address(one.id), one.licence, verdict_word(verdict.value if verdict else ""))
            for one, verdict in found
        )

    async def verdict(self, request: Request) -> Response:
        """A verdict by its id. Raises VerdictNotFound, also for those who may not read what it is about."""
        visit = await self._visits.visit(request)
        verdict = await self._services.policy.verdict(visit.caller, visit.params["id"])
        links = await self._links.of(visit.caller, verdict.lineage)
        page = VerdictPage(
            frame=visit.frame,
            title=subject_text(verdict.subject),
            href=links.get(str(verdict.lineage.get("root")), ""),
            use=StandingUse(verdict.use_name, f"/rights/uses/{verdict.use_id or ''}".rstrip("/"), may_edit=False),
            verdict=await self._view_with(visit, verdict, links),
        )
        return self._renderer.answer(page)

    async def _view(self, visit: Visit, verdict: StoredVerdict) -> VerdictView:
        return await self._view_with(visit, verdict, await self._links.of(visit.caller, verdict.lineage))

    async def _view_with(self, visit: Visit, verdict: StoredVerdict, links: Mapping[str, str]) -> VerdictView:
        view = verdict_view(self._told(visit, verdict), links, has_account=not visit.caller.is_anonymous)
        if verdict.use_id != (await self._services.policy.standing_use()).id:
            return view  # the policy goes by the default use alone
        return replace(view, does=does_view(verdict, may_approve=visit.caller.is_admin))

    def _told(self, visit: Visit, verdict: StoredVerdict) -> StoredVerdict:
        """The verdict with its sentences in the reader's language."""
        return replace(verdict, document=verdict.in_language(language_of(visit)))

    async def _use(self, caller: Caller) -> StandingUse:
        return use_view(await self._services.policy.standing_use(), may_edit=caller.is_admin)


def _bills(seen: Seen) -> tuple[tuple[str, str], ...]:
    address = f"/cw/v1/models{seen.href}/aibom?revision={seen.revision.commit}"
    return (("CycloneDX", f"{address}&format=cyclonedx"), ("SPDX", f"{address}&format=spdx"))


def _upload(known: KnownModel, base_url: str) -> str:
    return f"export HF_ENDPOINT={base_url}\nhf upload {known.id} ."
