"""GET /cw/v1/models/{namespace}/{name}/lineage, and the same of data sets."""

# No postponed annotations here: the framework reads those of the handlers, which name a local (`callers`).

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from commonweight.hub import Descendant, Descent
from commonweight.identity import Caller
from commonweight.policy import Policy
from commonweight.wire.cw.callers import Callers


class DescendantAnswer(BaseModel):
    """A model or data set that stands on the one asked about. `depth` counts steps."""

    id: str
    kind: str
    name: str
    hosted: bool
    commit: str
    depth: int


class StepAnswer(BaseModel):
    """`child` was made from `parent`, by a relation of docs/rights-io.md."""

    child: str
    parent: str
    relation: str
    evidence: str
    part: bool
    source: str


class LineageAnswer(BaseModel):
    """`ancestors` has the form of a question's subject; `cut` where more stand on it than are told."""

    id: str
    ancestors: dict[str, Any]
    descendants: list[DescendantAnswer] = Field(description="nearest first, as far as the caller may see")
    steps: list[StepAnswer] = Field(description="between the descendants and what they stand on")
    cut: bool


def lineage_routes(callers: Callers, policy: Policy) -> APIRouter:
    """The lineage both ways."""
    router = APIRouter(tags=["rights"])

    @router.get("/models/{namespace}/{name}/lineage", operation_id="read_lineage")
    async def of_model(
        namespace: str,
        name: str,
        caller: Annotated[Caller, Depends(callers.anybody)],
        revision: Annotated[str, Query(description="branch, tag or commit; main where left out")] = "",
    ) -> LineageAnswer:
        """What a model, kept here or known, was made from; and everything that stands on it."""
        return await answer(caller, f"{namespace}/{name}@{revision}" if revision else f"{namespace}/{name}")

    @router.get("/datasets/{namespace}/{name}/lineage", operation_id="read_dataset_lineage")
    async def of_dataset(namespace: str, name: str, caller: Annotated[Caller, Depends(callers.anybody)]) -> LineageAnswer:
        """The same of a data set."""
        return await answer(caller, f"datasets/{namespace}/{name}")

    async def answer(caller: Caller, asked: str) -> LineageAnswer:
        model = await policy.find(caller, asked)
        subject = await policy.subject_for(model)
        return _answer(await policy.stands_on(caller, model), dict(subject.document))

    return router


def _answer(descent: Descent, ancestors: dict[str, Any]) -> LineageAnswer:
    steps = [
        StepAnswer(
            child=child, parent=parent, relation=step.relation, evidence=step.evidence, part=step.part, source=step.source
        )
        for child, parent, step in descent.edges
    ]
    descendants = [_descendant(node) for node in descent.nodes]
    return LineageAnswer(id=descent.root.id, ancestors=ancestors, descendants=descendants, steps=steps, cut=descent.cut)


def _descendant(node: Descendant) -> DescendantAnswer:
    return DescendantAnswer(
        id=node.id, kind=node.kind, name=node.name, hosted=node.repository is not None, commit=node.commit, depth=node.depth
    )
