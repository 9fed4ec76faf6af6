"""A crowd makes one look."""

import asyncio

import pytest

from commonweight.errors import NotFound
from commonweight.remembering import AT_ONCE, Remembered


class Source:
    def __init__(self) -> None:
        self.looks = 0
        self.at_once = 0
        self.most = 0
        self.error: Exception | None = None

    async def look(self) -> int:
        self.looks += 1
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(0.01)
        self.at_once -= 1
        if self.error:
            raise self.error
        return self.looks


async def test_who_asks_at_the_same_time_waits_for_the_same_look() -> None:
    source, kept = Source(), Remembered[str, int](10, 10)
    assert await asyncio.gather(*(kept.get("a", source.look) for _ in range(50))) == [1] * 50
    assert await kept.get("a", source.look) == 1


async def test_an_answer_grows_old() -> None:
    source, kept = Source(), Remembered[str, int](0.0, 10)
    assert [await kept.get("a", source.look) for _ in range(2)] == [1, 2]


async def test_an_error_is_told_to_all_and_not_kept() -> None:
    source, kept = Source(), Remembered[str, int](10, 10)
    source.error = NotFound("gone")
    told = await asyncio.gather(*(kept.get("a", source.look) for _ in range(3)), return_exceptions=True)
    assert [type(one) for one in told] == [NotFound] * 3
    source.error = None
    assert await kept.get("a", source.look) == 2


async def test_who_leaves_does_not_take_the_answer_away() -> None:
    source, kept = Source(), Remembered[str, int](10, 10)
    first = asyncio.create_task(kept.get("a", source.look))
    await asyncio.sleep(0)
    second = asyncio.create_task(kept.get("a", source.look))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == 1


async def test_few_look_at_once_and_the_oldest_answer_goes() -> None:
    source, kept = Source(), Remembered[int, int](10, 3)
    await asyncio.gather(*(kept.get(number, source.look) for number in range(20)))
    assert source.most == AT_ONCE
    assert kept.fresh(0) is None
    assert kept.fresh(19) is not None


async def test_what_is_forgotten_while_it_is_looked_up_is_not_kept() -> None:
    source, kept = Source(), Remembered[str, int](10, 10)
    task = asyncio.create_task(kept.get("a", source.look))
    await asyncio.sleep(0)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(task), 0.001)
    kept.forget()
    assert await task == 1
    assert await kept.get("a", source.look) == 2
