"""A tuning goes through its stages once each, whatever is killed or wanted when, and says how it ended."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from commonweight.errors import NotAllowed
from commonweight.jobs import MAX_ATTEMPTS, Jobs, Runner
from commonweight.jobs.queue import LEASE
from commonweight.tuning import Level, Pace, Stage, Status, StepFailed, TuningRuns, Wanted, Work
from tests.tuning.stages import Stages, Trains
from tests.tuning.world import TuningWorld

QUICK = Pace(look=0.01, stop=1.0)
ALL = ["preparing", "training", "converting", "publishing", "judging", "finishing"]


def runs(world: TuningWorld, stages: Stages, host: str = "one") -> TuningRuns:
    return world.work.runs(world.files.identity, stages.steps(), world.files.home / host, QUICK)


def runner(world: TuningWorld, stages: Stages, host: str = "one") -> Runner:
    """A worker's runner of tunings, and of the short jobs beside them."""
    handlers = {**runs(world, stages, host).handlers(), **world.work.checks.handlers(), **world.work.tender.handlers()}
    return Runner(Jobs(world.database, world.clock, host), handlers, only_these=True)


def folders(world: TuningWorld, host: str = "one") -> list[Path]:
    return list((world.files.home / host).glob("*"))


async def test_all_stages_run_once_in_order_and_nothing_is_left_on_disk(world: TuningWorld) -> None:
    stages = Stages()
    tuning = await world.make()
    await runner(world, stages).run_until_empty()
    tuning = await world.now(tuning)
    assert (tuning.status, tuning.stage, stages.log) == (Status.SUCCEEDED, Stage.NONE, ALL)
    assert tuning.started_at == tuning.finished_at == world.clock.now()
    assert (await world.said(tuning))[1:] == [
        "Files validated, moving job to queued state",
        "Fine-tuning job started",
        "The job has successfully completed.",
    ]
    assert not folders(world)


async def test_a_later_stage_is_told_what_earlier_ones_made(world: TuningWorld) -> None:
    seen: list[Mapping[str, Any]] = []

    async def look(work: Work) -> None:
        seen.append(work.made)

    await world.make()
    await runner(world, Stages({Stage.CONVERTING: look})).run_until_empty()
    assert seen == [{"preparing": {"of": "preparing"}, "training": {"of": "training"}}]


async def test_a_stage_that_cannot_be_done_fails_the_job_with_a_whole_error(world: TuningWorld) -> None:
    async def fail(work: Work) -> None:
        raise StepFailed("diverged", "The loss is no number.", hint="Lower the rate.", param="learning_rate_multiplier")

    stages = Stages({Stage.TRAINING: fail})
    tuning = await world.make()
    await runner(world, stages).run_until_empty()
    tuning = await world.now(tuning)
    message = "The loss is no number. Lower the rate."
    assert tuning.error == {"code": "diverged", "message": message, "param": "learning_rate_multiplier"}
    assert (tuning.status, stages.log, folders(world)) == (Status.FAILED, ALL[:2], [])
    newest = (await world.work.tunings.events(tuning.account_id, tuning.id, limit=1)).items[0]
    assert (newest.level, newest.message) == (Level.ERROR, message)


async def test_what_a_room_refuses_is_the_jobs_error_and_is_not_tried_again(world: TuningWorld) -> None:
    async def refused(work: Work) -> None:
        raise NotAllowed("This key may not write.", hint="Use another.")

    stages = Stages({Stage.PUBLISHING: refused})
    tuning = await world.make()
    await runner(world, stages).run_until_empty()
    error = (await world.now(tuning)).error
    assert error == {"code": "not_allowed", "message": "This key may not write. Use another.", "param": None}
    assert stages.log == ALL[:4]


async def test_a_file_that_is_gone_when_its_turn_comes_fails_the_job_by_name(world: TuningWorld) -> None:
    tuning = await world.make()
    assert tuning.training_file_id
    await world.files.files.delete(tuning.account_id, tuning.training_file_id)
    await runner(world, Stages()).run_until_empty()
    error = (await world.now(tuning)).error
    assert error is not None
    assert (error["code"], error["param"]) == ("file_not_found", "training_file")


async def test_a_revoked_key_stops_its_jobs(world: TuningWorld) -> None:
    tuning = await world.make()
    assert world.ada.account
    await world.files.identity.revoke_token(world.ada.account, tuning.token_id)
    stages = Stages()
    await runner(world, stages).run_until_empty()
    tuning = await world.now(tuning)
    assert (tuning.status, stages.log) == (Status.FAILED, [])
    assert tuning.error is not None
    assert tuning.error["code"] == "invalid_api_key"


async def test_a_pause_keeps_what_was_trained_and_resuming_goes_on_from_there(world: TuningWorld) -> None:
    stages = Stages(training=(trains := Trains([])))
    trains.log = stages.log
    tuning = await world.make()
    working = asyncio.create_task(runner(world, stages).run_until_empty())
    await trains.began.wait()
    await world.work.tunings.pause(tuning.account_id, tuning.id)
    await working
    paused = await world.now(tuning)
    assert (paused.status, paused.wanted, stages.log) == (Status.QUEUED, Wanted.PAUSE, [*ALL[:2], "stop pause"])
    assert len(folders(world)) == 1
    kept = await world.work.tunings.checkpoints(tuning.account_id, tuning.id)
    assert [(one.step, one.metrics) for one in kept.items] == [(1, {"train_loss": 0.5})]
    assert kept.items[0].name.endswith(":ckpt-step-1")
    await world.work.tender.on_tend({}, nothing)  # one that is paused is not given up
    trains.gate.set()
    await world.work.tunings.resume(tuning.account_id, tuning.id)
    await runner(world, stages).run_until_empty()
    assert (await world.now(tuning)).status is Status.SUCCEEDED
    assert stages.log[3:] == ALL[1:]


async def test_a_cancelled_one_is_over_within_seconds_and_leaves_no_name(world: TuningWorld) -> None:
    stages = Stages(training=(trains := Trains([])))
    trains.log = stages.log
    tuning = await world.make()
    working = asyncio.create_task(runner(world, stages).run_until_empty())
    await trains.began.wait()
    assert (await world.work.tunings.cancel(tuning.account_id, tuning.id)).status is Status.RUNNING
    await asyncio.wait_for(working, 5)
    assert (await world.now(tuning)).status is Status.CANCELLED
    assert "stop cancel" in stages.log
    assert not (await world.work.tunings.checkpoints(tuning.account_id, tuning.id)).items  # nothing of it can be called
    assert not folders(world)


@pytest.mark.parametrize("kept", [True, False])
async def test_what_a_cancelled_one_had_learned_has_a_name_only_where_it_was_kept(world: TuningWorld, kept: bool) -> None:
    async def salvage(work: Work) -> bool:
        if not kept:
            raise NotAllowed("This key may not write.")
        return True

    stages = Stages(training=(trains := Trains([])))
    tuning = await world.make()
    handlers = world.work.runs(world.files.identity, stages.steps(), world.files.home / "one", QUICK, salvage).handlers()
    handlers |= world.work.checks.handlers()
    only = Runner(Jobs(world.database, world.clock, "one"), handlers, only_these=True)
    working = asyncio.create_task(only.run_until_empty())
    await trains.began.wait()
    await world.work.tunings.cancel(tuning.account_id, tuning.id)
    await asyncio.wait_for(working, 5)
    assert (await world.now(tuning)).status is Status.CANCELLED
    steps = [one.step for one in (await world.work.tunings.checkpoints(tuning.account_id, tuning.id)).items]
    assert steps == ([1] if kept else [])
    assert any("could not be kept" in message for message in await world.said(tuning)) is not kept


async def test_a_stage_that_keeps_nothing_is_broken_off(world: TuningWorld) -> None:
    began = asyncio.Event()

    async def long(work: Work) -> None:
        began.set()
        await asyncio.sleep(3600)

    tuning = await world.make()
    working = asyncio.create_task(runner(world, Stages({Stage.JUDGING: long})).run_until_empty())
    await began.wait()
    await world.work.tunings.cancel(tuning.account_id, tuning.id)
    await asyncio.wait_for(working, 5)
    assert (await world.now(tuning)).status is Status.CANCELLED


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage is not Stage.NONE])
async def test_a_worker_that_falls_silent_in_any_stage_leaves_the_rest_to_another(world: TuningWorld, stage: Stage) -> None:
    """Its lease runs out; what the stages before gave back is not made again."""
    began, stuck = asyncio.Event(), [True]

    async def hang(work: Work) -> None:
        began.set()
        if stuck[0]:
            await asyncio.sleep(3600)

    stages = Stages({stage: hang})
    tuning = await world.make()
    first = asyncio.create_task(runner(world, stages).run_until_empty())
    await began.wait()
    stuck[0] = False
    world.clock.advance(LEASE + timedelta(seconds=1))
    heir = {**runs(world, stages).handlers()}
    await Runner(Jobs(world.database, world.clock, "heir"), heir, only_these=True).run_until_empty()
    await asyncio.wait_for(first, 5)
    assert (await world.now(tuning)).status is Status.SUCCEEDED
    at = ALL.index(stage.value)
    assert stages.log == [*ALL[: at + 1], *ALL[at:]]


async def shut_down(task: asyncio.Task[None]) -> None:
    """A worker gives back what it has in hand."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_a_worker_that_was_believed_dead_writes_nothing_any_more(world: TuningWorld) -> None:
    slow, began = asyncio.Event(), asyncio.Event()
    outcome: list[BaseException] = []

    async def late(work: Work) -> None:
        began.set()
        await slow.wait()
        try:
            await work.say("I am still here.")
        except BaseException as error:
            outcome.append(error)
            raise

    tuning = await world.make()
    patient = replace(QUICK, look=3600.0)
    await Runner(Jobs(world.database, world.clock, "c"), world.work.checks.handlers(), only_these=True).run_one()
    first = world.work.runs(world.files.identity, Stages({Stage.TRAINING: late}).steps(), world.files.home / "one", patient)
    old = asyncio.create_task(first.on_tune({"tuning": tuning.number}, nothing))
    await began.wait()
    await runs(world, Stages()).on_tune({"tuning": tuning.number}, nothing)
    slow.set()
    await old
    assert len(outcome) == 1
    assert (await world.now(tuning)).status is Status.SUCCEEDED
    assert "I am still here." not in await world.said(tuning)


async def test_on_another_host_training_begins_anew_and_that_is_said(world: TuningWorld) -> None:
    began = asyncio.Event()

    async def hang(work: Work) -> None:
        began.set()
        await asyncio.sleep(3600)

    tuning = await world.make()
    first = asyncio.create_task(runner(world, Stages({Stage.CONVERTING: hang})).run_until_empty())
    await began.wait()
    await shut_down(first)
    other = Stages()
    await runner(world, other, "two").run_until_empty()
    assert (await world.now(tuning)).status is Status.SUCCEEDED
    assert other.log == ALL
    assert any("begins anew" in message for message in await world.said(tuning))


async def test_a_job_that_fails_again_and_again_is_given_up_and_says_so(world: TuningWorld) -> None:
    async def broken(work: Work) -> None:
        raise RuntimeError("a defect")

    tuning = await world.make()
    worker = runner(world, Stages({Stage.TRAINING: broken}))
    for _ in range(MAX_ATTEMPTS + 1):
        await worker.run_until_empty()
        world.clock.advance(timedelta(minutes=5))
    await world.work.tender.on_tend({}, nothing)
    tuning = await world.now(tuning)
    assert tuning.status is Status.FAILED
    assert tuning.error is not None
    assert tuning.error["code"] == "server_error"


async def nothing(fraction: float, message: str = "") -> None:
    """A report that nobody reads."""
