"""/cw/v1/tuning: what /v1/fine_tuning does not tell of a tuning: progress, curve, report, draft; and what one would take."""

# No postponed annotations here: the framework reads those of the handlers, which name a local (`callers`).

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from starlette.requests import Request

from commonweight.asgi import client_of
from commonweight.identity import Account, Caller
from commonweight.tuning import Accepting, Stage, Status, Tuning, Tunings, Wanted
from commonweight.wire.cw.callers import Callers
from commonweight.wire.openai import new_tuning

MOST_LISTED = 100


class TuningAnswer(BaseModel):
    """A tuning with how far it is."""

    id: str
    model: str = Field(description="the base, as it was asked for")
    status: Status
    stage: Stage
    wanted: Wanted
    base: dict[str, Any] | None = Field(description="what that meant: repository, commit, file, terms, verdict")
    method: str
    hyperparameters: dict[str, Any]
    progress: dict[str, Any] = Field(description="step, total_steps, losses, tokens_per_second, seconds_left, judged, …")
    estimate: dict[str, Any] | None
    error: dict[str, Any] | None
    fine_tuned_model: str | None
    verdict: str | None = Field(description="of the report: better, worse, same, cannot_tell, constant, never_stops")
    sentence: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, tuning: Tuning) -> "TuningAnswer":
        report = tuning.report or {}
        return cls(
            id=tuning.id,
            model=tuning.model,
            status=tuning.status,
            stage=tuning.stage,
            wanted=tuning.wanted,
            base=_shown(tuning.base),
            method=tuning.method["type"],
            hyperparameters=dict(tuning.hyperparameters),
            progress={name: value for name, value in tuning.progress.items() if name != "made"},
            estimate=None if tuning.estimate is None else dict(tuning.estimate),
            error=None if tuning.error is None else dict(tuning.error),
            fine_tuned_model=tuning.fine_tuned_model,
            verdict=report.get("verdict"),
            sentence=report.get("sentence"),
            created_at=tuning.created_at,
            started_at=tuning.started_at,
            finished_at=tuning.finished_at,
        )


class PointAnswer(BaseModel):
    """What was told of one step."""

    step: int
    data: dict[str, Any]


class ReportAnswer(BaseModel):
    """How base and tuned did; the form is docs/tuning.md's."""

    report: dict[str, Any] | None
    repository: str | None = Field(description="that was published; null: nothing, or it is gone")
    is_draft: bool


class AcceptBody(BaseModel):
    """For whom the model is from now on."""

    visibility: Literal["private", "public"] = "private"


class EstimateAnswer(BaseModel):
    """What a tuning would begin from, what it would take, and what to be aware of."""

    base: dict[str, Any] | None
    estimate: dict[str, Any] | None
    warnings: list[str]


def tuning_routes(callers: Callers, tunings: Tunings, accepting: Accepting) -> APIRouter:
    """Of the caller's own tunings."""
    router = APIRouter(tags=["tuning"])
    signed_in = Depends(callers.signed_in)

    @router.get("/tuning/jobs", operation_id="list_tunings")
    async def listed(
        caller: Annotated[Caller, signed_in],
        after: str | None = None,
        limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 20,
    ) -> list[TuningAnswer]:
        """The newest first."""
        page = await tunings.list(_account(caller).id, after=after, limit=limit)
        return [TuningAnswer.of(one) for one in page.items]

    @router.post("/tuning/estimate", operation_id="estimate_tuning")
    async def estimated(request: Request, body: dict[str, Any], caller: Annotated[Caller, signed_in]) -> EstimateAnswer:
        """The body of `POST /v1/fine_tuning/jobs`; `training_file` may be left out. Refused as that would be."""
        asked = new_tuning({"training_file": None, **body}, client_of(request), needs_file=False)
        start = await tunings.estimate(caller, asked)
        estimate = None if start.estimate is None else dict(start.estimate)
        warnings = [str(one["message"]) for one in start.warnings]
        return EstimateAnswer(base=_shown(start.base.as_document()), estimate=estimate, warnings=warnings)

    @router.get("/tuning/jobs/{id}", operation_id="get_tuning")
    async def one(id: str, caller: Annotated[Caller, signed_in]) -> TuningAnswer:
        """One, as far as it has come."""
        return TuningAnswer.of(await tunings.get(_account(caller).id, id))

    @router.get("/tuning/jobs/{id}/curve", operation_id="get_tuning_curve")
    async def curve(id: str, caller: Annotated[Caller, signed_in]) -> list[PointAnswer]:
        """Losses and other figures by step, as far as they were told."""
        told = await tunings.curve(_account(caller).id, id)
        return [PointAnswer(step=step, data=dict(data)) for step, data in sorted(told.items())]

    @router.get("/tuning/jobs/{id}/report", operation_id="get_tuning_report")
    async def report(id: str, caller: Annotated[Caller, signed_in]) -> ReportAnswer:
        """How base and tuned did on what was held out; null where they were not asked yet."""
        found = await tunings.get(_account(caller).id, id)
        repository = await accepting.repository(caller, id)
        return ReportAnswer(
            report=None if found.report is None else dict(found.report),
            repository=None if repository is None else repository.full_name,
            is_draft=repository is not None and repository.is_draft,
        )

    @router.post("/tuning/jobs/{id}/accept", operation_id="accept_tuning")
    async def accept(id: str, body: AcceptBody, caller: Annotated[Caller, signed_in]) -> ReportAnswer:
        """The draft becomes a model like any other, for its namespace or for everybody."""
        repository = await accepting.accept(caller, id, body.visibility)
        found = await tunings.get(_account(caller).id, id)
        said = None if found.report is None else dict(found.report)
        return ReportAnswer(report=said, repository=repository.full_name, is_draft=repository.is_draft)

    @router.post("/tuning/jobs/{id}/refuse", operation_id="refuse_tuning", status_code=204)
    async def refuse(id: str, caller: Annotated[Caller, signed_in]) -> None:
        """The draft goes, with all its files."""
        await accepting.refuse(caller, id)

    return router


def _account(caller: Caller) -> Account:
    assert caller.account is not None
    return caller.account


def _shown(base: Any) -> dict[str, Any] | None:
    """Without what only the worker reads."""
    if base is None:
        return None
    return {name: value for name, value in base.items() if name not in ("source", "gguf", "repository_id")}
