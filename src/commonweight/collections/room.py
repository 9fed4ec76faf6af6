"""The collections room's one object."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Sequence
from typing import Any, Final

from commonweight.clock import Clock
from commonweight.collections import store
from commonweight.collections.errors import CollectionExists, CollectionNotFound, ItemExists, ItemNotFound
from commonweight.collections.values import THEMES, Asked, Collection, Item
from commonweight.db import Connection, Database
from commonweight.errors import InvalidInput, TooLarge
from commonweight.hub import Hub, MayNotWrite, Repository
from commonweight.identity import AccountMissing, Caller, Identity, record

MAX_TITLE: Final = 200  # characters; a line
MAX_WORDS: Final = 80  # of the title in an address
MAX_DESCRIPTION: Final = 2_000  # characters: a paragraph or two
MAX_NOTE: Final = 500
MAX_ITEMS: Final = 500  # of one collection: a page and an answer hold all of them
MAX_COLLECTIONS: Final = 1_000  # of one namespace
FIRST_THEME: Final = THEMES[0]
_KEY: Final = re.compile(r"[0-9a-f]{24}")


class Collections:
    """Lists of repositories that somebody keeps, for everybody or for those who belong to their namespace."""

    def __init__(self, database: Database, hub: Hub, identity: Identity, clock: Clock) -> None:
        self._database = database
        self._hub = hub
        self._identity = identity
        self._clock = clock

    # Looking

    async def list(self, caller: Caller, asked: Asked) -> Sequence[Collection]:
        async with self._database.read() as connection:
            return await store.listing(connection, caller, asked)

    async def find(self, caller: Caller, slug: str) -> Collection:
        """By any address that it ever had. Raises CollectionNotFound."""
        async with self._database.read() as connection:
            return await self._find(connection, caller, slug)

    async def items(self, caller: Caller, collection: Collection) -> Sequence[Item]:
        """In their order, without what the caller may not see. THE CALLER MUST have found the collection by `find`."""
        async with self._database.read() as connection:
            rows = await store.items(connection, collection)
            inner = await store.by_ids(connection, [row.inner_id for row in rows if row.inner_id])
        seen = await self._hub.readable_ones(caller, [row.repository_id for row in rows if row.repository_id])
        found: list[Item] = []
        for row in rows:
            repository = seen.get(row.repository_id)
            nested = inner.get(row.inner_id)
            nested = nested if nested and _may_see(caller, nested) else None
            if repository or nested:
                found.append(Item(row.key, len(found), row.note, repository, nested))
        return found

    async def may_add_to(self, caller: Caller, limit: int = 100) -> Sequence[Collection]:
        """Those that the caller may change, what was changed last first."""
        if caller.account is None:
            return ()
        ids = [one for one in (caller.account.id, *caller.organisations) if caller.may_write(one)]
        async with self._database.read() as connection:
            return await store.of_namespaces(connection, ids, limit)

    # Changing

    async def create(
        self, caller: Caller, namespace: str, title: str, description: str = "", *, is_private: bool = False
    ) -> Collection:
        """Raises CollectionExists, AccountMissing, MayNotWrite, InvalidInput, TooLarge."""
        owner = await self._identity.find_account(namespace)
        if owner is None:
            raise AccountMissing(f"There is no namespace {namespace[:96]!r}.")
        if not caller.may_write(owner.id):
            raise MayNotWrite(f"You may not create collections in the namespace {owner.name!r}.")
        title, now, key = _line("title", title, MAX_TITLE), self._clock.now(), secrets.token_hex(12)
        row: dict[str, Any] = {"key": key, "namespace_id": owner.id, "words": words_of(title), "title": title}
        row |= {"description": _text("description", description, MAX_DESCRIPTION), "is_private": is_private}
        row |= {"theme": FIRST_THEME, "position": 0, "created_at": now, "updated_at": now}
        async with self._database.write() as connection:
            await self._check_free(connection, owner.id, row["words"], "")
            if await store.count(connection, owner.id) >= MAX_COLLECTIONS:
                raise TooLarge(f"{owner.name} has {MAX_COLLECTIONS} collections, which is as many as it may have.")
            await store.insert_collection(connection, row)
            await record(connection, now, caller, "collection.create", f"collections/{owner.name}/{key}")
            return await self._find(connection, caller, key)

    async def update(
        self,
        caller: Caller,
        slug: str,
        *,
        title: str | None = None,
        description: str | None = None,
        is_private: bool | None = None,
        theme: str | None = None,
        position: int | None = None,
    ) -> Collection:
        """Raises CollectionNotFound, CollectionExists, MayNotWrite, InvalidInput, TooLarge."""
        columns: dict[str, Any] = {"updated_at": self._clock.now()}
        if title is not None:
            title = _line("title", title, MAX_TITLE)
            columns |= {"title": title, "words": words_of(title)}
        if theme is not None and theme not in THEMES:
            raise InvalidInput(f"'theme' is {theme[:50]!r}; expected one of {', '.join(THEMES)}.")
        if description is not None:
            columns["description"] = _text("description", description, MAX_DESCRIPTION)
        given = {"is_private": is_private, "theme": theme, "position": position}
        columns |= {name: value for name, value in given.items() if value is not None}
        async with self._database.write() as connection:
            found = await self._writable(connection, caller, slug)
            if "words" in columns:
                await self._check_free(connection, found.namespace_id, columns["words"], found.key)
            await store.change(connection, found, **columns)
            return await self._find(connection, caller, found.key)

    async def delete(self, caller: Caller, slug: str) -> None:
        """Raises CollectionNotFound, MayNotWrite."""
        async with self._database.write() as connection:
            found = await self._writable(connection, caller, slug)
            await store.remove(connection, found)
            subject = f"collections/{found.slug}"
            await record(connection, self._clock.now(), caller, "collection.delete", subject)

    async def add(self, caller: Caller, slug: str, item: Repository | Collection, note: str = "") -> Collection:
        """
        At the end. THE CALLER MUST have found what is added. Raises ItemExists, CollectionNotFound, MayNotWrite,
        InvalidInput, TooLarge.
        """
        note, now = _text("note", note, MAX_NOTE), self._clock.now()
        async with self._database.write() as connection:
            found = await self._writable(connection, caller, slug)
            rows = await store.items(connection, found)
            _check_new(found, rows, item)
            row: dict[str, Any] = {"key": secrets.token_hex(12), "collection_id": found.id, "note": note, "added_at": now}
            row |= {"position": max([one.position for one in rows], default=-1) + 1}
            row |= {"repository_id": item.id} if isinstance(item, Repository) else {"inner_id": item.id}
            await store.insert_item(connection, row)
            await store.change(connection, found, updated_at=now)
            return await self._find(connection, caller, found.key)

    async def change_item(
        self, caller: Caller, slug: str, key: str, *, note: str | None = None, position: int | None = None
    ) -> None:
        """
        Another note, another place: `position` counts from 0 among all items. Raises ItemNotFound, CollectionNotFound,
        MayNotWrite, InvalidInput, TooLarge.
        """
        text = None if note is None else _text("note", note, MAX_NOTE)
        async with self._database.write() as connection:
            found = await self._writable(connection, caller, slug)
            rows = await store.items(connection, found)
            item = _item(rows, key)
            if text is not None:
                await store.change_item(connection, item.id, note=text)
            if position is not None:
                ordered = [one.id for one in rows if one.id != item.id]
                ordered.insert(max(0, position), item.id)
                for place, item_id in enumerate(ordered):
                    await store.change_item(connection, item_id, position=place)
            await store.change(connection, found, updated_at=self._clock.now())

    async def remove(self, caller: Caller, slug: str, key: str) -> None:
        """Raises ItemNotFound, CollectionNotFound, MayNotWrite."""
        async with self._database.write() as connection:
            found = await self._writable(connection, caller, slug)
            await store.remove_item(connection, _item(await store.items(connection, found), key).id)
            await store.change(connection, found, updated_at=self._clock.now())

    async def _find(self, connection: Connection, caller: Caller, slug: str) -> Collection:
        key = slug[-24:]
        found = await store.by_key(connection, key) if _KEY.fullmatch(key) else None
        if found is None or not _may_see(caller, found):
            raise CollectionNotFound(slug)
        return found

    async def _writable(self, connection: Connection, caller: Caller, slug: str) -> Collection:
        found = await self._find(connection, caller, slug)
        if not caller.may_write(found.namespace_id):
            raise MayNotWrite(f"You may not change collections of {found.namespace}.")
        return found

    async def _check_free(self, connection: Connection, namespace_id: int, words: str, key: str) -> None:
        there = await store.by_words(connection, namespace_id, words)
        if there is not None and there.key != key:
            raise CollectionExists(there)


def _may_see(caller: Caller, collection: Collection) -> bool:
    return not collection.is_private or caller.may_read(collection.namespace_id)


def _check_new(collection: Collection, rows: Sequence[Any], item: Repository | Collection) -> None:
    column = "repository_id" if isinstance(item, Repository) else "inner_id"
    if any(getattr(one, column) == item.id for one in rows):
        raise ItemExists("It lies in this collection already.")
    if isinstance(item, Collection) and item.id == collection.id:
        raise InvalidInput("A collection cannot lie in itself.")
    if len(rows) >= MAX_ITEMS:
        raise TooLarge(f"A collection has at most {MAX_ITEMS} items.", hint="Make another one.")


def _item(rows: Sequence[Any], key: str) -> Any:
    for row in rows:
        if row.key == key:
            return row
    raise ItemNotFound(f"There is no item {key[:50]!r} in this collection.")


def words_of(title: str) -> str:
    """ "Modèles à voir!" -> "modeles-a-voir": lower-case ASCII, words joined by dashes."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", plain))[:MAX_WORDS].strip("-") or "collection"


def _line(what: str, text: str, most: int) -> str:
    clean = " ".join(_text(what, text, most).split())
    if not clean:
        raise InvalidInput(f"The {what} is empty.", hint="Say in a few words what it is about.")
    return clean


def _text(what: str, text: str, most: int) -> str:
    clean = text.replace("\0", "").strip()
    if len(clean) > most:
        raise TooLarge(f"The {what} has {len(clean)} characters; it may have {most}.")
    return clean
