"""Each line is answered once, whatever is killed; what is finished is kept; the rest is told why."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from commonweight.batches import BatchClosed, BatchMissing, BatchRefused, Line, NewBatch, Outcome, Status
from commonweight.files import FileMissing, Purpose
from commonweight.jobs import MAX_ATTEMPTS, NotDone
from tests.batches.world import CHAT, QUICK, BatchWorld, Script, answer, error

IDS = [f"line {i}" for i in range(10)]


async def nothing(fraction: float, message: str = "") -> None:
    """A report that nobody reads."""


async def test_all_lines_are_answered_into_files(world: BatchWorld) -> None:
    async def one_bad(line: Line) -> Outcome | None:
        return error(400, "invalid_value") if line.custom_id == IDS[3] else None

    batch = await world.make(IDS, metadata={"team": "a"})
    assert (batch.status, batch.metadata) == (Status.VALIDATING, {"team": "a"})
    script = Script(one_bad)
    await world.runner(script).run_until_empty()
    batch = await world.now(batch)
    assert batch.status is Status.COMPLETED
    assert (batch.counts.total, batch.counts.completed, batch.counts.failed) == (10, 9, 1)
    assert (batch.usage.prompt, batch.usage.completion, batch.model) == (90, 18, "tiny")
    output, errors = await world.lines(batch.output_file_id), await world.lines(batch.error_file_id)
    assert sorted([*output, *errors]) == IDS
    said = output[IDS[0]]
    assert said["id"].startswith("batch_req_")
    assert (said["response"]["status_code"], said["response"]["body"]["said"], said["error"]) == (200, IDS[0], None)
    assert errors[IDS[3]]["response"]["body"]["error"]["code"] == "invalid_value"
    assert {caller.account for caller in script.callers} == {world.ada.account}
    assert all(batch.moments[name] for name in ("in_progress_at", "finalizing_at", "completed_at"))


async def test_what_was_kept_meanwhile_goes_with_the_batch(world: BatchWorld) -> None:
    """Two blobs are left: what came, and what was made."""
    await world.make(IDS)
    await world.runner(Script()).run_until_empty()
    assert world.files.in_store() == 2


async def test_a_worker_that_was_believed_dead_writes_nothing_any_more(world: BatchWorld) -> None:
    """Its heir runs what was not kept; the lines that the first one answers late are dropped."""
    gate = asyncio.Event()

    async def stuck(line: Line) -> Outcome | None:
        if line.custom_id in IDS[3:6]:
            await gate.wait()
        return None

    batch = await world.make(IDS[:6])
    first, second = Script(stuck), Script()
    stalled = asyncio.create_task(world.runs(first).on_batch({"batch": batch.number}, nothing))
    while (await world.now(batch)).counts.completed < 3:
        await asyncio.sleep(0.005)
    await world.runs(second).on_batch({"batch": batch.number}, nothing)
    done = await world.now(batch)
    assert sorted(second.runs) == IDS[3:6]
    gate.set()
    await stalled
    assert await world.now(batch) == done
    assert done.status is Status.COMPLETED
    assert sorted(await world.lines(done.output_file_id)) == IDS[:6]


async def test_a_worker_that_is_told_to_stop_keeps_what_is_done(world: BatchWorld) -> None:
    async def stuck(line: Line) -> Outcome | None:
        await asyncio.sleep(3600 if line.custom_id == IDS[1] else 0)
        return None

    batch = await world.make(IDS[:4])
    pace = replace(QUICK, keep_every=3600)
    first = Script(stuck)
    running = asyncio.create_task(world.runner(first, pace=pace).run())
    async with asyncio.timeout(10):
        while len(first.runs) < 4:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert (await world.now(batch)).counts.completed == 3
    second = Script()
    await world.runner(second, "heir").run_until_empty()
    assert list(second.runs) == [IDS[1]]
    assert (await world.now(batch)).status is Status.COMPLETED


async def test_a_cancelled_batch_keeps_what_is_done(world: BatchWorld) -> None:
    async def stuck(line: Line) -> Outcome | None:
        await asyncio.sleep(3600 if line.custom_id in IDS[2:] else 0)
        return None

    batch = await world.make(IDS)
    running = asyncio.create_task(world.runner(Script(stuck)).run())
    while (await world.now(batch)).counts.completed < 2:
        await asyncio.sleep(0.005)
    cancelling = await world.work.batches.cancel(batch.account_id, batch.id)
    assert cancelling.status is Status.CANCELLING
    assert (await world.work.batches.cancel(batch.account_id, batch.id)).status in (Status.CANCELLING, Status.CANCELLED)
    over = await world.until(batch, Status.CANCELLED)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert sorted(await world.lines(over.output_file_id)) == IDS[:2]
    assert over.error_file_id is None


async def test_a_batch_is_cancelled_before_it_begins(world: BatchWorld) -> None:
    batch = await world.make(IDS)
    await world.work.batches.cancel(batch.account_id, batch.id)
    script = Script()
    await world.runner(script).run_until_empty()
    assert (await world.now(batch)).status is Status.CANCELLED
    assert not script.runs


async def test_what_is_over_cannot_be_cancelled(world: BatchWorld) -> None:
    batch = await world.make(IDS[:1])
    await world.runner(Script()).run_until_empty()
    with pytest.raises(BatchClosed, match="completed") as caught:
        await world.work.batches.cancel(batch.account_id, batch.id)
    assert caught.value.headers == {"x-should-retry": "false"}


async def test_lines_that_were_not_run_in_time_have_expired(world: BatchWorld) -> None:
    async def busy(line: Line) -> Outcome | None:
        return None if line.custom_id in IDS[:4] else error(503, "engine_overloaded")

    batch = await world.make(IDS)
    runner = world.runner(Script(busy))
    await runner.run_until_empty()
    assert (await world.now(batch)).status is Status.IN_PROGRESS
    world.clock.advance(timedelta(hours=24))
    await runner.run_until_empty()
    batch = await world.now(batch)
    assert batch.status is Status.EXPIRED
    assert (batch.counts.completed, batch.counts.failed) == (4, 6)
    assert sorted(await world.lines(batch.output_file_id)) == IDS[:4]
    errors = await world.lines(batch.error_file_id)
    assert {line["error"]["code"] for line in errors.values()} == {"batch_expired"}
    assert sorted(errors) == IDS[4:]


async def test_where_the_house_is_full_the_batch_waits_as_long_as_it_is_told(world: BatchWorld) -> None:
    full = True

    async def sometimes(line: Line) -> Outcome | None:
        return error(429, "rate_limit_exceeded", retry_after=30.0) if full else None

    batch = await world.make(IDS[:2])
    runner = world.runner(Script(sometimes))
    await runner.run_until_empty()
    full = False
    world.clock.advance(timedelta(seconds=29))
    assert not await runner.run_one()
    world.clock.advance(timedelta(seconds=1))
    await runner.run_until_empty()
    assert (await world.now(batch)).status is Status.COMPLETED


async def test_a_cancelled_batch_does_not_wait_for_its_next_turn(world: BatchWorld) -> None:
    async def full(line: Line) -> Outcome | None:
        return error(429, "rate_limit_exceeded", retry_after=30.0)

    batch = await world.make(IDS[:2])
    runner = world.runner(Script(full))
    await runner.run_until_empty()
    await world.work.batches.cancel(batch.account_id, batch.id)
    await runner.run_until_empty()
    assert (await world.now(batch)).status is Status.CANCELLED


async def test_a_line_whose_engine_dies_is_tried_again_and_given_up_at_last(world: BatchWorld) -> None:
    tried: list[str] = []

    async def dying(line: Line) -> Outcome | None:
        tried.append(line.custom_id)
        first = tried.count(line.custom_id) == 1
        return error(503, "engine_lost") if line.custom_id == IDS[1] or first else None

    batch = await world.make(IDS[:2])
    await world.runner(Script(dying)).run_until_empty()
    batch = await world.now(batch)
    assert batch.status is Status.COMPLETED
    assert tried.count(IDS[1]) == QUICK.attempts
    assert list(await world.lines(batch.output_file_id)) == [IDS[0]]
    assert list(await world.lines(batch.error_file_id)) == [IDS[1]]


async def test_a_key_without_budget_fails_the_lines_that_are_left(world: BatchWorld) -> None:
    async def used_up(line: Line) -> Outcome | None:
        return None if line.custom_id in IDS[:3] else error(429, "insufficient_quota")

    batch = await world.make(IDS)
    script = Script(used_up)
    await world.runner(script).run_until_empty()
    batch = await world.now(batch)
    assert (batch.status, batch.counts.completed, batch.counts.failed) == (Status.COMPLETED, 3, 7)
    assert set(script.runs.values()) == {1, 2}


async def test_lines_that_reserve_a_small_budget_from_each_other_are_run_one_by_one(world: BatchWorld) -> None:
    """Each may come to 4 and comes to 1; 10 are left."""
    left = 10

    async def reserve(line: Line) -> Outcome | None:
        nonlocal left
        if left < 4:
            return error(429, "insufficient_quota", final=True)
        left -= 4
        await asyncio.sleep(0.01)
        left += 3
        return None

    batch = await world.make(IDS[:6])
    await world.runner(Script(reserve)).run_until_empty()
    counts = (await world.now(batch)).counts
    assert (counts.completed, counts.failed) == (6, 0)


async def test_a_revoked_key_fails_the_lines_that_are_left_without_asking_a_model(world: BatchWorld) -> None:
    assert world.ada.account is not None
    assert world.ada.token is not None
    batch = await world.make(IDS)
    await world.files.identity.revoke_token(world.ada.account, world.ada.token.id)
    script = Script()
    await world.runner(script).run_until_empty()
    batch = await world.now(batch)
    assert not script.runs
    assert batch.counts.failed == 10
    errors = await world.lines(batch.error_file_id)
    assert {line["response"]["status_code"] for line in errors.values()} == {401}
    assert "revoked" in errors[IDS[0]]["response"]["body"]["error"]["message"]


async def test_a_file_for_another_endpoint_fails_the_batch(world: BatchWorld) -> None:
    batch = await world.make(IDS, endpoint="/v1/responses")
    await world.runner(Script()).run_until_empty()
    batch = await world.now(batch)
    assert batch.status is Status.FAILED
    assert [problem["code"] for problem in batch.errors] == ["mismatched_endpoint"]
    assert "/v1/chat/completions" in batch.errors[0]["message"]


async def test_a_batch_whose_file_is_deleted_fails_and_keeps_what_is_done(world: BatchWorld) -> None:
    async def delete(line: Line) -> Outcome | None:
        if line.custom_id == IDS[1]:
            await world.files.files.delete(batch.account_id, batch.input_file_id)
            return error(503, "engine_overloaded")
        return None

    batch = await world.make(IDS[:2])
    runner = world.runner(Script(delete))
    await runner.run_until_empty()
    world.clock.advance(timedelta(seconds=7))
    await runner.run_until_empty()
    batch = await world.now(batch)
    assert (batch.status, batch.errors[0]["code"]) == (Status.FAILED, "input_file_missing")
    assert list(await world.lines(batch.output_file_id)) == [IDS[0]]


async def test_only_an_uploaded_batch_file_of_ones_own_makes_a_batch(world: BatchWorld) -> None:
    other = await world.files.put(b"x")
    with pytest.raises(BatchRefused, match="'user_data'"):
        await world.work.batches.create(world.ada, NewBatch(other.id, CHAT))
    mine = (await world.make(IDS)).input_file_id
    with pytest.raises(BatchRefused, match="No such file"):
        await world.work.batches.create(world.bob, NewBatch(mine, CHAT))
    with pytest.raises(BatchRefused, match="endpoint"):
        await world.work.batches.create(world.ada, NewBatch(mine, "/v1/files"))


async def test_what_others_have_run_looks_missing(world: BatchWorld) -> None:
    batch = await world.make(IDS)
    assert world.bob.account is not None
    bob = world.bob.account.id
    for deed in (world.work.batches.get, world.work.batches.cancel):
        with pytest.raises(BatchMissing):
            await deed(bob, batch.id)
    assert not (await world.work.batches.list(bob)).batches
    await world.runner(Script()).run_until_empty()
    with pytest.raises(FileMissing):
        await world.files.files.get(bob, (await world.now(batch)).output_file_id or "")


async def test_what_a_batch_makes_is_kept_as_long_as_asked(world: BatchWorld) -> None:
    batch = await world.make(IDS[:1], output_seconds=3600)
    await world.runner(Script()).run_until_empty()
    made = (await world.files.files.list(batch.account_id, purpose=Purpose.BATCH_OUTPUT)).files[0]
    assert made.expires_at == world.clock.now() + timedelta(hours=1)


async def test_batches_take_turns(world: BatchWorld) -> None:
    order: list[str] = []

    async def note(line: Line) -> Outcome | None:
        order.append(line.custom_id[0])
        world.clock.advance(timedelta(milliseconds=1))
        return None

    for name in "ab":
        await world.make([f"{name}{i}" for i in range(4)])
    await world.runner(Script(note), pace=replace(QUICK, at_once=1, turn=0.0)).run_until_empty()
    assert order == ["a", "b"] * 4


async def test_lists_go_on_after_a_batch(world: BatchWorld) -> None:
    ids = [(await world.make(IDS[:1])).id for _ in range(3)]
    owner = (await world.work.batches.list(world.ada.account.id if world.ada.account else 0, limit=2)).batches
    assert [batch.id for batch in owner] == ids[:0:-1]
    page = await world.work.batches.list(owner[0].account_id, after=ids[1])
    assert ([batch.id for batch in page.batches], page.has_more) == ([ids[0]], False)
    assert not (await world.work.batches.list(owner[0].account_id, after="after")).batches


async def test_a_batch_that_the_server_gave_up_fails_with_what_is_done(world: BatchWorld) -> None:
    async def broken(line: Line) -> Outcome | None:
        if line.custom_id == IDS[1]:
            await asyncio.sleep(0.05)
            raise ValueError("a defect")
        return answer(line)

    batch = await world.make(IDS[:2])
    runner = world.runner(Script(broken))
    await world.work.tender.start()
    for _ in range(MAX_ATTEMPTS + 1):
        await runner.run_until_empty()
        world.clock.advance(timedelta(minutes=10))
    batch = await world.now(batch)
    assert (batch.status, batch.errors[0]["code"]) == (Status.FAILED, "server_error")
    assert list(await world.lines(batch.output_file_id)) == [IDS[0]]


async def test_a_turn_that_leaves_lines_undone_says_so(world: BatchWorld) -> None:
    batch = await world.make(IDS)
    with pytest.raises(NotDone):
        await world.runs(Script(), replace(QUICK, turn=0.0)).on_batch({"batch": batch.number}, nothing)
