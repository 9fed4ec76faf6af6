"""
Scrubbing: everything that is stored is read again and compared with what it was, round after round.

Xet clients check nothing of what they download, so a bit that turns over on a disk is found here or by nobody. Each kind of
thing is a `Source`, which knows where its things lie and what they must be; a turn checks some of them. How far a round has
come is noted, so a killed worker goes on where it was.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Protocol

from commonweight.clock import Clock
from commonweight.storage.damages import Damage, Damages
from commonweight.storage.notes import Notes

TURN_BYTES: Final = 64 << 20  # a full xorb: a tenth of a second of work
NOTE: Final = "scrubbing"

Report = Callable[[float, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn has looked at, and what was not as it must be. `after` is where the next begins; None: that was all."""

    things: int
    bytes: int
    damages: Sequence[Damage]
    after: str | None


class Source(Protocol):
    """Things of one kind, in an order of their own."""

    async def turn(self, after: str) -> Turn:
        """Check some of those behind `after` ("": from the first), about TURN_BYTES of them."""
        ...


@dataclass(frozen=True, slots=True)
class Round:
    """How far a round has come."""

    started_at: datetime
    source: int = 0
    after: str = ""
    things: int = 0
    bytes: int = 0

    def document(self) -> dict[str, Any]:
        return {
            "started_at": self.started_at.isoformat(),
            "source": self.source,
            "after": self.after,
            "things": self.things,
            "bytes": self.bytes,
        }

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Round:
        return cls(**{**document, "started_at": datetime.fromisoformat(document["started_at"])})


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """The round that is under way, the last one that came to its end, and how much was damaged when it was last seen."""

    now: Round | None
    last: Round | None
    ended_at: datetime | None
    damaged: int


class Scrubber:
    def __init__(self, sources: Sequence[Source], damages: Damages, notes: Notes, clock: Clock) -> None:
        self._sources = sources
        self._damages = damages
        self._notes = notes
        self._clock = clock

    async def go_on(self) -> int | None:
        """
        One turn of the round that is under way, or of a new one: how many bytes it has read. None where the round has come
        to its end.
        """
        known = await self._notes.read(NOTE)
        begun = Round.of(known["now"]) if known.get("now") else Round(self._clock.now())
        gone_on = await self._turn(begun)
        if gone_on is None:
            await self._end(begun)
            return None
        await self._notes.write(NOTE, {**known, "now": gone_on.document()})
        return gone_on.bytes - begun.bytes

    async def scrub(self, report: Report) -> Scrubbed:
        """A whole round of its own, now, as quickly as it goes."""
        total = await self._damages.total_bytes() or 1
        at = Round(self._clock.now())
        while (gone_on := await self._turn(at)) is not None:
            at = gone_on
            await report(min(1.0, at.bytes / total), f"{at.things} checked")
        await self._end(at)
        return await self.state()

    async def state(self) -> Scrubbed:
        known = await self._notes.read(NOTE)
        ended = known.get("ended_at")
        return Scrubbed(
            now=Round.of(known["now"]) if known.get("now") else None,
            last=Round.of(known["last"]) if known.get("last") else None,
            ended_at=datetime.fromisoformat(ended) if ended else None,
            damaged=await self._damages.count(),
        )

    async def _turn(self, at: Round) -> Round | None:
        """None where the round has come to its end."""
        if at.source == len(self._sources):
            return None
        turn = await self._sources[at.source].turn(at.after)
        await self._damages.note(turn.damages)
        gone_on = replace(at, things=at.things + turn.things, bytes=at.bytes + turn.bytes)
        if turn.after is None:
            return replace(gone_on, source=at.source + 1, after="")
        return replace(gone_on, after=turn.after)

    async def _end(self, at: Round) -> None:
        """What was damaged before and was not found so again is whole, or gone."""
        await self._damages.forget(at.started_at)
        await self._notes.write(NOTE, {"last": at.document(), "ended_at": self._clock.now().isoformat()})
