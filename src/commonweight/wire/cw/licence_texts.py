"""GET /cw/v1/models/{namespace}/{name}/licence-texts, and the same for data sets."""

# No postponed annotations here: the framework reads those of the handlers, which name a local (`callers`).

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from commonweight.identity import Caller
from commonweight.policy import Policy
from commonweight.wire.cw.callers import Callers

Asked = Annotated[str, Query(description="branch, tag or commit; main where left out")]


class LicenceTextAnswer(BaseModel):
    """One text (docs/identification.md). `licences` are those that it is, or the nearest; `diff` compares it with that."""

    path: str
    size: int
    state: str
    by: str | None = Field(description="digest, matcher, or null while nobody has read it")
    digest: str | None
    licences: list[dict[str, Any]]
    diff: list[dict[str, str]] = Field(description="pieces: kind (same, missing, foreign, gap) and text")
    matcher: str | None
    problem: str | None
    folder: str = Field(description="it speaks of what lies there; empty for everything")
    artefacts: list[str] = Field(description="weights, tokenizer, ...; `*` for whatever has no licence of its own")


class LicenceTextsAnswer(BaseModel):
    """`install` is the command that installs a matcher where there is none."""

    model: str
    commit: str
    matcher: str | None
    install: str | None
    progress: dict[str, int]
    declared: list[dict[str, str | None]]
    effective: dict[str, list[dict[str, str]]]
    disagreements: list[dict[str, Any]]
    texts: list[LicenceTextAnswer]


def licence_text_routes(callers: Callers, policy: Policy) -> APIRouter:
    """What the files of a repository say of its licence."""
    router = APIRouter(tags=["rights"])

    async def answer(caller: Caller, name: str, revision: str) -> LicenceTextsAnswer:
        model = await policy.find(caller, f"{name}@{revision}" if revision else name)
        said = await policy.files_say(caller, model)
        return LicenceTextsAnswer(model=name, commit=getattr(model, "commit", ""), **said.to_document())

    @router.get("/models/{namespace}/{name}/licence-texts", operation_id="read_licence_texts")
    async def of_model(
        namespace: str, name: str, caller: Annotated[Caller, Depends(callers.anybody)], revision: Asked = ""
    ) -> LicenceTextsAnswer:
        """Each licence text of a model: what it is, how surely, what differs from the nearest; what counts."""
        return await answer(caller, f"{namespace}/{name}", revision)

    @router.get("/datasets/{namespace}/{name}/licence-texts", operation_id="read_licence_texts_of_dataset")
    async def of_dataset(
        namespace: str, name: str, caller: Annotated[Caller, Depends(callers.anybody)], revision: Asked = ""
    ) -> LicenceTextsAnswer:
        """The same for a data set."""
        return await answer(caller, f"datasets/{namespace}/{name}", revision)

    return router
