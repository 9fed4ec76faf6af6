"""/cw/v1/conversions: models of the hub in other formats, in repositories of their own."""

# No postponed annotations here: the framework reads those of the handlers, which name a local (`callers`).

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from commonweight.identity import Caller
from commonweight.tuning.conversions import Conversion, Conversions, ConversionStatus
from commonweight.wire.cw.callers import Callers


class ConversionBody(BaseModel):
    """`model` is `namespace/name[@revision]`, `target` the repository to be made, `formats` as in file names: Q8_0, Q4_K."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(max_length=300)
    target: str = Field(max_length=200)
    formats: list[str] = Field(default=["F16", "Q8_0", "Q4_K"], max_length=20)


class AcceptConversionBody(BaseModel):
    """For whom the draft becomes a model: its namespace (`private`) or everybody (`public`)."""

    model_config = ConfigDict(extra="forbid")

    visibility: Literal["private", "public"] = "private"


class AcceptedConversion(BaseModel):
    """What the draft has become."""

    repository: str
    visibility: str


class ConversionAnswer(BaseModel):
    """
    `report` (null until it has succeeded) tells of each file its size, hash, what was kept in another format, whether tokens
    and prompts are those of the source, and how near it stays to the floats. `error` says why it failed, and what to do.
    """

    id: str
    model: str
    revision: str
    target: str
    formats: list[str]
    status: ConversionStatus
    progress: dict[str, Any]
    report: dict[str, Any] | None
    error: dict[str, Any] | None
    commit: str | None
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, one: Conversion) -> Self:
        return cls(
            id=one.id,
            model=one.source.repository,
            revision=one.source.commit,
            target=one.target,
            formats=[kind.value for kind in one.formats],
            status=one.status,
            progress=dict(one.progress),
            report=None if one.report is None else dict(one.report),
            error=None if one.error is None else dict(one.error),
            commit=one.commit,
            created_at=one.created_at,
            finished_at=one.finished_at,
        )


def conversion_routes(callers: Callers, conversions: Conversions) -> APIRouter:
    """For the account that asked."""
    router = APIRouter(tags=["tuning"])
    signed_in = Depends(callers.signed_in)

    @router.post("/conversions", operation_id="create_conversion", status_code=202)
    async def create(body: ConversionBody, caller: Annotated[Caller, signed_in]) -> ConversionAnswer:
        """
        Convert a model of safetensors into a new repository with GGUF files: a draft that its namespace alone sees, until
        somebody accepts it.
        """
        return ConversionAnswer.of(await conversions.create(caller, body.model, body.target, body.formats))

    @router.get("/conversions", operation_id="list_conversions")
    async def read(
        caller: Annotated[Caller, signed_in], limit: Annotated[int, Query(ge=1, le=500)] = 100
    ) -> list[ConversionAnswer]:
        """Those of this account, the newest first."""
        return [ConversionAnswer.of(one) for one in await conversions.list(_account(caller), limit)]

    @router.get("/conversions/{conversion_id}", operation_id="get_conversion")
    async def one(conversion_id: str, caller: Annotated[Caller, signed_in]) -> ConversionAnswer:
        """How far it is, and what came of it."""
        return ConversionAnswer.of(await conversions.get(_account(caller), conversion_id))

    @router.post("/conversions/{conversion_id}/cancel", operation_id="cancel_conversion")
    async def cancel(conversion_id: str, caller: Annotated[Caller, signed_in]) -> ConversionAnswer:
        """It stops within seconds, and what it made goes."""
        return ConversionAnswer.of(await conversions.cancel(_account(caller), conversion_id))

    @router.post("/conversions/{conversion_id}/accept", operation_id="accept_conversion")
    async def accept(
        conversion_id: str, body: AcceptConversionBody, caller: Annotated[Caller, signed_in]
    ) -> AcceptedConversion:
        """Make its draft a model like any other. 422 where the terms of the source stand against the public."""
        repository = await conversions.accept(caller, conversion_id, body.visibility)
        return AcceptedConversion(repository=repository.full_name, visibility=repository.visibility)

    return router


def _account(caller: Caller) -> int:
    assert caller.account is not None  # signed in
    return caller.account.id
