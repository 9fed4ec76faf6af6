"""What has to be decided or looked at again, found and marked by statements over whole sets of rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, delete, exists, func, or_, select, update

from commonweight.db import Connection
from commonweight.db.tables import standing as tables
from commonweight.policy.shaping import Filling, pack, unpack_filled
from commonweight.policy.shelf import AT_ONCE, name_number, pieces
from commonweight.rights import render

_shapes, _subjects, _standing, _verdicts = tables.shapes, tables.subjects, tables.standing, tables.shape_verdicts

# What has to be decided again


@dataclass(frozen=True)
class Pending:
    """A verdict on a shape under a use that has to be decided again."""

    shape_id: int
    shape_digest: str
    shape: bytes
    use_id: int


async def mark(connection: Connection, cause_id: int, uses: Collection[int], licences: Collection[str] | None) -> int:
    """
    Mark what stands under these uses on shapes that declare one of these licences (None: any); how much.

    What no subject stands on any more is forgotten instead: it is decided when somebody asks.
    """
    found = 0
    for some in [None] if licences is None else pieces(sorted(licences)):
        declares = select(tables.shape_terms.c.shape_id).where(tables.shape_terms.c.licence.in_(some or ()))
        concerned: ColumnElement[bool] = _standing.c.use_id.in_(sorted(uses))
        concerned = concerned if some is None else and_(concerned, _standing.c.shape_id.in_(declares))
        found += await mark_where(connection, cause_id, concerned)
    return found


async def mark_where(connection: Connection, cause_id: int, concerned: ColumnElement[bool]) -> int:
    """Mark what stands where a condition on its row holds; how much."""
    stood_on = exists().where(_subjects.c.shape_id == _standing.c.shape_id, _subjects.c.stands)
    await connection.execute(delete(_standing).where(concerned, ~stood_on))
    other = or_(_standing.c.pending.is_(None), _standing.c.pending != cause_id)
    done = await connection.execute(update(_standing).where(concerned, other).values(pending=cause_id))
    return done.rowcount


async def pending(connection: Connection, limit: int) -> list[Pending]:
    """Some of what is marked, the oldest cause first."""
    query = (
        select(_standing.c.shape_id, _shapes.c.digest, _shapes.c.document, _standing.c.use_id)
        .join(_shapes, _shapes.c.id == _standing.c.shape_id)
        .where(_standing.c.pending.is_not(None))
        .order_by(_standing.c.pending, _standing.c.shape_id)
        .limit(limit)
    )
    return [Pending(row.shape_id, row.digest, row.document, row.use_id) for row in await connection.execute(query)]


async def count_pending(connection: Connection) -> int:
    """How much is marked."""
    query = select(func.count()).select_from(_standing).where(_standing.c.pending.is_not(None))
    return int(await connection.scalar(query) or 0)


async def forget_standing(connection: Connection, places: Iterable[tuple[int, int]]) -> None:
    """What stands for these shapes under these uses stands no longer."""
    for shape_id, use_id in places:
        mine = and_(_standing.c.shape_id == shape_id, _standing.c.use_id == use_id)
        await connection.execute(delete(_standing).where(mine))


async def forget_use(connection: Connection, use_id: int) -> None:
    """Nothing stands under this use any more."""
    await connection.execute(delete(_standing).where(_standing.c.use_id == use_id))


# Counting


async def counts(connection: Connection) -> dict[int, dict[str, int]]:
    """By use and value, how many models have that verdict; "" for those whose verdict has to be decided (again)."""
    of_shape = select(_subjects.c.shape_id, func.count().label("models")).where(_subjects.c.head)
    of_shape_id = of_shape.group_by(_subjects.c.shape_id).subquery()
    value = case((_standing.c.pending.is_(None), _standing.c.value), else_="").label("answer")
    query = (
        select(_standing.c.use_id, value, func.sum(of_shape_id.c.models).label("models"))
        .join(of_shape_id, of_shape_id.c.shape_id == _standing.c.shape_id)
        .group_by(_standing.c.use_id, value)
    )
    found: dict[int, dict[str, int]] = {}
    for row in await connection.execute(query):
        found.setdefault(row.use_id, {})[row.answer] = int(row.models)
    return found


# Lineages that have to be looked at again

LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)


async def doubt(connection: Connection, names: Iterable[str]) -> None:
    """What stands on these is not trusted any more before somebody has looked at its lineage again."""
    for some in pieces([name_number(name) for name in names]):
        mine = select(tables.subject_names.c.subject_id).where(tables.subject_names.c.name.in_(some))
        concerned = and_(_subjects.c.id.in_(mine), _subjects.c.stands)
        await connection.execute(update(_subjects).where(concerned).values(checked_at=LONG_AGO))


async def standing_on(connection: Connection, names: Iterable[str], after: int, limit: int) -> list[tuple[int, str]]:
    """Numbers and keys of subjects that stand and have one of these names in their lineage, in the order of numbers."""
    numbers = [name_number(name) for name in names][:AT_ONCE]
    mine = select(tables.subject_names.c.subject_id).where(tables.subject_names.c.name.in_(numbers))
    return await _subjects_after(connection, _subjects.c.id.in_(mine), after, limit)


async def others_stand_on(connection: Connection, names: Collection[str], repository_id: int) -> bool:
    """Whether anything but the repository itself has one of these names in its lineage."""
    numbers = [name_number(name) for name in names][:AT_ONCE]
    mine = select(tables.subject_names.c.subject_id).where(tables.subject_names.c.name.in_(numbers))
    other = or_(_subjects.c.repository_id.is_(None), _subjects.c.repository_id != repository_id)
    query = select(_subjects.c.id).where(_subjects.c.id.in_(mine), _subjects.c.stands, other).limit(1)
    return await connection.scalar(query) is not None


async def _subjects_after(
    connection: Connection, condition: ColumnElement[bool], after: int, limit: int
) -> list[tuple[int, str]]:
    query = select(_subjects.c.id, _subjects.c.subject).where(condition, _subjects.c.stands, _subjects.c.id > after)
    rows = await connection.execute(query.order_by(_subjects.c.id).limit(limit))
    return [(row.id, row.subject) for row in rows]


async def repository_of(connection: Connection, subject: str) -> int | None:
    """The number of the repository that a standing subject is of."""
    query = select(_subjects.c.repository_id).where(_subjects.c.subject == subject, _subjects.c.stands)
    found: int | None = await connection.scalar(query)
    return found


async def forget_subject(connection: Connection, subject: str) -> None:
    """It is gone: it is neither counted nor told of."""
    mine = and_(_subjects.c.subject == subject, _subjects.c.stands)
    await connection.execute(update(_subjects).where(mine).values(stands=False, head=False))


async def forget_repository(connection: Connection, repository_id: int) -> None:
    """As `forget_subject`, of all that was in a repository."""
    mine = _subjects.c.repository_id == repository_id
    await connection.execute(update(_subjects).where(mine).values(stands=False, head=False))


# Shapes for which nothing stands


async def missing(connection: Connection, use_id: int, after: int, limit: int) -> list[Pending]:
    """Shapes of heads for which nothing stands under a use, in the order of their numbers."""
    has_head = exists().where(_subjects.c.shape_id == _shapes.c.id, _subjects.c.head)
    stands = exists().where(_standing.c.shape_id == _shapes.c.id, _standing.c.use_id == use_id)
    query = select(_shapes.c.id, _shapes.c.digest, _shapes.c.document).where(has_head, ~stands, _shapes.c.id > after)
    query = query.order_by(_shapes.c.id).limit(limit)
    return [Pending(row.id, row.digest, row.document, use_id) for row in await connection.execute(query)]


async def count_missing(connection: Connection, use_id: int) -> int:
    has_head = exists().where(_subjects.c.shape_id == _shapes.c.id, _subjects.c.head)
    stands = exists().where(_standing.c.shape_id == _shapes.c.id, _standing.c.use_id == use_id)
    query = select(func.count()).select_from(_shapes).where(has_head, ~stands)
    return int(await connection.scalar(query) or 0)


# For whoever tries other facts


@dataclass(frozen=True)
class Standing:
    """What stands for a shape under a use, and for how many models."""

    shape_id: int
    shape_digest: str
    shape: bytes
    use_id: int
    value: str
    models: int


async def standing_for(
    connection: Connection, use_id: int, licences: Collection[str] | None, limit: int
) -> tuple[list[Standing], int]:
    """What stands under a use on shapes that declare one of these licences (None: any), most models first; and how much."""
    models = select(func.count()).where(_subjects.c.shape_id == _standing.c.shape_id, _subjects.c.head).scalar_subquery()
    conditions = [_standing.c.use_id == use_id]
    if licences is not None:
        named = select(tables.shape_terms.c.shape_id).where(tables.shape_terms.c.licence.in_(sorted(licences)))
        conditions.append(_standing.c.shape_id.in_(named))
    query = (
        select(_standing.c.shape_id, _shapes.c.digest, _shapes.c.document, _standing.c.value, models.label("models"))
        .join(_shapes, _shapes.c.id == _standing.c.shape_id)
        .where(*conditions)
        .order_by(models.desc(), _standing.c.shape_id)
        .limit(limit)
    )
    rows = (await connection.execute(query)).all()
    total = await connection.scalar(select(func.count()).select_from(_standing).where(*conditions))
    found = [Standing(row.shape_id, row.digest, row.document, use_id, row.value, row.models) for row in rows]
    return [one for one in found if one.models], int(total or 0)


@dataclass(frozen=True)
class Named:
    """A model of a shape."""

    subject: str
    filling: bytes

    def said(self, sentence: Any) -> str:
        """A sentence of a verdict on the shape, about this model."""
        packed = pack(sentence)
        return str(render(unpack_filled(packed, Filling.unpack(self.filling))))


async def heads_of(connection: Connection, shape_id: int, limit: int) -> list[Named]:
    """Some models of a shape, by name."""
    mine = select(_subjects.c.subject, _subjects.c.filling).where(_subjects.c.shape_id == shape_id, _subjects.c.head)
    rows = await connection.execute(mine.order_by(_subjects.c.subject).limit(limit))
    return [Named(row.subject, row.filling) for row in rows]


@dataclass(frozen=True)
class OfActs:
    """What stands for a shape, act by act, and for how many models."""

    shape_id: int
    acts: Mapping[str, Sequence[str]]
    models: int


async def groups_of_acts(connection: Connection, use_id: int) -> list[OfActs]:
    """Every shape that stands under a use and has models."""
    of_shape = select(_subjects.c.shape_id, func.count().label("models")).where(_subjects.c.head)
    counted = of_shape.group_by(_subjects.c.shape_id).subquery()
    query = (
        select(_standing.c.shape_id, _verdicts.c.acts, counted.c.models)
        .join(_verdicts, _verdicts.c.id == _standing.c.verdict_id)
        .join(counted, counted.c.shape_id == _standing.c.shape_id)
        .where(_standing.c.use_id == use_id)
        .order_by(_standing.c.shape_id)
    )
    return [OfActs(row.shape_id, row.acts, row.models) for row in await connection.execute(query)]
