"""What administrators see of the engines, and ask of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from commonweight.errors import Conflict, NotAllowed
from commonweight.identity import Caller
from commonweight.serving.catalogue import Catalogue
from commonweight.serving.demands import AtReplica, Demand
from commonweight.serving.errors import ModelNotFound
from commonweight.serving.models import ServableModel, parse_model_name
from commonweight.serving.orders import Order
from commonweight.serving.replica import Replica, State
from commonweight.serving.replicas import Replicas
from commonweight.serving.workers import WorkerFacts


class StillOrdered(Conflict):
    code = "still_ordered"


@dataclass(frozen=True)
class EngineSeen:
    """One replica, and what all processes together have there."""

    replica: Replica
    under_way: int
    tokens_per_second: float

    @property
    def host(self) -> str:
        return self.replica.worker.split(":", 1)[0]


@dataclass(frozen=True)
class ModelSeen:
    """A model with replicas, or with an order."""

    model: ServableModel
    engines: Sequence[EngineSeen]
    queued: int
    order: Order | None


@dataclass(frozen=True)
class HostSeen:
    """A worker's host: what its engines hold of what they may."""

    facts: WorkerFacts
    held_bytes: int


@dataclass(frozen=True)
class Seen:
    """Everything at one moment."""

    hosts: Sequence[HostSeen]
    models: Sequence[ModelSeen]


async def seen_now(replicas: Replicas) -> Seen:
    """What there is, for whoever may see it: `Operating.look` is for administrators, metrics have a right of their own."""
    rows, demands, workers, orders = await asyncio.gather(
        replicas.everything(), replicas.demands.everything(), replicas.workers.everyone(), replicas.orders.all()
    )
    models = {row.model.key: row.model for row in rows} | {order.model.key: order.model for order in orders}
    of = {order.model.key: order for order in orders}
    seen = [
        ModelSeen(model, _engines(key, rows, demands), _queued(key, demands), of.get(key)) for key, model in models.items()
    ]
    held = [HostSeen(facts, sum(row.memory_bytes for row in rows if row.worker == facts.worker)) for facts in workers]
    return Seen(held, sorted(seen, key=lambda one: one.model.name))


async def running_now(replicas: Replicas) -> frozenset[str]:
    """Full names of the repositories that a ready engine serves."""
    ready = [row.model for row in await replicas.everything() if row.state is State.READY]
    return frozenset(model.repository for model in ready)


class Operating:
    """For administrators only: every method raises NotAllowed for others."""

    def __init__(self, replicas: Replicas, catalogue: Catalogue) -> None:
        self._replicas = replicas
        self._catalogue = catalogue

    async def look(self, caller: Caller) -> Seen:
        """Hosts, models, engines and queues, as their rows say; a few seconds old at most."""
        _check(caller)
        return await seen_now(self._replicas)

    async def load(self, caller: Caller, name: str) -> ServableModel:
        """Begin to load a model. Raises ModelNotFound."""
        _check(caller)
        model = await self._resolve(caller, name)
        await self._replicas.want(model)
        return model

    async def unload(self, caller: Caller, name: str) -> int:
        """Unload what runs of a model, after its requests: how many. Raises ModelNotFound, StillOrdered."""
        _check(caller)
        model = await self._known(name)
        order = await self._replicas.orders.of(model)
        if order is not None and (order.pinned or order.least):
            hint = f"First: commonweight pin --off {model.name}, or change its order."
            raise StillOrdered(f"{model.name} is to stay loaded; it would be back at once.", hint=hint)
        return await self._replicas.ask_to_stop(model.key)

    async def pin(self, caller: Caller, name: str, pinned: bool) -> Order:
        """Keep a model loaded whoever else needs the memory, or no longer. Raises ModelNotFound."""
        return await self.order(caller, name, lambda order: replace(order, pinned=pinned))

    async def order(self, caller: Caller, name: str, change: Callable[[Order], Order]) -> Order:
        """Change what is asked of the pool for a model. Raises ModelNotFound, InvalidInput."""
        _check(caller)
        model = await self._known_or_resolved(caller, name)
        before = await self._replicas.orders.of(model) or Order(model)
        assert caller.account is not None
        order = replace(change(before), set_by=caller.account.name).checked()
        await self._replicas.orders.set(order)
        return order

    async def drop_order(self, caller: Caller, name: str) -> None:
        """On demand again. Raises ModelNotFound where there is no order."""
        _check(caller)
        if not await self._replicas.orders.drop(await self._known(name)):
            raise ModelNotFound(name, "There is no order for it.")

    async def _resolve(self, caller: Caller, name: str) -> ServableModel:
        parse_model_name(name)
        return (await self._catalogue.resolve(caller, name)).servable

    async def _known(self, name: str) -> ServableModel:
        """A model that runs or is ordered, by its name with or without commit. Raises ModelNotFound."""
        rows, orders = await self._replicas.everything(), await self._replicas.orders.all()
        there = {model.key: model for model in [*(row.model for row in rows), *(order.model for order in orders)]}
        found = [model for model in there.values() if name in (model.name, model.repository, f"{model.name}:{model.path}")]
        if len(found) == 1:
            return found[0]
        several = f"Several run: {', '.join(sorted(model.name for model in found))}." if found else "It does not run here."
        raise ModelNotFound(name, several)

    async def _known_or_resolved(self, caller: Caller, name: str) -> ServableModel:
        try:
            return await self._known(name)
        except ModelNotFound:
            return await self._resolve(caller, name)


def seen_document(seen: Seen) -> dict[str, Any]:
    """As JSON, for programs and for the page that refreshes itself."""
    return {
        "hosts": [
            {
                "host": one.facts.host,
                "worker": one.facts.worker,
                "cores": one.facts.cores,
                "held_bytes": one.held_bytes,
                "budget_bytes": one.facts.budget_bytes,
            }
            for one in seen.hosts
        ],
        "models": [
            {
                "model": one.model.name,
                "path": one.model.path,
                "queued": one.queued,
                "order": order_document(one.order) if one.order else None,
                "engines": [_engine_document(engine) for engine in one.engines],
            }
            for one in seen.models
        ],
    }


def _engine_document(seen: EngineSeen) -> dict[str, Any]:
    row = seen.replica
    return {
        "number": row.number,
        "state": row.state.value,
        "host": seen.host,
        "engine": row.engine,
        "memory_bytes": row.memory_bytes,
        "slots": row.slots if row.state is State.READY else 0,
        "under_way": seen.under_way,
        "tokens_per_second": round(seen.tokens_per_second, 1),
        "last_used_at": row.last_used_at,
        "uses": row.uses,
        "progress": row.progress,
        "error": row.error,
    }


def order_document(order: Order) -> dict[str, Any]:
    """As JSON."""
    return {
        "model": order.model.name,
        "least": order.least,
        "most": order.most,
        "pinned": order.pinned,
        "idle_seconds": order.idle_seconds,
        "warm": [{"at": window.at, "minutes": window.minutes} for window in order.warm],
        "time_zone": order.time_zone,
        "set_by": order.set_by,
    }


def _check(caller: Caller) -> None:
    if not caller.is_admin:
        raise NotAllowed("Only administrators see and order engines.")


def _engines(key: str, rows: Sequence[Replica], demands: Sequence[Demand]) -> Sequence[EngineSeen]:
    return [_engine(row, [demand.by_replica for demand in demands]) for row in rows if row.model.key == key]


def _engine(row: Replica, said: Sequence[Mapping[str, AtReplica]]) -> EngineSeen:
    here = [at[row.id] for at in said if row.id in at]
    return EngineSeen(row, sum(at.under_way for at in here), sum(at.tokens_per_second for at in here))


def _queued(key: str, demands: Sequence[Demand]) -> int:
    return sum(demand.queued for demand in demands if demand.model_key == key)
