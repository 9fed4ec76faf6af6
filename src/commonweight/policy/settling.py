"""
Let verdicts stand: from a look at lineages to shapes, verdicts on them, and what changed against what stood before.

Deciding happens outside of transactions. What was decided may stand only if no fact, decision or record has changed
since; else it is decided again on what holds then.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from commonweight.clock import Clock
from commonweight.db import Connection, Database
from commonweight.policy import keeping, moving, shelf, state
from commonweight.policy.asking_store import AskedOfAll, AskedUses
from commonweight.policy.deciding import Decided, Decider
from commonweight.policy.library import Library
from commonweight.policy.renewing import renew
from commonweight.policy.shaping import unpack
from commonweight.policy.shelf import Said, Seen, Stands, Stood
from commonweight.policy.values import StoredVerdict
from commonweight.rights import RightsError

log = logging.getLogger(__name__)

MAX_ATTEMPTS: Final = 8  # a decision that is overtaken by a change of facts starts again; changes are rarer than seconds

_Place = tuple[str, int]  # digest of a shape, and a use


@dataclass
class _Plan:
    """What was decided, and for what; and what stood then. `moved` subjects are not what stands for them."""

    asked: AskedOfAll
    stood: Mapping[_Place, Stood]
    decided: dict[_Place, Decided] = field(default_factory=dict)
    moved: list[Seen] = field(default_factory=list)

    def said(self, place: _Place) -> Said:
        """What is to stand: what stood, where it says the same."""
        decided, stood = self.decided.get(place), self.stood.get(place)
        if decided is None or (stood is not None and stood.said.content == decided.content):
            assert stood is not None, "what was not decided now stands"
            return stood.said
        return shelf.said_of(decided)


class Settler:
    """Decides where nothing stands, and where what stands has to be looked at again."""

    def __init__(self, database: Database, library: Library, decider: Decider, uses: AskedUses, clock: Clock) -> None:
        self._database = database
        self._library = library
        self._decider = decider
        self._uses = uses
        self._clock = clock

    async def asked(self, connection: Connection) -> AskedOfAll:
        """What is asked for every use, as it stands in this look at the database."""
        return await self._uses.load(connection)

    def holds(self, look: shelf.Look) -> bool:
        """Whether what stands for a subject may be given out as it is."""
        return look.stands is not None and self._is_good(look.shape_digest, unpack(look.shape), look.stands)

    def _is_good(self, digest: str, shape: Mapping[str, Any], stands: Stands) -> bool:
        today = self._clock.now().date()
        if stands.pending is not None or (stands.good_until is not None and stands.good_until < today):
            return False
        return stands.basis == self._library.terms_of(digest, shape, today).basis

    async def settle(self, use_id: int, seen: Sequence[Seen], *, skip: bool = False) -> dict[str, StoredVerdict]:
        """
        Verdicts under a use on subjects that were looked at now, by subject. What has moved is decided for every use.

        Raises RightsError for one that cannot be decided on; with `skip` it is left out, since it must not take a
        list along.
        """
        for _ in range(MAX_ATTEMPTS):
            plan, kept = await self._plan(use_id, seen, skip=skip)
            if (not plan.decided and not plan.moved) or await self._carry_out(plan):
                break
        now = self._clock.now()
        answers = {}
        for one in kept:
            said = plan.said((one.shaped.digest, use_id))
            answers[one.subject.key] = shelf.stored(one.as_look(said, now), said)
        return answers

    # Deciding

    async def _plan(self, use_id: int, seen: Sequence[Seen], *, skip: bool) -> tuple[_Plan, list[Seen]]:
        async with self._database.read() as connection:
            asked = await self._uses.load(connection)
            standing = {(look.part, look.head) for look in await shelf.looks_at(connection, seen) if look.stands_now}
            stood = await shelf.standing_of(connection, {one.shaped.digest for one in seen}, asked.uses)
        plan, kept = _Plan(asked, stood), []
        for one in seen:
            moved = (one.part, one.head) not in standing
            try:
                self._decide(plan, one, asked.uses if moved else [use_id])
            except RightsError as error:
                if not skip:
                    raise
                log.warning("no verdict on %s: %s", one.subject.key, error.sentence)
                continue
            kept.append(one)
            plan.moved += [one] if moved else []
        return plan, kept

    def _decide(self, plan: _Plan, one: Seen, uses: Iterable[int]) -> None:
        digest, shape = one.shaped.digest, one.shaped.document
        for use_id in uses:
            place = (digest, use_id)
            stood = plan.stood.get(place)
            if place in plan.decided or (stood is not None and self._is_good(digest, shape, stood.stands)):
                continue
            plan.decided[place] = self._decider.decide_shape(plan.asked.uses[use_id], digest, shape)

    # Writing

    async def _carry_out(self, plan: _Plan) -> bool:
        """False where facts have changed meanwhile."""
        async with self._database.write() as connection:
            now_state = await state.lock(connection)
            if now_state.version != plan.asked.version:
                return False
            if not now_state.library:
                await state.note(connection, library=self._library.digest, records=dict(self._library.digests))
            # A process with other records than those that stand here gives its answers and lets them stand nowhere.
            if now_state.library in ("", self._library.digest):
                await self._write(connection, plan)
            else:
                await self._write_beside(connection, plan)
        return True

    async def _write(self, connection: Connection, plan: _Plan) -> None:
        now = self._clock.now()
        ids = await self._keep_shapes(connection, plan)
        moves = await moving.moves_of(connection, plan.moved)
        before = await shelf.standing_of(connection, {move.before.shape_digest for move in moves}, plan.asked.uses)
        await renew(connection, now, list(plan.decided.values()), ids)
        for one in plan.moved:
            await keeping.keep_subject(connection, one, ids[one.shaped.digest], now, stands=True)
        after = await shelf.standing_of(connection, {one.shaped.digest for one in plan.moved}, plan.asked.uses)
        said = [{place: stood.said for place, stood in found.items()} for found in (before, after)]
        await moving.tell_of_moves(connection, now, moves, *said)

    async def _write_beside(self, connection: Connection, plan: _Plan) -> None:
        """Keep what was said, so that its id can be read; let it stand nowhere."""
        ids = await self._keep_shapes(connection, plan)
        await keeping.keep_verdicts(connection, list(plan.decided.values()), ids)
        for one in plan.moved:
            await keeping.keep_subject(connection, one, ids[one.shaped.digest], self._clock.now(), stands=False)

    async def _keep_shapes(self, connection: Connection, plan: _Plan) -> dict[str, int]:
        today = self._clock.now().date()
        shapes = {one.shaped.digest: one.shaped.document for one in plan.moved}
        terms = {digest: self._library.terms_of(digest, shape, today).index for digest, shape in shapes.items()}
        ids = await keeping.keep_shapes(connection, shapes, terms)
        return ids | {digest: found.shape_id for (digest, _), found in plan.stood.items()}
