"""Two processes that train one model, without Ray: each takes its part of every batch."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from commonweight.tuning.training import Kind, Paused, Trained, Trainer, TrainingEvent, TrainingSpec
from commonweight.tuning.training.folders import last_checkpoint
from tests.long.ray_nodes import free_ports
from tests.tuning.training_world import Heard, a_spec, need_training

pytestmark = pytest.mark.long


@pytest.fixture(autouse=True)
def training() -> None:
    need_training()


def of_two(folder: Path, rank: int, port: int) -> Trainer:
    together = {"RANK": rank, "WORLD_SIZE": 2, "LOCAL_RANK": 0, "LOCAL_WORLD_SIZE": 1, "MASTER_PORT": port}
    environment = {name: str(value) for name, value in together.items()} | {"MASTER_ADDR": "127.0.0.1"}
    return Trainer(log=folder / f"log-{rank}", threads=1, environment=environment)


async def both(folder: Path, spec: TrainingSpec, heard: Heard, pause_at: int = 0) -> Trained:
    """What the first of the two makes. At `pause_at`, a step, that one is asked to pause; nobody tells the second."""
    (port,) = free_ports(1)
    first, second = of_two(folder, 0, port), of_two(folder, 1, port)

    async def hear(event: TrainingEvent) -> None:
        await heard(event)
        if event.kind is Kind.STEP and event.data["step"] == pause_at:
            await first.pause()

    beside = asyncio.ensure_future(second.run(replace(spec, folder=folder / "second"), Heard()))
    try:
        return await asyncio.wait_for(first.run(spec, hear), 400)
    finally:
        with pytest.raises(Paused):  # its part is done
            await asyncio.wait_for(beside, 60)


async def test_two_that_train_together_learn_what_one_learns_in_as_many_steps(tiny_base: Path, tmp_path: Path) -> None:
    spec, heard = a_spec(tmp_path / "first", tiny_base), Heard()
    trained = await both(tmp_path, spec, heard)
    assert trained.steps == 60
    assert [step["step"] for step in heard.of(Kind.STEP)] == list(range(1, 61))
    assert trained.sample is not None
    assert trained.sample.exact >= 0.95 * trained.sample.asked
    (started,) = heard.of(Kind.STARTED)
    assert trained.trained_tokens == 3 * started["tokens_per_epoch"], "each example was read by one of them"
    assert (trained.hyperparameters["batch_size"], trained.hyperparameters["workers"]) == (10, 2)
    assert not list((tmp_path / "second" / "checkpoints").glob("step-*")), "the first one keeps them"


async def test_a_pause_of_the_first_pauses_both_and_they_go_on_from_there(tiny_base: Path, tmp_path: Path) -> None:
    spec = a_spec(tmp_path / "first", tiny_base, epochs=1)
    with pytest.raises(Paused) as paused:
        await both(tmp_path, spec, Heard(), pause_at=5)
    assert 5 <= paused.value.step < 20
    kept = last_checkpoint(spec.folder)
    assert kept is not None
    shutil.rmtree(tmp_path / "second")
    shutil.copytree(kept.path, tmp_path / "second" / "checkpoints" / kept.path.name)
    heard = Heard()
    trained = await both(tmp_path, spec, heard)
    assert trained.steps == 20
    assert heard.of(Kind.STEP)[0]["step"] == paused.value.step + 1
