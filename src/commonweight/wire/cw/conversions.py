"""/cw/v1/conversions: models of the hub in other formats, in repositories of their own."""

# No postponed annotations here: the framework reads those of the handlers, which name a local (`callers`).

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from commonweight.asgi import client_of
from commonweight.identity import Caller
from commonweight.tuning.conversions import Conversion, Conversions, ConversionStatus, NewConversion
from commonweight.wire.cw.callers import Callers


class ConversionBody(BaseModel):
    """
    `model` is `namespace/name[@revision][:file]` (a file: GGUF that is made smaller), `target` the repository to be made,
    `formats` as in file names: Q8_0, Q4_K. With `score` each format is asked general questions and compared.
    """

    model_config = ConfigDict(extra="forbid")

    model: str = Field(max_length=1000)
    target: str = Field(max_length=200)
    formats: list[str] = Field(default=["F16", "Q8_0", "Q4_K"], max_length=20)
    score: bool = True


class AcceptConversionBody(BaseModel):
    """
    For whom the draft becomes a model: its namespace (`private`) or everybody (`public`). One with a format that is broken
    is accepted only where `even_broken` says that this is known.
    """

    model_config = ConfigDict(extra="forbid")

    visibility: Literal["private", "public"] = "private"
    even_broken: bool = False


class AcceptedConversion(BaseModel):
    """What the draft has become."""

    repository: str
    visibility: str


class ConversionAnswer(BaseModel):
    """
    `report` (null until the draft is there) tells of each of its `files` size, hash, what was kept in another format,
    whether tokens and prompts are those of the source, how near it stays to it, and its `score` once that is known:
    `state` (reference, as_good, loses, cannot_tell, broken, not_scored) with a `sentence`, `perplexity` and its `rise` with
    95 % intervals, `knows` and `agrees`. `judging` is all of the comparison; `not_scored` says why there is none.
    `file`: of the source, where it is GGUF; `warning`: what the source costs. `error` says why it failed, and what to do.
    """

    id: str
    model: str
    revision: str
    file: str | None
    warning: str | None
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
            file=one.source.path or None,
            warning=one.source.warning or None,
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
    async def create(body: ConversionBody, request: Request, caller: Annotated[Caller, signed_in]) -> ConversionAnswer:
        """
        Convert a model of safetensors, or a GGUF file to smaller ones, into a new repository: a draft that its namespace
        alone sees, until somebody accepts it.
        """
        new = NewConversion(body.model, body.target, body.formats, client_of(request), body.score)
        return ConversionAnswer.of(await conversions.create(caller, new))

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
        """
        Make its draft a model like any other. 409 where a format is broken and `even_broken` is not said, 422 where the
        terms of the source stand against the public.
        """
        repository = await conversions.accept(caller, conversion_id, body.visibility, even_broken=body.even_broken)
        return AcceptedConversion(repository=repository.full_name, visibility=repository.visibility)

    return router


def _account(caller: Caller) -> int:
    assert caller.account is not None  # signed in
    return caller.account.id
