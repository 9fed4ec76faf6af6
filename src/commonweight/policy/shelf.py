"""Shapes, subjects and their standing verdicts in the database. Statements only; `settling` says when and why."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, TypeVar

from sqlalchemy import Select, and_, select

from commonweight.db import Connection
from commonweight.db.tables import standing as tables
from commonweight.policy.deciding import Decided
from commonweight.policy.kept import KeptDocument
from commonweight.policy.library import digest
from commonweight.policy.shaping import Filling, Shaped, pack, put_together, unpack_filled
from commonweight.policy.values import StoredVerdict, Subject
from commonweight.rights import Question, RightsError

T = TypeVar("T")

AT_ONCE: Final = 500  # bound parameters of one statement; SQLite allows some thousands

_shapes, _subjects, _standing, _verdicts = tables.shapes, tables.subjects, tables.standing, tables.shape_verdicts
_facts = tables.verdict_facts


@dataclass(frozen=True)
class Said:
    """A verdict on a shape as it is kept."""

    id: int
    part: str
    value: str
    content: str
    use_id: int
    use_name: str
    document: bytes
    decided_at: datetime
    acts: Mapping[str, Sequence[str]]
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Stands:
    """How long a verdict stands; `pending` is the cause for which it has to be decided again."""

    basis: str
    good_until: date | None
    pending: int | None


@dataclass(frozen=True)
class Look:
    """A subject as it was last seen, with what stands for it under one use, where anything does."""

    id: int
    part: str
    subject: str
    repository_id: int | None
    namespace_id: int | None
    private: bool
    shape_id: int
    shape_digest: str
    shape: bytes
    filling: bytes
    head: bool
    stands_now: bool
    checked_at: datetime
    said: Said | None = None
    stands: Stands | None = None

    def lineage(self) -> dict[str, Any]:
        """The nodes and edges, as a question takes them."""
        return put_together(self.shape, Filling.unpack(self.filling))


_LOOK: Final = (
    _subjects.c.id, _subjects.c.part, _subjects.c.subject, _subjects.c.repository_id, _subjects.c.namespace_id,
    _subjects.c.private, _subjects.c.shape_id, _subjects.c.filling, _subjects.c.head,
    _subjects.c.stands.label("stands_now"), _subjects.c.checked_at,
    _shapes.c.digest.label("shape_digest"), _shapes.c.document.label("shape"),
)  # fmt: skip
_SAID: Final = (
    _verdicts.c.id.label("verdict_id"), _verdicts.c.part.label("verdict_part"), _verdicts.c.value, _verdicts.c.content,
    _verdicts.c.use_id, _verdicts.c.use_name, _verdicts.c.document, _verdicts.c.decided_at, _verdicts.c.acts,
    _facts.c.document.label("facts"),
)  # fmt: skip
_STANDS: Final = (_standing.c.basis, _standing.c.good_until, _standing.c.pending)


# Looking


async def looks(connection: Connection, use_id: int, subjects: Sequence[str]) -> dict[str, Look]:
    """What stands for these subjects under a use, by subject."""
    found: dict[str, Look] = {}
    for some in pieces(subjects):
        rows = await connection.execute(_looking(use_id).where(_subjects.c.subject.in_(some), _subjects.c.stands))
        found |= {row.subject: _look(row) for row in rows}
    return found


def _looking(use_id: int) -> Select[Any]:
    stands = and_(_standing.c.shape_id == _subjects.c.shape_id, _standing.c.use_id == use_id)
    return (
        select(*_LOOK, *_SAID, *_STANDS)
        .join(_shapes, _shapes.c.id == _subjects.c.shape_id)
        .outerjoin(_standing, stands)
        .outerjoin(_verdicts, _verdicts.c.id == _standing.c.verdict_id)
        .outerjoin(_facts, _facts.c.id == _verdicts.c.facts_id)
    )


async def by_parts(connection: Connection, subject_part: str, verdict_part: str) -> Look | None:
    """A subject with a verdict that was given on its shape, whether it stands or not."""
    query = (
        select(*_LOOK, *_SAID)
        .join(_shapes, _shapes.c.id == _subjects.c.shape_id)
        .join(_verdicts, _verdicts.c.shape_id == _shapes.c.id)
        .join(_facts, _facts.c.id == _verdicts.c.facts_id)
        .where(_subjects.c.part == subject_part, _verdicts.c.part == verdict_part)
    )
    row = (await connection.execute(query)).first()
    return _look(row) if row else None


def _look(row: Any) -> Look:
    said = _said(row) if getattr(row, "verdict_id", None) is not None else None
    basis = getattr(row, "basis", None)
    return Look(
        row.id, row.part, row.subject, row.repository_id, row.namespace_id, row.private, row.shape_id, row.shape_digest,
        row.shape, row.filling, row.head, row.stands_now, row.checked_at, said,
        Stands(basis, row.good_until, row.pending) if said and basis else None,
    )  # fmt: skip


def _said(row: Any) -> Said:
    return Said(
        row.verdict_id, row.verdict_part, row.value, row.content, row.use_id, row.use_name, row.document, row.decided_at,
        row.acts, row.facts,
    )  # fmt: skip


def said_of(decided: Decided) -> Said:
    """A verdict that was decided now, as `looks` would give it."""
    return Said(
        0, decided.part, decided.value, decided.content, decided.use_id, decided.use_name, pack(decided.template),
        decided.decided_at, {act: list(found) for act, found in decided.acts.items()}, decided.facts,
    )  # fmt: skip


def stored(look: Look, said: Said) -> StoredVerdict:
    """The verdict on a subject: that on its shape, with its names filled in where somebody looks."""
    return StoredVerdict(
        id=look.part + said.part,
        value=said.value,
        subject=look.subject,
        use_name=said.use_name,
        document=KeptDocument(lambda: _template(look, said)),
        lineage=KeptDocument(look.lineage),
        created_at=said.decided_at,
        repository_id=look.repository_id,
        namespace_id=look.namespace_id,
        private=look.private,
        use_id=said.use_id,
        facts=said.facts,
        acts=said.acts,
    )


def _template(look: Look, said: Said) -> dict[str, Any]:
    """The template with its names; the digest of the facts is that of the question as it would be asked about this one."""
    template: dict[str, Any] = unpack_filled(said.document, Filling.unpack(look.filling))
    try:
        question = Question.from_document({**said.facts, "subject": look.lineage()})
    except RightsError:  # a name that no question would take: the digest stays that of the shape's question
        return template
    return {**template, "facts_digest": question.facts_digest}


@dataclass(frozen=True)
class Stood:
    """What stands for a shape under a use."""

    shape_id: int
    said: Said
    stands: Stands


async def standing_of(connection: Connection, digests: Collection[str], uses: Iterable[int]) -> dict[tuple[str, int], Stood]:
    """By digest of the shape and use."""
    found: dict[tuple[str, int], Stood] = {}
    for some in pieces(sorted(digests)):
        query = (
            select(_shapes.c.id.label("shape_id"), _shapes.c.digest.label("shape_digest"), *_SAID, *_STANDS)
            .join(_standing, _standing.c.shape_id == _shapes.c.id)
            .join(_verdicts, _verdicts.c.id == _standing.c.verdict_id)
            .join(_facts, _facts.c.id == _verdicts.c.facts_id)
            .where(_shapes.c.digest.in_(some), _standing.c.use_id.in_(sorted(uses)))
        )
        for row in await connection.execute(query):
            stands = Stands(row.basis, row.good_until, row.pending)
            found[row.shape_digest, row.use_id] = Stood(row.shape_id, _said(row), stands)
    return found


@dataclass(frozen=True)
class Seen:
    """A subject as it was looked at now. `head`: it is the newest of its repository, or a known model."""

    subject: Subject
    shaped: Shaped
    part: str
    head: bool

    def as_look(self, said: Said, now: datetime) -> Look:
        """What `looks` would give."""
        subject = self.subject
        return Look(
            0, self.part, subject.key, subject.repository_id, subject.namespace_id, subject.private, 0, self.shaped.digest,
            pack(self.shaped.document), self.shaped.filling.pack(), self.head, True, now, said,
        )  # fmt: skip


async def looks_at(connection: Connection, seen: Sequence[Seen]) -> list[Look]:
    """What stands for these subjects, and the heads of their repositories; without verdicts."""
    query = select(*_LOOK).join(_shapes, _shapes.c.id == _subjects.c.shape_id)
    found: dict[int, Look] = {}
    for some in pieces([one.subject.key for one in seen]):
        rows = await connection.execute(query.where(_subjects.c.subject.in_(some), _subjects.c.stands))
        found |= {row.id: _look(row) for row in rows}
    for numbers in pieces([one.subject.repository_id for one in seen if one.subject.repository_id is not None]):
        rows = await connection.execute(query.where(_subjects.c.repository_id.in_(numbers), _subjects.c.head))
        found |= {row.id: _look(row) for row in rows}
    return list(found.values())


def subject_part(subject: Subject, shaped: Shaped) -> str:
    """The first half of the ids of its verdicts: a digest of what was seen, and of whether it was seen in private."""
    filling = shaped.filling
    seen = [subject.key, subject.private, subject.repository_id, shaped.digest, filling.ids, filling.names, filling.beside]
    return digest(seen)[:24]


def name_number(name: str) -> int:
    """A name, whatever its capitals, as a number of 64 bits: what two names share costs a look and no more."""
    return int.from_bytes(hashlib.sha256(name.lower().encode()).digest()[:8], "big", signed=True)


def pieces(items: Sequence[T]) -> Iterable[Sequence[T]]:
    for start in range(0, len(items), AT_ONCE):
        yield items[start : start + AT_ONCE]
