"""The child that trains: what it makes, what it tells, and that it goes on where it was killed. Needs the extra tune."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from commonweight.tuning.training import Cancelled, Kind, Paused, Trained, TrainingEvent, TrainingFailed, TrainingSpec, fits
from tests.tuning.tiny import tickets
from tests.tuning.training_world import HELD_OUT, Heard, a_spec, digest, need_training, trainer

CANCEL_SECONDS = 5.0


@dataclass
class Whole:
    """A training from its begin to its end."""

    spec: TrainingSpec
    trained: Trained
    heard: Heard
    log: str


@pytest.fixture(scope="module")
def whole(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    need_training()
    folder = tmp_path_factory.mktemp("whole")
    spec, heard = a_spec(folder / "tuning", tiny_base), Heard()
    trained = asyncio.run(trainer(folder / "log").run(spec, heard))
    return Whole(spec, trained, heard, (folder / "log").read_text())


def test_a_trained_model_answers_what_its_base_did_not(whole: Whole) -> None:
    assert whole.trained.sample is not None
    assert whole.trained.sample.asked == whole.trained.sample.stopped == HELD_OUT
    assert whole.trained.sample.exact >= 0.95 * HELD_OUT
    assert whole.trained.findings == ()


def test_what_remains_is_an_adapter_in_pefts_layout_and_merged_floats(whole: Whole, tiny_base: Path) -> None:
    adapter = whole.trained.adapter
    assert adapter is not None
    assert {file.name for file in adapter.iterdir()} == {"adapter_config.json", "adapter_model.safetensors"}
    assert json.loads((adapter / "adapter_config.json").read_text())["base_model_name_or_path"] is None
    same = ("config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "generation_config.json")
    for name in same:
        assert (whole.trained.merged / name).read_bytes() == (tiny_base / name).read_bytes()
    weights = (whole.trained.merged / "model.safetensors").stat().st_size
    assert abs(weights - (tiny_base / "model.safetensors").stat().st_size) < 1000


def test_it_tells_what_lies_ahead_each_step_and_what_was_held_out(whole: Whole) -> None:
    (started,) = whole.heard.of(Kind.STARTED)
    steps = whole.heard.of(Kind.STEP)
    assert started["total_steps"] == 60
    assert started["estimate"]["seconds"] > 0
    assert [step["step"] for step in steps] == list(range(1, 61))
    assert steps[-1]["train_loss"] < steps[0]["train_loss"] / 10
    assert [found["step"] for found in whole.heard.of(Kind.EVALUATED)] == [20, 40, 60]
    assert [kept["step"] for kept in whole.heard.of(Kind.CHECKPOINT) if kept["epoch_ended"]] == [20, 40, 60]
    assert whole.trained.trained_tokens == 3 * started["tokens_per_epoch"]


def test_memory_was_estimated_before_as_it_was_needed(whole: Whole, tiny_base: Path) -> None:
    estimate = fits(tiny_base, whole.spec)
    assert estimate.fits
    peak = whole.trained.hardware["peak_memory_bytes"]
    assert 0.6 * peak < estimate.memory_bytes < 1.6 * peak


def test_no_word_of_an_example_is_in_log_or_events(whole: Whole) -> None:
    told = json.dumps([event.data for event in whole.heard.events]) + whole.log
    for line in tickets(20, seed=1) + tickets(20, seed=2):
        assert line["messages"][0]["content"] not in told


async def test_killed_again_and_again_it_ends_with_the_same_weights_bit_for_bit(whole: Whole, tmp_path: Path) -> None:
    spec = replace(whole.spec, folder=tmp_path / "tuning", checkpoint_seconds=0.05)
    killed = []
    for step in (7, 33):  # within the first epoch, and within the second
        running = trainer(tmp_path / "log")

        def kill(event: TrainingEvent, step: int = step, running: object = running) -> None:
            if event.kind is Kind.STEP and event.data["step"] >= step and running.pid:  # type: ignore[attr-defined]
                os.kill(running.pid, signal.SIGKILL)  # type: ignore[attr-defined]

        with pytest.raises(TrainingFailed):
            await running.run(spec, Heard(kill))
        killed.append(max(int(kept.name.removeprefix("step-")) for kept in (spec.folder / "checkpoints").glob("step-*")))
    heard = Heard()
    last = trainer(tmp_path / "log")

    def kill_at_the_end(event: TrainingEvent) -> None:
        if event.kind is Kind.CHECKPOINT and event.data["step"] == 60 and last.pid:
            os.kill(last.pid, signal.SIGKILL)

    heard.at = kill_at_the_end
    with pytest.raises(TrainingFailed):  # after its last step, before anything is made of it
        await last.run(spec, heard)
    trained = await trainer(tmp_path / "log").run(spec, Heard())
    assert trained.steps == 60
    assert trained.valid_loss == whole.trained.valid_loss
    assert heard.of(Kind.STEP)[0]["step"] == killed[-1] + 1 > 20
    assert digest(trained) == digest(whole.trained)
    assert [loss for _, loss in trained.losses] == [loss for _, loss in whole.trained.losses]
    assert trained.trained_tokens == whole.trained.trained_tokens


async def test_paused_it_goes_on_to_the_same_weights(whole: Whole, tmp_path: Path) -> None:
    spec = replace(whole.spec, folder=tmp_path / "tuning")
    running = trainer(tmp_path / "log")
    with pytest.raises(Paused) as paused:
        await running.run(spec, Heard(lambda event: running.pause() if event.data.get("step") == 25 else None))
    assert 25 <= paused.value.step < 60
    trained = await running.run(spec, Heard())
    assert digest(trained) == digest(whole.trained)


async def test_cancelled_it_ends_within_seconds_and_keeps_what_it_had_learned(whole: Whole, tmp_path: Path) -> None:
    spec = replace(whole.spec, folder=tmp_path / "tuning", epochs=200)
    running, began = trainer(tmp_path / "log"), 0.0

    async def cancel() -> None:
        nonlocal began
        began = time.monotonic()
        await running.cancel()

    with pytest.raises(Cancelled) as cancelled:
        await running.run(spec, Heard(lambda event: cancel() if event.data.get("step") == 3 else None))
    assert time.monotonic() - began < CANCEL_SECONDS
    assert cancelled.value.step >= 3
    assert cancelled.value.adapter is not None
    assert (cancelled.value.adapter / "adapter_model.safetensors").stat().st_size > 0
    assert running.pid is None


async def test_the_kernel_lets_no_connection_out_of_a_training(whole: Whole, tmp_path: Path) -> None:
    spec = replace(whole.spec, folder=tmp_path / "tuning", max_steps=3)
    running, seen = trainer(tmp_path / "log"), []

    def look(event: TrainingEvent) -> None:
        if event.kind is Kind.STARTED:
            seen.extend(Path(f"/proc/{running.pid}/status").read_text().splitlines())

    await running.run(spec, Heard(look))
    assert "Seccomp:\t2" in seen
    assert "NoNewPrivs:\t1" in seen


def test_a_child_dies_with_whoever_started_it(whole: Whole, tmp_path: Path) -> None:
    spec = replace(whole.spec, folder=tmp_path / "tuning", epochs=500)
    program = (
        "import asyncio, json, sys; from commonweight.tuning.training import Trainer, TrainingSpec\n"
        "async def main():\n"
        "    trainer = Trainer(threads=1)\n"
        "    async def hear(event): print(trainer.pid, flush=True)\n"
        "    await trainer.run(TrainingSpec.from_json(json.loads(sys.argv[1])), hear)\n"
        "asyncio.run(main())"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, json.dumps(spec.to_json())], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + CANCEL_SECONDS
    while _lives(child):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _lives(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
