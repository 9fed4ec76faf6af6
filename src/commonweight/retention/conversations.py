"""Conversations: items in order, kept by a decision, to which responses add theirs."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import and_, delete, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from commonweight.clock import Clock
from commonweight.db import Connection, Database
from commonweight.db.tables import retention as tables
from commonweight.errors import Unavailable
from commonweight.retention.errors import ConversationFull, NotKept
from commonweight.retention.kept import forget_safely
from commonweight.retention.values import Decision

log = logging.getLogger(__name__)

MAX_ITEMS: Final = 4_096  # of one conversation; as many as one request may hold

_conversations, _items = tables.kept_conversations, tables.kept_items
Item = Mapping[str, Any]  # as clients get it; its `id` is its name within the conversation


@dataclass(frozen=True)
class Conversation:
    """One that is kept, until its days are over."""

    id: str
    metadata: dict[str, str]
    created_at: datetime


@dataclass(frozen=True)
class ItemPage:
    """A part of the items. `more` tells whether there is more behind it."""

    items: Sequence[dict[str, Any]]
    more: bool


class Conversations:
    """In the database. Every look names the account: an id is never a right."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def create(self, decision: Decision, id: str, metadata: Mapping[str, str], items: Sequence[Item]) -> Conversation:
        """Raises ConversationFull, Unavailable."""
        now = self._clock.now()
        row = {"id": id, "decision_id": decision.id, "account_id": decision.account_id, "metadata": dict(metadata)}
        row |= {"created_at": now, "expires_at": now + timedelta(days=decision.days)}
        try:
            async with self._database.write() as connection:
                await connection.execute(insert(_conversations).values(**row))
                await _add(connection, id, items)
        except DBAPIError:
            raise _not_taken(id) from None
        return Conversation(id, dict(metadata), now)

    async def find(self, account_id: int, id: str) -> Conversation:
        """Raises NotKept."""
        async with self._database.read() as connection:
            row = (await connection.execute(select(_conversations).where(self._of(account_id, id)))).first()
        if row is None:
            raise NotKept(f"There is no conversation {id!r}.")
        return Conversation(row.id, dict(row.metadata), row.created_at)

    async def change_metadata(self, account_id: int, id: str, metadata: Mapping[str, str]) -> Conversation:
        """Raises NotKept."""
        async with self._database.write() as connection:
            statement = update(_conversations).where(self._of(account_id, id)).values(metadata=dict(metadata))
            await connection.execute(statement)
        return await self.find(account_id, id)

    async def delete(self, account_id: int, id: str) -> None:
        """With all its items. Raises NotKept."""
        async with self._database.write() as connection:
            gone = await forget_conversations(connection, self._of(account_id, id))
        if not gone:
            raise NotKept(f"There is no conversation {id!r}.")
        await self._database.overwrite_deleted()

    async def add(self, account_id: int, id: str, items: Sequence[Item]) -> None:
        """Behind those that are there. Raises NotKept, ConversationFull, Unavailable."""
        try:
            async with self._database.write() as connection:
                mine = self._of(account_id, id)
                # Whoever writes the row first goes first: two that add at once do not get the same places.
                touched = await connection.execute(update(_conversations).where(mine).values(id=id))
                if not touched.rowcount:
                    raise NotKept(f"There is no conversation {id!r}.")
                await _add(connection, id, items)
        except DBAPIError:
            raise _not_taken(id) from None

    async def items(self, account_id: int, id: str) -> list[dict[str, Any]]:
        """All of them, the oldest first. Raises NotKept."""
        return list((await self.page(account_id, id, limit=MAX_ITEMS)).items)

    async def page(self, account_id: int, id: str, *, after: str = "", limit: int, newest_first: bool = False) -> ItemPage:
        """In their order. An `after` that is not known begins nowhere: the page is empty. Raises NotKept."""
        await self.find(account_id, id)
        condition, place = _items.c.conversation_id == id, _items.c.position
        async with self._database.read() as connection:
            if after:
                seen = (await connection.execute(select(place).where(condition, _items.c.id == after))).scalar()
                if seen is None:
                    return ItemPage((), more=False)
                condition = and_(condition, place < seen if newest_first else place > seen)
            order = place.desc() if newest_first else place
            query = select(_items.c.document).where(condition).order_by(order).limit(limit + 1)
            found = (await connection.execute(query)).scalars().all()
        return ItemPage([orjson.loads(one) for one in found[:limit]], more=len(found) > limit)

    async def item(self, account_id: int, id: str, item_id: str) -> dict[str, Any]:
        """Raises NotKept."""
        await self.find(account_id, id)
        query = select(_items.c.document).where(_items.c.conversation_id == id, _items.c.id == item_id)
        async with self._database.read() as connection:
            found = (await connection.execute(query)).scalar()
        if found is None:
            raise NotKept(f"There is no item {item_id!r} in the conversation {id!r}.")
        document: dict[str, Any] = orjson.loads(found)
        return document

    async def delete_item(self, account_id: int, id: str, item_id: str) -> Conversation:
        """Raises NotKept."""
        conversation = await self.find(account_id, id)
        async with self._database.write() as connection:
            await forget_safely(connection)
            mine = and_(_items.c.conversation_id == id, _items.c.id == item_id)
            if not (await connection.execute(delete(_items).where(mine))).rowcount:
                raise NotKept(f"There is no item {item_id!r} in the conversation {id!r}.")
        await self._database.overwrite_deleted()
        return conversation

    async def expire(self) -> int:
        """Delete what has been kept for long enough; how many there were."""
        async with self._database.write() as connection:
            gone = await forget_conversations(connection, _conversations.c.expires_at <= self._clock.now())
        if gone:
            await self._database.overwrite_deleted()
        return gone

    def _of(self, account_id: int, id: str) -> Any:
        mine = (_conversations.c.account_id == account_id, _conversations.c.id == id)
        return and_(*mine, _conversations.c.expires_at > self._clock.now())


async def forget_conversations(connection: Connection, condition: Any) -> int:
    """Delete conversations with their items, in the caller's transaction; how many it were."""
    await forget_safely(connection)
    ids = select(_conversations.c.id).where(condition)
    await connection.execute(delete(_items).where(_items.c.conversation_id.in_(ids)))
    return (await connection.execute(delete(_conversations).where(condition))).rowcount


async def _add(connection: Connection, id: str, items: Sequence[Item]) -> None:
    query = select(func.max(_items.c.position), func.count()).where(_items.c.conversation_id == id)
    last, count = (await connection.execute(query)).one()
    if count + len(items) > MAX_ITEMS:
        raise ConversationFull(
            f"The conversation {id!r} would have {count + len(items)} items; {MAX_ITEMS} are kept at most."
        )
    first = 0 if last is None else last + 1
    rows = [
        {"conversation_id": id, "position": first + number, "id": item["id"], "document": orjson.dumps(item)}
        for number, item in enumerate(items)
    ]
    if rows:
        await connection.execute(insert(_items), rows)


def _not_taken(id: str) -> Unavailable:
    log.warning("%s could not be kept: the database did not take it", id)  # its words would quote the text
    return Unavailable("The database did not take it to be kept.")
