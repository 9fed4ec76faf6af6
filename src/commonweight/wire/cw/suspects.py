"""/cw/v1/models/{namespace}/{name}/suspects: on which models its bytes suggest that it stands."""

# No postponed annotations here: the framework reads those of the handlers, which name a local (`callers`).

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from commonweight.identity import Caller
from commonweight.vetting import Suspect, Suspects, Suspicions
from commonweight.wire.cw.callers import Callers


class SuspectAnswer(BaseModel):
    """`evidence` counts bytes of files of weights, tensors compared by a sample, and says since when each side was here."""

    id: int
    base: str
    base_commit: str
    commit: str
    state: str = Field(description="open, confirmed or dismissed")
    strength: str = Field(description="strong, some or weak")
    relation: str
    share: float = Field(description="of its bytes that lie in the base too, 0 to 1")
    tensor_share: float = Field(description="of its tensors compared that are equal to the base's, 0 to 1")
    evidence: dict[str, Any]
    found_at: datetime
    decided_at: datetime | None
    decided_by: str
    reason: str

    @classmethod
    def of(cls, one: Suspect) -> "SuspectAnswer":
        return cls(
            id=one.id, base=one.name, base_commit=one.base_commit, commit=one.commit, state=one.state, strength=one.strength,
            relation=one.relation, share=one.evidence.share, tensor_share=one.evidence.tensor_share,
            evidence=one.evidence.to_document(), found_at=one.found_at, decided_at=one.decided_at, decided_by=one.decided_by,
            reason=one.reason,
        )  # fmt: skip


class SuspectsAnswer(BaseModel):
    """`hidden`, for administrators alone, counts those that the caller is not shown."""

    suspects: list[SuspectAnswer]
    hidden: int | None

    @classmethod
    def of(cls, found: Suspicions) -> "SuspectsAnswer":
        return cls(suspects=[SuspectAnswer.of(one) for one in found.shown], hidden=found.hidden)


class ConfirmBody(BaseModel):
    """The kind of step; what was suspected where left out."""

    model_config = ConfigDict(extra="forbid")

    relation: str = ""


class DismissBody(BaseModel):
    """Why it is no base: others will read it."""

    model_config = ConfigDict(extra="forbid")

    reason: str


def suspect_routes(callers: Callers, suspects: Suspects) -> APIRouter:
    """For those who may write to the model."""
    router = APIRouter(tags=["rights"])
    place = "/models/{namespace}/{name}/suspects"
    SignedIn = Annotated[Caller, Depends(callers.signed_in)]  # noqa: N806 - a type

    @router.get(place, operation_id="list_suspects")
    async def listed(namespace: str, name: str, caller: SignedIn) -> SuspectsAnswer:
        """What is suspected, and what was decided of it, as far as the caller may read the bases' files."""
        return SuspectsAnswer.of(await suspects.of(caller, await suspects.find(caller, namespace, name)))

    @router.post(f"{place}/{{suspect}}/confirm", operation_id="confirm_suspect")
    async def confirm(namespace: str, name: str, suspect: int, body: ConfirmBody, caller: SignedIn) -> SuspectAnswer:
        """It is so: a step of the lineage for everybody; verdicts are decided again."""
        repository = await suspects.find(caller, namespace, name)
        return SuspectAnswer.of(await suspects.confirm(caller, repository, suspect, body.relation))

    @router.post(f"{place}/{{suspect}}/dismiss", operation_id="dismiss_suspect")
    async def dismiss(namespace: str, name: str, suspect: int, body: DismissBody, caller: SignedIn) -> SuspectAnswer:
        """It is not so; not raised again for the same bytes."""
        repository = await suspects.find(caller, namespace, name)
        return SuspectAnswer.of(await suspects.dismiss(caller, repository, suspect, body.reason))

    return router
