import asyncio

import orjson

from commonweight.storage import Committing, Registered, ShardRefused, StoredBytesDamaged, Validating
from commonweight.wire.xet.shards import progress_lines


async def lines_of(progress, **options):
    return [orjson.loads(line) async for line in progress_lines(progress, **options)]


async def test_steps_become_lines():
    async def progress():
        yield Validating(1, 2)
        yield Committing()
        yield Registered(new=False, files=2)

    assert await lines_of(progress()) == [
        {"type": "validating", "verified": 1, "total": 2},
        {"type": "committing", "stage": "syncing"},
        {"type": "result", "result": 0},
    ]


async def test_the_last_line_is_repeated_while_nothing_moves():
    goes_on = asyncio.Event()

    async def progress():
        yield Validating(1, 2)
        await goes_on.wait()
        yield Registered(new=True, files=2)

    seen = []
    async for line in progress_lines(progress(), heartbeat=0.001):
        seen.append(orjson.loads(line))
        if len(seen) == 4:
            goes_on.set()
    assert seen[:4] == [{"type": "validating", "verified": 1, "total": 2}] * 4
    assert seen[-1]["type"] == "result"


async def test_a_refusal_ends_the_lines_with_its_sentence():
    async def progress():
        yield Validating(0, 1)
        raise ShardRefused("It says so.", hint="Do this.")

    assert (await lines_of(progress()))[-1] == {"type": "error", "message": "It says so. Do this.", "retryable": False}


async def test_a_failure_of_ours_may_be_tried_again():
    async def progress():
        raise StoredBytesDamaged("A disk has failed.")
        yield

    assert await lines_of(progress()) == [{"type": "error", "message": "A disk has failed.", "retryable": True}]


async def test_a_client_that_leaves_ends_the_work():
    ended = asyncio.Event()

    async def progress():
        try:
            yield Validating(0, 1)
            await asyncio.sleep(60)
        finally:
            ended.set()

    lines = progress_lines(progress(), heartbeat=0.001)
    await anext(lines)
    await anext(lines)
    await lines.aclose()
    assert ended.is_set()
