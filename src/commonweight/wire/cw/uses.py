"""/cw/v1/organisation and /cw/v1/uses: who asks, and what for."""

# No postponed annotations here: the framework reads those of the handlers, which name a local (`callers`).

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from commonweight.identity import Caller
from commonweight.policy import TEMPLATES, AskedModels, InvalidUse, OrganisationEdit, Policy, Proposal, UseChange, UseEdit
from commonweight.wire.cw.callers import Callers
from commonweight.wire.cw.policy_shapes import (
    ModelsOfUseAnswer,
    NamedUseAnswer,
    NamedUseBody,
    NamedUseChangeAnswer,
    OrganisationAnswer,
    OrganisationBody,
    OrganisationChangeAnswer,
    OutcomeAnswer,
    PreviewAnswer,
    PreviewBody,
    UsesAnswer,
    VerdictChangeAnswer,
    changes_of,
)
from commonweight.wire.cw.shapes import UseAnswer, UseBody, UseChangeAnswer


def use_routes(callers: Callers, policy: Policy) -> APIRouter:
    """The default use with all its facts at once, then the organisation and each use by itself."""
    router = APIRouter(tags=["rights"])
    _default_routes(router, callers, policy)
    _organisation_routes(router, callers, policy)
    _named_routes(router, callers, policy)
    return router


def _default_routes(router: APIRouter, callers: Callers, policy: Policy) -> None:
    @router.get("/uses/standing", operation_id="read_standing_use", dependencies=[Depends(callers.signed_in)])
    async def read() -> UseAnswer:
        """The default use. Its facts are for those who have an account here."""
        return UseAnswer.of(await policy.standing_use())

    @router.put("/uses/standing", operation_id="change_standing_use")
    async def change(body: UseBody, caller: Annotated[Caller, Depends(callers.signed_in)]) -> UseChangeAnswer:
        """Change it (administrators only). What is not named of organisation, permissions and decisions stays."""
        done = await policy.set_standing_use(caller, body.facts, name=body.name, description=body.description)
        return UseChangeAnswer(use=UseAnswer.of(done.use), changes=changes_of(done.changes), waiting=done.outcome.waiting)

    @router.post("/uses/standing/preview", operation_id="preview_standing_use")
    async def preview(body: UseBody, caller: Annotated[Caller, Depends(callers.signed_in)]) -> list[VerdictChangeAnswer]:
        """Which standing verdicts another use would change; nothing is written (administrators only)."""
        return changes_of(await policy.preview_use(caller, body.facts))


def _organisation_routes(router: APIRouter, callers: Callers, policy: Policy) -> None:
    @router.get("/organisation", operation_id="read_organisation", dependencies=[Depends(callers.signed_in)])
    async def organisation() -> OrganisationAnswer:
        """Who asks: facts that are recorded once, for all uses; and which licences ask for each."""
        return OrganisationAnswer.of(await policy.uses.organisation(), policy.asked_by())

    @router.put("/organisation", operation_id="change_organisation")
    async def change(
        body: OrganisationBody, caller: Annotated[Caller, Depends(callers.signed_in)]
    ) -> OrganisationChangeAnswer:
        """Record who asks (administrators only); whatever it touches is decided again."""
        changed, outcome = await policy.set_organisation(caller, OrganisationEdit(body.facts, body.group, body.seen))
        answer = OrganisationAnswer.of(changed, policy.asked_by())
        return OrganisationChangeAnswer(organisation=answer, outcome=OutcomeAnswer.of(outcome))


def _named_routes(router: APIRouter, callers: Callers, policy: Policy) -> None:
    signed_in = Depends(callers.signed_in)

    async def changed(done: UseChange) -> NamedUseChangeAnswer:
        answer = NamedUseAnswer.of(done.use, await policy.counts())
        return NamedUseChangeAnswer(use=answer, outcome=OutcomeAnswer.of(done.outcome))

    @router.get("/uses", operation_id="list_uses", dependencies=[signed_in])
    async def uses() -> UsesAnswer:
        """Every use, the default first, with how many models each verdict is given for."""
        counts = await policy.counts()
        found = [NamedUseAnswer.of(use, counts) for use in await policy.uses.list()]
        return UsesAnswer(uses=found, waiting=await policy.waiting())

    @router.get("/uses/templates", operation_id="list_use_templates", dependencies=[signed_in])
    async def templates() -> list[dict[str, Any]]:
        """Ready uses to start from."""
        return [asdict(one) for one in TEMPLATES.values()]

    @router.post("/uses", operation_id="create_use")
    async def create(body: NamedUseBody, caller: Annotated[Caller, signed_in]) -> NamedUseChangeAnswer:
        """Another use (administrators only), from facts or from a template; a job decides it for every model."""
        return await changed(await policy.create_use(caller, _edit(body)))

    @router.post("/uses/preview", operation_id="preview_facts")
    async def preview(body: PreviewBody, caller: Annotated[Caller, signed_in]) -> PreviewAnswer:
        """What other facts would change; nothing is written (administrators only)."""
        return PreviewAnswer.of(await policy.preview(caller, Proposal(body.use, body.facts, body.organisation)))

    @router.get("/uses/{use}", operation_id="read_use", dependencies=[signed_in])
    async def read(use: str) -> NamedUseAnswer:
        """One use, by number or name."""
        return NamedUseAnswer.of(await policy.uses.get(use), await policy.counts())

    @router.get("/uses/{use}/models", operation_id="list_models_of_use")
    async def models(
        use: str,
        caller: Annotated[Caller, signed_in],
        value: Annotated[str, Query(description="a value of verdicts, or `waits`; empty for any")] = "",
        named: Annotated[str, Query(description="part of a subject")] = "",
        after: Annotated[str, Query(description="`next` of the page before")] = "",
        limit: Annotated[int, Query(description="1 to 500")] = 50,
    ) -> ModelsOfUseAnswer:
        """The models that have a verdict under a use, as far as the caller may see them, by subject."""
        found = await policy.uses.get(use)
        page = await policy.models.page(caller, found.id, AskedModels(value, named, after, limit))
        return ModelsOfUseAnswer.of(page)

    @router.put("/uses/{use}", operation_id="change_use")
    async def change(use: str, body: NamedUseBody, caller: Annotated[Caller, signed_in]) -> NamedUseChangeAnswer:
        """Other facts, name or description (administrators only)."""
        return await changed(await policy.change_use(caller, use, _edit(body)))

    @router.post("/uses/{use}/default", operation_id="make_default_use")
    async def make_default(use: str, caller: Annotated[Caller, signed_in]) -> NamedUseChangeAnswer:
        """Let this use decide what is served (administrators only)."""
        return await changed(await policy.make_default(caller, use))

    @router.delete("/uses/{use}", operation_id="end_use", status_code=204)
    async def end(use: str, caller: Annotated[Caller, signed_in]) -> None:
        """Give a use up (administrators only); verdicts that were given for it stay readable."""
        await policy.end_use(caller, use)


def _edit(body: NamedUseBody) -> UseEdit:
    template = TEMPLATES.get(body.template)
    if body.template and template is None:
        raise InvalidUse(f"{body.template!r} is no template; expected one of {', '.join(TEMPLATES)}.")
    facts = body.facts if body.facts is not None else dict(template.facts) if template else None
    if facts is None:
        raise InvalidUse("A use needs facts, or a template.", hint="GET /cw/v1/uses/templates lists ready ones.")
    name = body.name or (template.name if template else "")
    return UseEdit(facts, name, body.description or (template.description if template else ""), body.template, body.seen)
