"""Subjects that are not what they were: by a new commit, by something in their lineage, by being opened or closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from commonweight.db import Connection
from commonweight.policy import causes, shelf
from commonweight.policy.differences import lineage_differences
from commonweight.policy.shelf import Look, Said, Seen


@dataclass(frozen=True)
class Move:
    """A subject with the look that it takes the place of."""

    seen: Seen
    before: Look

    @property
    def kind(self) -> str:
        if self.before.subject != self.seen.subject.key:
            return "commit"
        return "visibility" if self.before.private != self.seen.subject.private else "lineage"

    def words(self) -> dict[str, Any]:
        """What the cause says: which subject, and what differs in its lineage."""
        lineage = self.seen.subject.document
        said = {"subject": self.seen.subject.key, "differences": lineage_differences(self.before.lineage(), lineage)}
        return {**said, **({"before": self.before.subject} if self.kind == "commit" else {})}


async def moves_of(connection: Connection, seen: Sequence[Seen]) -> list[Move]:
    """Of each of these, what stands in its place until now."""
    stood = [look for look in await shelf.looks_at(connection, seen) if look.stands_now]
    found = []
    for one in seen:
        before = _replaced(one, stood)
        if before is not None:
            found.append(Move(one, before))
    return found


def _replaced(seen: Seen, looks: Sequence[Look]) -> Look | None:
    others = [look for look in looks if look.part != seen.part]
    same = next((look for look in others if look.subject == seen.subject.key), None)
    if same is not None or not seen.head or seen.subject.repository_id is None:
        return same
    return next((look for look in others if look.head and look.repository_id == seen.subject.repository_id), None)


async def tell_of_moves(
    connection: Connection,
    now: datetime,
    moves: Sequence[Move],
    before: Mapping[tuple[str, int], Said],
    after: Mapping[tuple[str, int], Said],
) -> None:
    """
    A cause for each move that changed a value, and a change for each use. `before` and `after`: by digest of the
    shape and use, what stood until now and what stands from here on.
    """
    for move in moves:
        if not move.seen.head:
            continue
        changed = [
            (use_id, before[move.before.shape_digest, use_id], said)
            for (digest, use_id), said in sorted(after.items())
            if digest == move.seen.shaped.digest and (move.before.shape_digest, use_id) in before
        ]
        changed = [(use_id, old, new) for use_id, old, new in changed if old.value != new.value]
        if changed:
            cause = await causes.add(connection, now, move.kind, move.words())
            await causes.tell(connection, [_row(move, cause, now, *one) for one in changed])


def _row(move: Move, cause: int, now: datetime, use_id: int, old: Said, new: Said) -> dict[str, Any]:
    subject = move.seen.subject
    return {
        "cause_id": cause,
        "at": now,
        "use_id": use_id,
        "subject": subject.key,
        "repository_id": subject.repository_id,
        "namespace_id": subject.namespace_id,
        "private": subject.private or move.before.private,
        "before": old.value,
        "after": new.value,
        "verdict_before": move.before.part + old.part,
        "verdict_after": move.seen.part + new.part,
    }
