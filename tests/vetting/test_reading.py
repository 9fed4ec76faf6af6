"""The matcher's process: what it does to a text that hangs, crashes or is killed. With stand-ins for the matcher itself."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import psutil
import pytest

from commonweight.rights.matching import MAX_CHARACTERS, TOO_COSTLY, TOO_LONG
from commonweight.storage import WorkPool
from commonweight.vetting import ChildMatcher, ReadingFailed
from commonweight.vetting.reading import match_bounded

SLEEP = "__import__('time').sleep(60)"
DIE = "__import__('os')._exit(1)"
HOARD = "bytearray(8 << 30)"


@pytest.fixture
async def pool() -> AsyncIterator[WorkPool]:
    pool = WorkPool(children=1)
    yield pool
    await pool.close()


async def test_a_text_that_takes_too_long_is_given_up_and_its_process_ended(pool: WorkPool) -> None:
    await pool.run(match_bounded, eval, "1 + 1")  # a process that has loaded what it needs
    (pid,) = pool.resting
    matcher = ChildMatcher("v", pool, seconds=1, match=eval)
    assert (await matcher.match(SLEEP)).state == TOO_COSTLY
    assert not psutil.pid_exists(pid)


async def test_a_text_that_kills_its_process_fails_and_the_next_is_read(pool: WorkPool) -> None:
    matcher = ChildMatcher("v", pool, match=eval)
    with pytest.raises(ReadingFailed, match="died twice at this text"):
        await matcher.match(DIE)
    assert await matcher.match("1 + 1") == 2


async def test_a_process_killed_in_the_middle_of_a_text_is_replaced(pool: WorkPool) -> None:
    matcher = ChildMatcher("v", pool, match=eval)
    await matcher.match("1 + 1")
    (pid,) = pool.resting
    work = asyncio.create_task(matcher.match("__import__('time').sleep(0.5) or 'read'"))
    await asyncio.sleep(0.1)
    os.kill(pid, signal.SIGKILL)
    assert await work == "read"


async def test_a_text_that_wants_more_memory_than_there_is_for_it_fails(pool: WorkPool) -> None:
    with pytest.raises(ReadingFailed, match="MemoryError"):
        await ChildMatcher("v", pool, match=eval).match(HOARD)


async def test_a_matcher_that_is_not_in_order_says_what_it_lacks(pool: WorkPool) -> None:
    with pytest.raises(ReadingFailed, match=r"ModuleNotFoundError.*no_such_module"):
        await ChildMatcher("v", pool, match=eval).match("__import__('no_such_module')")


async def test_what_is_longer_than_any_licence_starts_no_process(pool: WorkPool) -> None:
    matcher = ChildMatcher("v", pool, match=eval)
    assert (await matcher.match("x" * (MAX_CHARACTERS + 1))).state == TOO_LONG
    assert pool.resting == ()
