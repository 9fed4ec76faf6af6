"""Write shapes, subjects, and verdicts; let them stand. Statements only: `settling` and `sweeping` say when and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select, update

from commonweight.db import Connection, insert_ignoring, upsert_all
from commonweight.db.tables import standing as tables
from commonweight.policy.deciding import Decided
from commonweight.policy.shaping import pack
from commonweight.policy.shelf import Seen, name_number, pieces

_shapes, _subjects, _standing, _verdicts = tables.shapes, tables.subjects, tables.standing, tables.shape_verdicts


async def keep_shapes(
    connection: Connection, shaped: Mapping[str, Mapping[str, Any]], terms: Mapping[str, Iterable[str]]
) -> dict[str, int]:
    """Numbers of shapes, by digest; those that are new are written with the licences under which they are found."""
    ids = await _ids(connection, _shapes.c.digest, _shapes.c.id, list(shaped))
    new = [one for one in shaped if one not in ids]
    if new:
        rows = [{"digest": one, "document": pack(shaped[one])} for one in new]
        await insert_ignoring(connection, _shapes, rows)
        ids |= await _ids(connection, _shapes.c.digest, _shapes.c.id, new)
        found = [{"licence": licence, "shape_id": ids[one]} for one in new for licence in terms[one]]
        await insert_ignoring(connection, tables.shape_terms, found)
    return ids


async def keep_verdicts(connection: Connection, decided: Sequence[Decided], shapes: Mapping[str, int]) -> dict[str, int]:
    """Numbers of verdicts, by part; those that are new are written."""
    ids = await _ids(connection, _verdicts.c.part, _verdicts.c.id, [one.part for one in decided])
    new = {one.part: one for one in decided if one.part not in ids}
    if new:
        facts = await _keep_facts(connection, new.values())
        rows = [_verdict_row(one, shapes[one.shape_digest], facts[one.facts_digest]) for one in new.values()]
        await insert_ignoring(connection, _verdicts, rows)
        ids |= await _ids(connection, _verdicts.c.part, _verdicts.c.id, list(new))
    return ids


async def _keep_facts(connection: Connection, decided: Iterable[Decided]) -> dict[str, int]:
    by_digest = {one.facts_digest: one.facts for one in decided}
    table = tables.verdict_facts
    await insert_ignoring(connection, table, [{"digest": key, "document": dict(by_digest[key])} for key in by_digest])
    return await _ids(connection, table.c.digest, table.c.id, list(by_digest))


def _verdict_row(one: Decided, shape_id: int, facts_id: int) -> dict[str, Any]:
    return {
        "part": one.part,
        "shape_id": shape_id,
        "use_id": one.use_id,
        "use_name": one.use_name,
        "facts_id": facts_id,
        "value": one.value,
        "acts": {act: list(found) for act, found in one.acts.items()},
        "content": one.content,
        "document": pack(one.template),
        "decided_at": one.decided_at,
    }


async def _ids(connection: Connection, key: Any, number: Any, keys: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in pieces(keys):
        rows = await connection.execute(select(key.label("key"), number.label("number")).where(key.in_(some)))
        found |= {row.key: row.number for row in rows}
    return found


def standing_row(shape_id: int, verdict_id: int, decided: Decided) -> dict[str, Any]:
    """The verdict stands for its shape and use from here on."""
    return {
        "shape_id": shape_id,
        "use_id": decided.use_id,
        "verdict_id": verdict_id,
        "value": decided.value,
        "basis": decided.basis,
        "good_until": decided.good_until,
        "pending": None,
    }


async def let_stand(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows of `standing_row`."""
    await upsert_all(connection, _standing, rows, keys=["shape_id", "use_id"])


async def let_stay(connection: Connection, shape_id: int, decided: Decided) -> None:
    """What stands says the same as what was decided now: it stays, and its marks are renewed."""
    mine = and_(_standing.c.shape_id == shape_id, _standing.c.use_id == decided.use_id)
    marks = {"basis": decided.basis, "good_until": decided.good_until, "pending": None}
    await connection.execute(update(_standing).where(mine).values(**marks))


async def keep_subject(connection: Connection, seen: Seen, shape_id: int, now: datetime, *, stands: bool) -> None:
    """Write a look at a subject; with `stands` it takes the place of the one before."""
    subject = seen.subject
    row = {
        "part": seen.part,
        "subject": subject.key,
        "repository_id": subject.repository_id,
        "namespace_id": subject.namespace_id,
        "private": subject.private,
        "shape_id": shape_id,
        "filling": seen.shaped.filling.pack(),
        "stands": False,
        "head": False,
        "seen_at": now,
        "checked_at": now,
    }
    await insert_ignoring(connection, _subjects, [row])
    if not stands:
        return
    await _make_way(connection, seen)
    mine = _subjects.c.part == seen.part
    await connection.execute(update(_subjects).where(mine).values(stands=True, head=seen.head, checked_at=now))
    number = await connection.scalar(select(_subjects.c.id).where(mine))
    names = {*seen.shaped.filling.ids, *subject.names}
    rows = [{"name": name_number(name), "subject_id": number} for name in names]
    await insert_ignoring(connection, tables.subject_names, rows)


async def _make_way(connection: Connection, seen: Seen) -> None:
    """What stood for the subject stands no longer; nor does its repository have another head."""
    subject, other = seen.subject, _subjects.c.part != seen.part
    stood = and_(_subjects.c.subject == subject.key, _subjects.c.stands, other)
    await connection.execute(update(_subjects).where(stood).values(stands=False, head=False))
    if seen.head and subject.repository_id is not None:
        was = and_(_subjects.c.repository_id == subject.repository_id, _subjects.c.head, other)
        await connection.execute(update(_subjects).where(was).values(head=False))


async def note_checked(connection: Connection, use_subjects: Sequence[str], at: datetime) -> None:
    """The lineage of these was looked at again and is as it was."""
    for some in pieces(use_subjects):
        mine = and_(_subjects.c.subject.in_(some), _subjects.c.stands)
        await connection.execute(update(_subjects).where(mine).values(checked_at=at))
