"""Two processes that train one model, without Ray: each takes its part of every batch."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from commonweight.tuning.training import Kind, Paused, Trained, Trainer, TrainingSpec
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


async def both(folder: Path, spec: TrainingSpec, heard: Heard) -> Trained:
    (port,) = free_ports(1)
    second = asyncio.ensure_future(of_two(folder, 1, port).run(replace(spec, folder=folder / "second"), Heard()))
    return await _ended(of_two(folder, 0, port).run(spec, heard), second)


async def _ended(first, second):  # type: ignore[no-untyped-def]
    try:
        return await asyncio.wait_for(first, 400)
    finally:
        with pytest.raises(Paused):  # its part is done
            await asyncio.wait_for(second, 60)


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
