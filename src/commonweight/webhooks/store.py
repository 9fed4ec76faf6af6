"""Rows of webhooks and deliveries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, func, insert, select, update

from commonweight.db import Connection, insert_ignoring
from commonweight.db.tables import webhooks as tables
from commonweight.webhooks.values import Delivery, Watched, Webhook

_webhooks = tables.webhooks
_deliveries = tables.webhook_deliveries


async def of_account(connection: Connection, account_id: int) -> list[Webhook]:
    query = select(_webhooks).where(_webhooks.c.account_id == account_id).order_by(_webhooks.c.id)
    return [_webhook(row) for row in await connection.execute(query)]


async def enabled(connection: Connection) -> list[Webhook]:
    query = select(_webhooks).where(_webhooks.c.is_enabled.is_(True)).order_by(_webhooks.c.id)
    return [_webhook(row) for row in await connection.execute(query)]


async def by_key(connection: Connection, account_id: int, key: str) -> Webhook | None:
    mine = and_(_webhooks.c.key == key, _webhooks.c.account_id == account_id)
    row = (await connection.execute(select(_webhooks).where(mine))).first()
    return _webhook(row) if row else None


async def by_id(connection: Connection, webhook_id: int) -> Webhook | None:
    row = (await connection.execute(select(_webhooks).where(_webhooks.c.id == webhook_id))).first()
    return _webhook(row) if row else None


async def sealed_secret(connection: Connection, webhook: Webhook) -> str:
    query = select(_webhooks.c.sealed_secret).where(_webhooks.c.id == webhook.id)
    return await connection.scalar(query) or ""


async def insert_webhook(connection: Connection, row: Mapping[str, Any]) -> None:
    await connection.execute(insert(_webhooks).values(dict(row)))


async def change(connection: Connection, webhook: Webhook, **columns: Any) -> None:
    await connection.execute(update(_webhooks).where(_webhooks.c.id == webhook.id).values(**columns))


async def count_given_up(connection: Connection, webhook: Webhook) -> int:
    """One more delivery that never arrived; how many there are in a row."""
    counted = update(_webhooks).where(_webhooks.c.id == webhook.id).values(given_up=_webhooks.c.given_up + 1)
    return await connection.scalar(counted.returning(_webhooks.c.given_up)) or 0


async def remove(connection: Connection, webhook: Webhook) -> None:
    await connection.execute(delete(_webhooks).where(_webhooks.c.id == webhook.id))


async def insert_delivery(connection: Connection, row: Mapping[str, Any]) -> int | None:
    """The number of the delivery; None where this event was told to this webhook before."""
    mine = and_(_deliveries.c.webhook_id == row["webhook_id"], _deliveries.c.event == row["event"])
    if await connection.scalar(select(_deliveries.c.id).where(mine)) is not None:
        return None
    await insert_ignoring(connection, _deliveries, [row])
    return await connection.scalar(select(_deliveries.c.id).where(mine))


async def deliveries(connection: Connection, webhook: Webhook, before: int, limit: int) -> list[Delivery]:
    """The newest first; those older than `before`, where that is not 0."""
    query = select(_deliveries).where(_deliveries.c.webhook_id == webhook.id)
    query = query.where(_deliveries.c.id < before) if before else query
    rows = await connection.execute(query.order_by(_deliveries.c.id.desc()).limit(limit))
    return [_delivery(row) for row in rows]


async def delivery(connection: Connection, delivery_id: int) -> Delivery | None:
    row = (await connection.execute(select(_deliveries).where(_deliveries.c.id == delivery_id))).first()
    return _delivery(row) if row else None


async def change_delivery(connection: Connection, delivery_id: int, **columns: Any) -> None:
    await connection.execute(update(_deliveries).where(_deliveries.c.id == delivery_id).values(**columns))


async def forget(connection: Connection, webhook: Webhook, before: datetime, most: int) -> None:
    """Deliveries of long ago, and those beyond the newest `most`, but none that waits."""
    newest = select(_deliveries.c.id).where(_deliveries.c.webhook_id == webhook.id).order_by(_deliveries.c.id.desc())
    last = await connection.scalar(newest.offset(most).limit(1)) or 0
    done = and_(_deliveries.c.webhook_id == webhook.id, _deliveries.c.state != "waiting")
    old = (_deliveries.c.created_at < before) | (_deliveries.c.id <= last)
    await connection.execute(delete(_deliveries).where(done, old))


async def count(connection: Connection, account_id: int) -> int:
    query = select(func.count()).select_from(_webhooks).where(_webhooks.c.account_id == account_id)
    return await connection.scalar(query) or 0


def _webhook(row: Any) -> Webhook:
    watched: Sequence[Mapping[str, str]] = row.watched
    return Webhook(
        id=row.id,
        key=row.key,
        account_id=row.account_id,
        url=row.url,
        watched=tuple(Watched(one["type"], one["name"]) for one in watched),
        domains=tuple(row.domains),
        has_secret=bool(row.sealed_secret),
        is_enabled=row.is_enabled,
        why_disabled=row.why_disabled,
        created_at=row.created_at,
    )


def _delivery(row: Any) -> Delivery:
    return Delivery(
        id=row.id,
        webhook_id=row.webhook_id,
        scope=row.scope,
        action=row.action,
        about=row.about,
        body=row.body,
        state=row.state,
        tries=row.tries,
        status=row.status,
        answer=row.answer,
        created_at=row.created_at,
        tried_at=row.tried_at,
    )
