"""Running subscriptions follow a plan to its next version: announced at once, in force from the next month on."""

from __future__ import annotations

from datetime import datetime

from commonweight.db import Connection
from commonweight.db.tables import offering as tables
from commonweight.plans import subscription_store as store
from commonweight.plans.values import State

_subscriptions = tables.subscriptions.c


async def announce(connection: Connection, plan_id: int, version: int, now: datetime, by: int | None) -> None:
    """Whoever planned a change to another plan keeps that. Those that have not begun begin with the new version."""
    running = (_subscriptions.plan_id == plan_id) & (_subscriptions.version < version)
    active = running & (_subscriptions.state == State.ACTIVE)
    for one in await store.find(connection, active, limit=None):
        if one.next_plan_id not in (None, plan_id):
            continue
        if await store.change(connection, one, next_plan_id=plan_id, next_version=version):
            detail = {"from_version": one.version, "to_version": version, "from": "the next month"}
            await store.note(connection, one.id, now, by, "version_announced", detail)
    waiting = running & _subscriptions.state.in_([State.REQUESTED, State.UNPAID])
    for one in await store.find(connection, waiting, limit=None):
        if await store.change(connection, one, version=version):
            detail = {"from_version": one.version, "to_version": version, "from": "its beginning"}
            await store.note(connection, one.id, now, by, "version_changed", detail)
