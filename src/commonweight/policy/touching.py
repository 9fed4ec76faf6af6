"""Which standing verdicts rest on what people decided."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import func, select

from commonweight.db import Connection, Database
from commonweight.db.tables import standing as tables
from commonweight.hub import Hub
from commonweight.identity import Caller
from commonweight.policy.asking import HeldPermission, PersonsDecision
from commonweight.policy.causes import title_of
from commonweight.policy.library import Library
from commonweight.policy.seeing import seen_by
from commonweight.policy.shaping import unpack
from commonweight.policy.shelf import pieces

LOOKED_AT: Final = 1_000  # verdicts on shapes, those of most models first; they take some tenths of a second to unpack
SHOWN: Final = 200  # models that are named
_WITHOUT_LICENCE: Final = frozenset({"none", "own"})

_subjects, _standing, _verdicts, _terms = tables.subjects, tables.standing, tables.shape_verdicts, tables.shape_terms

Record = HeldPermission | PersonsDecision


@dataclass(frozen=True)
class TouchedModel:
    """A model whose verdict under a use rests on a record."""

    subject: str
    title: str
    use: str
    value: str
    verdict_id: str


@dataclass
class Touches:
    """
    How many verdicts (of models, over all uses) rest on a record (`applied`), and how many name it without resting on it
    (`beside`). `places` are the shapes and uses of the first.
    """

    applied: int = 0
    beside: int = 0
    places: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True)
class Tally:
    """By kind and name of the record. `untried` verdicts (of shapes) were too many to look at."""

    touches: Mapping[tuple[str, str], Touches]
    untried: int

    def of(self, record: Record) -> Touches:
        return self.touches.get((record.kind, record.name), Touches())


class Touching:
    def __init__(self, database: Database, hub: Hub, library: Library) -> None:
        self._database = database
        self._hub = hub
        self._library = library

    async def tally(self, records: Collection[Record]) -> Tally:
        """What these records touch now."""
        licences = {record.licence for record in records}
        if not licences:
            return Tally({}, 0)
        names = None if licences & _WITHOUT_LICENCE else self._library.names_of(licences)
        async with self._database.read() as connection:
            rows, total = await _standing_on(connection, names)
        found: dict[tuple[str, str], Touches] = {}
        for row in rows:
            for decision in unpack(row.document).get("decisions", ()):
                touches = found.setdefault((decision["kind"], decision["id"]), Touches())
                if decision["state"] == "applied":
                    touches.applied += row.models
                    touches.places.append((row.shape_id, row.use_id))
                else:
                    touches.beside += row.models
        return Tally(found, max(0, total - len(rows)))

    async def models(self, caller: Caller, places: Sequence[tuple[int, int]]) -> list[TouchedModel]:
        """The first models that stand in these places and that the caller may see, by name."""
        wanted = set(places)
        rows: list[Any] = []
        async with self._database.read() as connection:
            for some in pieces(sorted({shape for shape, _use in wanted})):
                rows += (await connection.execute(_heads(some))).all()
        seen = await seen_by(self._hub, caller, [row for row in rows if (row.shape_id, row.use_id) in wanted])
        seen.sort(key=lambda row: (row.subject, row.use_name))
        return [
            TouchedModel(row.subject, title_of(row.subject), row.use_name, row.value, row.verdict_id) for row in seen[:SHOWN]
        ]


async def _standing_on(connection: Connection, licences: Collection[str] | None) -> tuple[Sequence[Any], int]:
    models = select(func.count()).where(_subjects.c.shape_id == _standing.c.shape_id, _subjects.c.head).scalar_subquery()
    conditions = [_standing.c.pending.is_(None)]
    if licences is not None:
        named = select(_terms.c.shape_id).where(_terms.c.licence.in_(sorted(licences)))
        conditions.append(_standing.c.shape_id.in_(named))
    query = (
        select(_standing.c.shape_id, _standing.c.use_id, _verdicts.c.document, models.label("models"))
        .join(_verdicts, _verdicts.c.id == _standing.c.verdict_id)
        .where(*conditions)
        .order_by(models.desc(), _standing.c.shape_id, _standing.c.use_id)
        .limit(LOOKED_AT)
    )
    rows = (await connection.execute(query)).all()
    return rows, int(await connection.scalar(select(func.count()).select_from(_standing).where(*conditions)) or 0)


def _heads(shapes: Sequence[int]) -> Any:
    return (
        select(
            _subjects.c.subject, _subjects.c.repository_id, _subjects.c.namespace_id, _subjects.c.private,
            _standing.c.shape_id, _standing.c.use_id, _verdicts.c.use_name, _standing.c.value,
            (_subjects.c.part + _verdicts.c.part).label("verdict_id"),
        )
        .join(_standing, _standing.c.shape_id == _subjects.c.shape_id)
        .join(_verdicts, _verdicts.c.id == _standing.c.verdict_id)
        .where(_subjects.c.head, _subjects.c.shape_id.in_(shapes))
        .order_by(_subjects.c.subject)
        .limit(SHOWN * 5)
    )  # fmt: skip
