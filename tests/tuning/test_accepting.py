"""A tuning that was made to be better than its base is accepted when it was judged to be, and not before."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from commonweight.hub import Hub, Repository
from commonweight.identity import Caller
from commonweight.tuning import Accepting, NothingMade, TuningMissing
from commonweight.tuning.publishing import NotGoodEnough
from commonweight.tuning.rows import change
from commonweight.tuning.values import OPEN
from tests.tuning.world import TuningWorld


@dataclass
class Drafts:
    """A hub with one draft, and what accepts it."""

    accepted: list[str] = field(default_factory=list)

    async def by_id(self, number: int) -> Repository | None:
        return cast("Repository", f"draft {number}") if number == 5 else None

    async def accept(self, caller: Caller, repository: Repository, visibility: str = "private") -> Repository:
        self.accepted.append(visibility)
        return repository

    async def refuse(self, caller: Caller, repository: Repository) -> None:
        self.accepted.append("refused")


async def judged(world: TuningWorld, verdict: str | None, **options: Any) -> str:
    """A tuning that has published a draft."""
    tuning = await world.make(options=options)
    report = None if verdict is None else {"verdict": verdict}
    async with world.database.write() as connection:
        await change(connection, tuning.number, OPEN, None, repository_id=5, report=report)
    return tuning.id


@pytest.mark.parametrize(
    ("verdict", "wish", "ends_well"), [("better", True, True), ("same", True, False), (None, False, True)]
)
async def test_the_wish_that_it_be_better_holds(
    world: TuningWorld, verdict: str | None, wish: bool, ends_well: bool
) -> None:
    drafts = Drafts()
    accepting = Accepting(world.work.tunings, cast("Hub", drafts), drafts)
    tuning = await judged(world, verdict, **({"better_than_base": True} if wish else {}))
    if ends_well:
        await accepting.accept(world.ada, tuning, "public")
        assert drafts.accepted == ["public"]
        return
    with pytest.raises(NotGoodEnough):
        await accepting.accept(world.ada, tuning, "public")
    assert not drafts.accepted


async def test_what_published_nothing_or_is_anothers_cannot_be_accepted(world: TuningWorld) -> None:
    drafts = Drafts()
    accepting = Accepting(world.work.tunings, cast("Hub", drafts), drafts)
    tuning = await world.make()
    with pytest.raises(NothingMade):
        await accepting.accept(world.ada, tuning.id, "private")
    with pytest.raises(TuningMissing):
        await accepting.refuse(world.bob, tuning.id)
