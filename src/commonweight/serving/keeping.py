"""What a worker does without being asked by a request: orders, schedules, replicas under load, engines that nobody uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from commonweight.clock import Clock
from commonweight.serving.demands import Demand
from commonweight.serving.holding import Holding
from commonweight.serving.orders import Order
from commonweight.serving.replica import Replica, State
from commonweight.serving.replicas import Replicas
from commonweight.serving.scaling import Steady, replicas_for


class Keeper:
    """
    One per worker; all of them come to the same wishes, and the numbers of replicas keep them from being wished for twice.
    Each unloads only what runs on its own host.
    """

    def __init__(self, replicas: Replicas, clock: Clock, idle_seconds: int) -> None:
        self._replicas = replicas
        self._clock = clock
        self._idle_seconds = idle_seconds
        self._orders: Mapping[str, Order] = {}
        self._least: Mapping[str, int] = {}
        self._steady: dict[str, Steady] = {}

    async def look_after(self, holdings: Sequence[Holding]) -> None:
        """Want what has to be there, and let go of what need not be."""
        now = self._clock.now()
        self._orders = {order.model.key: order for order in await self._replicas.orders.all()}
        self._least = {key: order.least_at(now) for key, order in self._orders.items()}
        if not self._orders and not holdings:
            return
        rows = await self._replicas.everything()
        demands = await self._replicas.demands.everything() if self._orders else []
        for key, order in self._orders.items():
            await self._keep(
                order, [row for row in rows if row.model.key == key], [d for d in demands if d.model_key == key]
            )
        for holding in holdings:
            self._let_go(holding)

    def holds(self, holding: Holding) -> bool:
        """Whether an order keeps it here whoever else needs the memory."""
        return holding.number < self._least.get(holding.model.key, 0)

    async def _keep(self, order: Order, rows: Sequence[Replica], demands: Sequence[Demand]) -> None:
        wanted = max(self._least[order.model.key], self._by_load(order, rows, demands))
        there = {row.number for row in rows}
        for number in range(wanted):
            waiting = any(row.number == number and row.state is State.WANTED for row in rows)
            if number not in there or waiting:
                await self._replicas.want(order.model, number)

    def _by_load(self, order: Order, rows: Sequence[Replica], demands: Sequence[Demand]) -> int:
        """Replicas for what is asked of it; 0 where nothing is there, and nobody has ordered that something should be."""
        ready = [row for row in rows if row.state is State.READY]
        if not ready:
            self._steady.pop(order.model.key, None)
            return 0
        load = sum(demand.wish.interactive + demand.wish.batch for demand in demands)
        queued = sum(demand.queued for demand in demands)
        desired = replicas_for(load, queued, ready[0].slots, len(ready))
        steady = self._steady.setdefault(order.model.key, Steady(len(ready)))
        return min(order.most, steady.follow(min(order.most, desired), self._clock.now().timestamp()))

    def _let_go(self, holding: Holding) -> None:
        if holding.state is not State.READY or self.holds(holding):
            return
        order, steady = self._orders.get(holding.model.key), self._steady.get(holding.model.key)
        if order and holding.number >= max(order.most, 1):
            holding.evict("more replicas than its order allows")
        elif steady and holding.number >= max(1, steady.count):
            holding.evict("fewer replicas are enough")
        else:
            limit = self._idle_seconds if order is None or order.idle_seconds is None else order.idle_seconds
            if limit and holding.idle_seconds() > limit:
                holding.evict(f"nobody has used it for {limit} s")
