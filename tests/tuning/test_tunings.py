"""A tuning is made, listed, found, stopped by those whose it is; what it stands for is theirs to delete."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from commonweight.files import Purpose
from commonweight.identity import Caller
from commonweight.tuning import (
    NewTuning,
    NotYours,
    Status,
    TunedModel,
    TunedModelMissing,
    TuningClosed,
    TuningMissing,
    TuningRefused,
    Wanted,
    checkpoint_name,
    tuned_name,
)
from commonweight.wire.openai.tunings import NotShared, TuningsWire
from tests.tuning.world import TuningWorld


async def test_a_tuning_begins_as_validating_with_an_event_and_a_seed(world: TuningWorld) -> None:
    tuning = await world.make(metadata={"team": "a"}, suffix="tickets")
    assert (tuning.status, tuning.metadata, tuning.suffix) == (Status.VALIDATING, {"team": "a"}, "tickets")
    assert 0 <= tuning.seed < 2**31
    assert (await world.make(seed=7)).seed == 7
    assert await world.said(tuning) == [f"Created fine-tuning job: {tuning.id}"]


async def test_a_tuning_without_its_file_or_with_one_for_something_else_is_refused(world: TuningWorld) -> None:
    other = await world.files.put(b"words", Purpose.USER_DATA)
    for file_id, param in ((other.id, "training_file"), ("file-none", "training_file")):
        with pytest.raises(TuningRefused) as caught:
            await world.work.tunings.create(world.ada, NewTuning("tiny", file_id))
        assert caught.value.param == param
    own = await world.examples()
    with pytest.raises(TuningRefused) as caught:
        await world.work.tunings.create(world.ada, NewTuning("tiny", own.id, "file-none"))
    assert caught.value.param == "validation_file"


async def test_others_find_nothing(world: TuningWorld) -> None:
    tuning = await world.make()
    assert world.bob.account
    with pytest.raises(TuningMissing):
        await world.work.tunings.get(world.bob.account.id, tuning.id)
    with pytest.raises(TuningMissing):
        await world.work.tunings.cancel(world.bob.account.id, tuning.id)
    assert not (await world.work.tunings.list(world.bob.account.id)).items


async def test_a_list_goes_on_after_the_last_one_seen_and_filters_by_metadata(world: TuningWorld) -> None:
    made = [await world.make(metadata={"team": "a"} if i % 2 else None) for i in range(5)]
    account, tunings = made[0].account_id, world.work.tunings
    first = await tunings.list(account, limit=2)
    assert ([one.id for one in first.items], first.has_more) == ([made[4].id, made[3].id], True)
    rest = await tunings.list(account, after=made[3].id, limit=3)
    assert ([one.id for one in rest.items], rest.has_more) == ([made[2].id, made[1].id, made[0].id], False)
    assert not (await tunings.list(account, after="nobody knows")).items
    assert [one.id for one in (await tunings.list(account, metadata={"team": "a"})).items] == [made[3].id, made[1].id]
    assert not (await tunings.list(account, metadata={"team": "b"})).items
    without = await tunings.list(account, without_metadata=True)
    assert [one.id for one in without.items] == [made[4].id, made[2].id, made[0].id]


async def test_one_that_waits_is_cancelled_at_once_and_for_good(world: TuningWorld) -> None:
    tuning = await world.make()
    cancelled = await world.work.tunings.cancel(tuning.account_id, tuning.id)
    assert (cancelled.status, cancelled.finished_at) == (Status.CANCELLED, world.clock.now())
    assert (await world.work.tunings.cancel(tuning.account_id, tuning.id)).status is Status.CANCELLED
    for deed in (world.work.tunings.pause, world.work.tunings.resume):
        with pytest.raises(TuningClosed):
            await deed(tuning.account_id, tuning.id)


async def test_pausing_and_resuming_twice_does_no_harm(world: TuningWorld) -> None:
    tuning = await world.make()
    for _ in range(2):
        assert (await world.work.tunings.pause(tuning.account_id, tuning.id)).wanted is Wanted.PAUSE
    for _ in range(2):
        assert (await world.work.tunings.resume(tuning.account_id, tuning.id)).wanted is Wanted.RUN
    assert len(await world.said(tuning)) == 3


async def test_a_name_says_base_owner_suffix_and_tuning(world: TuningWorld) -> None:
    tuning = await world.make(suffix="my tickets!")
    name = tuned_name(tuning, "tiny/Instruct", "ada")
    assert name == f"ft:tiny-Instruct:ada:my-tickets:{tuning.id[-8:]}"
    assert tuned_name(await world.make(), "tiny", "ada").startswith("ft:tiny:ada::")
    assert checkpoint_name(name, 30) == f"{name}:ckpt-step-30"


async def test_a_tuned_model_is_deleted_by_its_owner_alone_with_its_checkpoints(world: TuningWorld) -> None:
    assert world.ada.account
    assert world.bob.account
    names, now = world.work.names, world.clock.now()
    async with world.database.write() as connection:
        for name in ("ft:a", "ft:a:ckpt-step-3", "ft:ab"):
            await names.set(
                connection, TunedModel(name, world.ada.account.id, None, 1, "0" * 40, "a.gguf", False, None, now)
            )
    with pytest.raises(NotYours):
        await names.delete(world.bob.account.id, "ft:a")
    await names.delete(world.ada.account.id, "ft:a")
    assert [one.name for one in await names.of(world.ada.account.id)] == ["ft:ab"]
    with pytest.raises(TunedModelMissing):
        await names.delete(world.ada.account.id, "ft:a")


async def test_an_integration_is_kept_and_the_job_says_that_nothing_is_sent_to_it(world: TuningWorld) -> None:
    wandb = [{"type": "wandb", "wandb": {"project": "tickets"}}]
    tuning = await world.make(integrations=wandb)
    assert tuning.integrations == wandb
    (said,) = [one for one in await world.said(tuning) if "integrations[0]" in one]
    assert "(wandb) is kept, and nothing is sent to it" in said


async def test_a_checkpoint_is_not_shared_by_permissions_and_it_is_said_how_else(world: TuningWorld) -> None:
    tuning, now = await world.make(), world.clock.now()
    name = checkpoint_name("ft:tiny:ada::1", 5)
    await world.work.names.put(TunedModel(name, tuning.account_id, tuning.number, 1, "c" * 40, "a.gguf", True, {}, now))

    def wire(caller: Caller) -> TuningsWire:
        async def authenticate(_: Request) -> Caller:
            return caller

        return TuningsWire(authenticate, world.work.tunings, world.work.names)

    scope = {"type": "http", "method": "GET", "headers": [], "query_string": b"", "path_params": {"name": name}}
    with pytest.raises(NotShared, match="whoever may read the repository that holds it") as caught:
        await wire(world.ada).permissions(Request(scope))
    assert "organisation" in caught.value.hint
    with pytest.raises(TunedModelMissing):
        await wire(world.bob).permissions(Request(scope))
