"""Rows of collections and of what lies in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, false, func, insert, or_, select, update

from commonweight.collections.values import Asked, Collection
from commonweight.db import Connection
from commonweight.db.tables import collections as tables
from commonweight.db.tables import identity as accounts_tables
from commonweight.identity import Caller

_collections = tables.collections
_items = tables.collection_items
_accounts = accounts_tables.accounts


async def by_key(connection: Connection, key: str) -> Collection | None:
    row = (await connection.execute(_select().where(_collections.c.key == key))).first()
    return _collection(row) if row else None


async def by_words(connection: Connection, namespace_id: int, words: str) -> Collection | None:
    mine = and_(_collections.c.namespace_id == namespace_id, _collections.c.words == words)
    row = (await connection.execute(_select().where(mine))).first()
    return _collection(row) if row else None


async def by_ids(connection: Connection, ids: Sequence[int]) -> dict[int, Collection]:
    rows = await connection.execute(_select().where(_collections.c.id.in_(ids))) if ids else ()
    return {row.id: _collection(row) for row in rows}


async def listing(connection: Connection, caller: Caller, asked: Asked) -> list[Collection]:
    """Those that the caller may see: of one owner in the owner's order, else what was changed last first."""
    these: list[ColumnElement[bool]] = [visible_to(caller)]
    if asked.owners:
        these.append(_accounts.c.name_lower.in_([one.lower() for one in asked.owners]))
    these += [_collections.c.id.in_(_holding(one)) for one in asked.repositories]
    if asked.nothing:
        these.append(false())
    order = [_collections.c.position] if len(asked.owners) == 1 else []
    query = _select().where(*these).order_by(*order, _collections.c.updated_at.desc(), _collections.c.id.desc())
    return [_collection(row) for row in await connection.execute(query.limit(asked.limit).offset(asked.after))]


def _holding(repository_id: int) -> Select[tuple[int]]:
    return select(_items.c.collection_id).where(_items.c.repository_id == repository_id)


async def of_namespaces(connection: Connection, ids: Sequence[int], limit: int) -> list[Collection]:
    query = _select().where(_collections.c.namespace_id.in_(ids)).order_by(_collections.c.updated_at.desc())
    return [_collection(row) for row in await connection.execute(query.limit(limit))]


def visible_to(caller: Caller) -> ColumnElement[bool]:
    public = _collections.c.is_private.is_(False)
    if caller.account is None:
        return public
    if caller.is_admin:
        return or_(public, _collections.c.is_private.is_(True))
    theirs = [one for one in (caller.account.id, *caller.organisations) if caller.may_read(one)]
    return or_(public, _collections.c.namespace_id.in_(theirs))


async def count(connection: Connection, namespace_id: int) -> int:
    query = select(func.count()).select_from(_collections).where(_collections.c.namespace_id == namespace_id)
    return await connection.scalar(query) or 0


async def insert_collection(connection: Connection, row: Mapping[str, Any]) -> None:
    await connection.execute(insert(_collections).values(dict(row)))


async def change(connection: Connection, collection: Collection, **columns: Any) -> None:
    await connection.execute(update(_collections).where(_collections.c.id == collection.id).values(**columns))


async def remove(connection: Connection, collection: Collection) -> None:
    await connection.execute(delete(_collections).where(_collections.c.id == collection.id))


async def items(connection: Connection, collection: Collection) -> Sequence[Any]:
    """Rows in their order: key, repository_id, inner_id, note, position."""
    query = select(_items).where(_items.c.collection_id == collection.id)
    return (await connection.execute(query.order_by(_items.c.position, _items.c.id))).all()


async def insert_item(connection: Connection, row: Mapping[str, Any]) -> None:
    await connection.execute(insert(_items).values(dict(row)))


async def change_item(connection: Connection, item_id: int, **columns: Any) -> None:
    await connection.execute(update(_items).where(_items.c.id == item_id).values(**columns))


async def remove_item(connection: Connection, item_id: int) -> None:
    await connection.execute(delete(_items).where(_items.c.id == item_id))


def _select() -> Select[Any]:
    joined = _collections.join(_accounts, _accounts.c.id == _collections.c.namespace_id)
    return select(_collections, _accounts.c.name.label("namespace")).select_from(joined)


def _collection(row: Any) -> Collection:
    return Collection(
        id=row.id,
        key=row.key,
        namespace=row.namespace,
        namespace_id=row.namespace_id,
        words=row.words,
        title=row.title,
        description=row.description,
        is_private=row.is_private,
        theme=row.theme,
        position=row.position,
        updated_at=row.updated_at,
    )
