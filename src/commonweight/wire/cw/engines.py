"""/cw/v1/serving: the engines, and what is ordered of them."""

# No postponed annotations here: the framework reads those of the handlers, which name a local (`callers`).

from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from commonweight.identity import Caller
from commonweight.serving import Operating, Order, order_document, read_windows, seen_document
from commonweight.wire.cw.callers import Callers
from commonweight.wire.cw.numbers import Number


class WindowShape(BaseModel):
    """From each moment of a cron expression on, for some minutes."""

    model_config = ConfigDict(extra="forbid")

    at: str = Field(description="a cron expression, such as 45 7 * * 1-5")
    minutes: Number = 60


class ModelBody(BaseModel):
    """A model by its name."""

    model_config = ConfigDict(extra="forbid")

    model: str


class OrderBody(ModelBody):
    """What is left out stays as it is."""

    least: Number | None = Field(None, description="replicas that are always there")
    most: Number | None = Field(None, description="replicas under load")
    pinned: bool | None = Field(None, description="never unloaded for another model")
    idle_seconds: Number | None = Field(None, description="unloaded after so long without use; 0: never")
    warm: list[WindowShape] | None = None
    time_zone: str | None = Field(None, description="in which the cron expressions are read, such as Europe/Madrid")


class OrderAnswer(BaseModel):
    """An order as it stands."""

    model: str
    least: int
    most: int
    pinned: bool
    idle_seconds: int | None
    warm: list[WindowShape]
    time_zone: str
    set_by: str


class HostAnswer(BaseModel):
    """What the engines of one worker hold of what they may."""

    host: str
    worker: str
    cores: int
    held_bytes: int
    budget_bytes: int


class EngineAnswer(BaseModel):
    """One replica; `tokens_per_second` over the last second or so."""

    number: int
    state: str
    host: str
    engine: str
    memory_bytes: int
    slots: int
    under_way: int
    tokens_per_second: float
    last_used_at: datetime | None
    uses: int
    progress: str
    error: str


class ModelAnswer(BaseModel):
    """A model that runs, or is ordered."""

    model: str
    path: str
    queued: int
    order: OrderAnswer | None
    engines: list[EngineAnswer]


class EnginesAnswer(BaseModel):
    """Everything at one moment, a few seconds old at most."""

    hosts: list[HostAnswer]
    models: list[ModelAnswer]


class LoadAnswer(BaseModel):
    """The model that is meant, with its commit."""

    model: str


class UnloadAnswer(BaseModel):
    """How many replicas are being unloaded."""

    unloading: int


def engine_routes(callers: Callers, operating: Operating) -> APIRouter:
    """For administrators: what runs tells what others are doing."""
    router = APIRouter(tags=["serving"])
    signed_in = Depends(callers.signed_in)

    @router.get("/serving/engines", operation_id="list_engines")
    async def engines(caller: Annotated[Caller, signed_in]) -> EnginesAnswer:
        """Hosts, models, engines: memory, slots, queues, tokens per second (administrators only)."""
        return EnginesAnswer.model_validate(seen_document(await operating.look(caller)))

    @router.post("/serving/load", operation_id="load_model", status_code=202)
    async def load(body: ModelBody, caller: Annotated[Caller, signed_in]) -> LoadAnswer:
        """Begin to load a model before somebody asks for it (administrators only)."""
        return LoadAnswer(model=(await operating.load(caller, body.model)).name)

    @router.post("/serving/unload", operation_id="unload_model", status_code=202)
    async def unload(body: ModelBody, caller: Annotated[Caller, signed_in]) -> UnloadAnswer:
        """Unload a model after the requests that it is working on (administrators only)."""
        return UnloadAnswer(unloading=await operating.unload(caller, body.model))

    @router.put("/serving/orders", operation_id="set_order")
    async def set_order(body: OrderBody, caller: Annotated[Caller, signed_in]) -> OrderAnswer:
        """How many replicas a model has, whether it stays, when it is warm, when it is unloaded (administrators only)."""
        order = await operating.order(caller, body.model, lambda before: _changed(before, body))
        return OrderAnswer.model_validate(order_document(order))

    @router.delete("/serving/orders", operation_id="drop_order", status_code=204)
    async def drop_order(caller: Annotated[Caller, signed_in], model: Annotated[str, Query()]) -> None:
        """Load a model on demand again, as one replica (administrators only)."""
        await operating.drop_order(caller, model)

    return router


def _changed(before: Order, body: OrderBody) -> Order:
    """Raises InvalidInput."""
    given_numbers = {name: getattr(body, name) for name in ("least", "most", "pinned", "idle_seconds")}
    plain = {name: value for name, value in given_numbers.items() if value is not None}
    zone = body.time_zone or before.time_zone
    given = [window.model_dump() for window in body.warm] if body.warm is not None else None
    windows = before.warm if given is None else read_windows(given, zone)
    read_windows([], zone)
    if body.least is not None and body.most is None:
        plain["most"] = max(before.most, body.least)
    return replace(before, warm=windows, time_zone=zone, **plain)
