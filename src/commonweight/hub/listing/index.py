"""Keeping the index in step: each change in the transaction that makes it, what files say by the job that reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import delete, select, update

from commonweight.db import Connection, insert_ignoring, upsert
from commonweight.db.tables.listings import listing_tags, listings
from commonweight.hub import refs
from commonweight.hub.cards import CARD, MAX_CARD_BYTES, body_of
from commonweight.hub.contents import Contents
from commonweight.hub.listing import tokens
from commonweight.hub.reading import Reader
from commonweight.hub.tagging import library_of, tags_of, task_of, type_of
from commonweight.hub.values import Repository, Revision, RevisionFacts
from commonweight.storage import NotStored, StoredBytesDamaged

MAX_TEXT: Final = 64 << 10  # signs of a card's text that are looked at
_BROKEN: Final = (NotStored, StoredBytesDamaged)


async def index_name(connection: Connection, repository: Repository) -> None:
    """When a repository is made or gets another name: it can be found by that at once."""
    here = listings.c.repository_id == repository.id
    kept = await connection.scalar(select(listings.c.tokens).where(here))
    named = tokens.tokens_of_name(repository.kind, repository.full_name)
    rest = [one for one in (kept or "").split() if not tokens.is_of_name(one)]
    row = {"repository_id": repository.id, "tokens": " ".join([*named, *rest])}
    await upsert(connection, listings, row, keys=["repository_id"])


def row_of(repository: Repository, commit: str, facts: RevisionFacts, contents: Contents, text: str) -> dict[str, Any]:
    """The row of a repository whose `main` stands at this commit."""
    tags = tags_of(repository.kind, facts, contents)
    named = tokens.tokens_of_name(repository.kind, repository.full_name)
    found = tokens.tokens_of_contents([*tags, *hidden_tags(repository.kind, facts)], text[:MAX_TEXT])
    row: dict[str, Any] = {"repository_id": repository.id, "commit": commit, "tokens": " ".join([*named, *found])}
    return row | {"parameters": contents.parameters}


def hidden_tags(kind: str, facts: RevisionFacts) -> list[str]:
    """By what lists can be filtered and what nobody is shown as a tag: what a space uses."""
    if kind != "space":
        return []
    named = {key: facts.card.get(key) for key in ("models", "datasets")}
    lists = {key[:-1]: ones for key, ones in named.items() if isinstance(ones, list)}
    return [f"{word}:{one}" for word, ones in lists.items() for one in ones if isinstance(one, str)]


def tag_rows(repository: Repository, facts: RevisionFacts, contents: Contents) -> list[dict[str, Any]]:
    """One for each tag; two that differ in capitals alone are one."""
    tasks, libraries = {task_of(facts, contents)} - {""}, {library_of(facts, contents)} - {""}
    unique = {one.lower()[:200]: one for one in tags_of(repository.kind, facts, contents)}
    return [
        {
            "tag_lower": lower,
            "repository_id": repository.id,
            "tag": tag,
            "type": type_of(tag, tasks, libraries, facts.languages),
        }
        for lower, tag in unique.items()
    ]


async def card_text(reader: Reader, revision: Revision) -> str:
    """What the card says below its YAML; "" where it cannot be read."""
    found = await reader.entries(revision, [CARD])
    if not found or found[0].size > MAX_CARD_BYTES or found[0].large is not None:
        return ""
    try:
        content = await reader.read_small(revision, found[0], MAX_CARD_BYTES)
    except _BROKEN:
        return ""
    return body_of(content)


async def keep(
    connection: Connection, revision: Revision, row: Mapping[str, Any], tags: Sequence[Mapping[str, Any]]
) -> None:
    """Of the newest commit of `main` alone: what an older one says is left."""
    if await refs.commit_of(connection, revision.repository, refs.MAIN) != revision.commit:
        return
    await upsert(connection, listings, row, keys=["repository_id"])
    await connection.execute(delete(listing_tags).where(listing_tags.c.repository_id == revision.repository.id))
    await insert_ignoring(connection, listing_tags, tags)


async def commit_indexed(connection: Connection, repository: Repository) -> str | None:
    """The commit whose files are in the index."""
    return await connection.scalar(select(listings.c.commit).where(listings.c.repository_id == repository.id))


async def forget_commits(connection: Connection) -> None:
    """Have everything indexed anew, when the rules have changed."""
    await connection.execute(update(listings).values(commit=None))
