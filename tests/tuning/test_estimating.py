"""What a training takes, before it starts; what "auto" means; how many threads compute."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from pathlib import Path

import pytest

from commonweight.tuning import Form, Method
from commonweight.tuning.training import Code, Plan, Threads, TrainingFailed, TrainingSpec, choose, fits
from commonweight.tuning.training.machine import Machine, look

GIB = 1 << 30


def write_base(folder: Path, hidden: int = 256, layers: int = 2, vocabulary: int = 1000) -> Path:
    """config.json and the head of a safetensors file: no weights are read."""
    folder.mkdir()
    sizes = {"hidden_size": hidden, "intermediate_size": 3 * hidden, "num_hidden_layers": layers, "vocab_size": vocabulary}
    (folder / "config.json").write_text(json.dumps({**sizes, "max_position_embeddings": 512}))
    shapes = {"model.embed_tokens.weight": [vocabulary, hidden], "model.norm.weight": [hidden]}
    for layer in range(layers):
        shapes[f"model.layers.{layer}.self_attn.q_proj.weight"] = [hidden, hidden]
        shapes[f"model.layers.{layer}.mlp.up_proj.weight"] = [3 * hidden, hidden]
    head = json.dumps({name: {"dtype": "F32", "shape": shape, "data_offsets": [0, 0]} for name, shape in shapes.items()})
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(head)) + head.encode())
    return folder


def a_spec(tmp_path: Path, base: Path) -> TrainingSpec:
    train = tmp_path / "train.jsonl"
    train.write_text(json.dumps({"prompt": "a" * 300, "completion": "b"}) + "\n")
    return TrainingSpec(tmp_path / "tuning", base, train, tmp_path / "none.jsonl")


def test_parameters_are_counted_without_loading_anything(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base")
    estimate = fits(base, a_spec(tmp_path, base), Machine("cpu", 8 * GIB))
    assert estimate.parameters == 1000 * 256 + 256 + 2 * (256 * 256 + 768 * 256)
    assert estimate.trainable_parameters == 2 * 16 * (256 + 256 + 768 + 256)
    assert estimate.fits


def test_full_training_takes_more_memory_than_a_lora(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", hidden=1024, layers=10)
    spec, machine = a_spec(tmp_path, base), Machine("cpu", 64 * GIB)
    lora, full = fits(base, spec, machine), fits(base, replace(spec, form=Form.FULL), machine)
    assert full.memory_bytes - lora.memory_bytes == 16 * (full.trainable_parameters - lora.trainable_parameters)


def test_a_batch_that_does_not_fit_is_computed_in_parts(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", hidden=1024, layers=20, vocabulary=50_000)
    spec = a_spec(tmp_path, base)
    roomy, tight = (fits(base, spec, Machine("cpu", room)).memory_bytes for room in (64 * GIB, 2 * GIB))
    assert tight < roomy
    assert tight <= 0.9 * 2 * GIB


def test_what_does_not_fit_at_all_is_refused_with_a_remedy(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base")
    (refusal,) = fits(base, a_spec(tmp_path, base), Machine("cpu", GIB // 2)).refusals
    assert refusal.code == Code.TOO_LARGE
    assert "0.5 GB are free" in refusal.message
    assert "smaller base" in refusal.message


def test_a_base_beyond_a_processor_is_refused_and_the_gpu_that_it_needs_is_named(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", hidden=4096, layers=20, vocabulary=100_000)
    (refusal,) = fits(base, a_spec(tmp_path, base), Machine("cpu", 500 * GIB)).refusals
    assert "A GPU with 4 GB" in refusal.message
    assert fits(base, a_spec(tmp_path, base), Machine("cuda", 24 * GIB)).fits


def test_examples_longer_than_the_base_reads_are_warned_of(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base")
    (warning,) = fits(base, a_spec(tmp_path, base), Machine("cpu", 8 * GIB)).warnings
    assert "512" in warning.message


def test_a_folder_that_is_no_base_is_called_so(tmp_path: Path) -> None:
    with pytest.raises(TrainingFailed, match="GGUF file is made into one first") as failed:
        fits(tmp_path, a_spec(tmp_path, tmp_path), Machine("cpu", None))
    assert failed.value.code == Code.NOT_TRAINABLE


def test_a_container_has_no_more_memory_than_its_limit(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal: 9000 kB\nMemAvailable: 8000 kB\n")
    (tmp_path / "memory.max").write_text("5000000\n")
    (tmp_path / "memory.current").write_text("1000000\n")
    machine = look(cgroup=tmp_path, proc=tmp_path)
    assert machine.device == "cuda" or machine.memory_free == 4_000_000
    (tmp_path / "memory.max").write_text("max\n")
    machine = look(cgroup=tmp_path, proc=tmp_path)
    assert machine.device == "cuda" or machine.memory_free == 8000 << 10


@pytest.mark.parametrize(("examples", "batch", "epochs"), [(10, 1, 8), (200, 8, 3), (3000, 16, 2), (50_000, 16, 1)])
def test_few_examples_get_small_batches_and_enough_steps(tmp_path: Path, examples: int, batch: int, epochs: int) -> None:
    spec = choose(tmp_path, tmp_path, tmp_path, tmp_path, examples=examples, parameters=135_000_000)
    assert (spec.batch_size, spec.epochs) == (batch, epochs)


def test_what_is_given_counts_and_auto_does_not(tmp_path: Path) -> None:
    given = {"epochs": 7, "batch_size": "auto", "learning_rate_multiplier": 2, "rank": 4}
    spec = choose(tmp_path, tmp_path, tmp_path, tmp_path, examples=200, parameters=135_000_000, given=given)
    assert (spec.epochs, spec.batch_size, spec.rank, spec.alpha) == (7, 8, 4, 8)
    assert spec.learning_rate == pytest.approx(1e-3)


def test_dpo_and_full_training_learn_in_smaller_steps(tmp_path: Path) -> None:
    def rate(**kind: object) -> float:
        return choose(tmp_path, tmp_path, tmp_path, tmp_path, examples=200, parameters=10**9, **kind).learning_rate  # type: ignore[arg-type]

    assert rate(method=Method.DPO) < rate()
    assert rate(form=Form.FULL) < rate()


def test_a_spec_survives_its_journey_as_json(tmp_path: Path) -> None:
    spec = TrainingSpec(tmp_path, tmp_path, tmp_path, tmp_path, method=Method.DPO, adapter=tmp_path, max_steps=3)
    assert TrainingSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec


class Machinery:
    """Steps that take what `seconds` says for a number of threads."""

    def __init__(self, seconds: dict[int, float]) -> None:
        self.seconds, self.now, self.used = seconds, 0.0, list[int]()
        self.plan = Plan()
        self.threads = Threads(2, lambda count: None, self.decide, self.plan.threads_at, clock=lambda: self.now)

    def decide(self, step: int, count: int) -> None:
        self.plan.threads[step] = count

    def run(self, steps: int, first: int = 0, until: int = -1) -> list[int]:
        used = []
        for step in range(first, first + steps):
            self.threads.step_begins(step, step <= until)
            used.append(self.threads.now)
            self.now += self.seconds[self.threads.now]
            self.threads.step_ends(100)
        return used


def test_on_a_quiet_machine_all_threads_compute() -> None:
    assert Machinery({1: 2.0, 2: 1.0}).run(12)[5:] == [2] * 7


def test_beside_busy_neighbours_one_thread_computes() -> None:
    assert Machinery({1: 1.0, 2: 3.0}).run(12)[5:] == [1] * 7


def test_it_looks_again_and_changes_when_neighbours_come() -> None:
    machinery = Machinery({1: 2.0, 2: 1.0})
    machinery.run(20)
    machinery.seconds = {1: 1.0, 2: 5.0}
    assert machinery.run(60, first=20)[-20:] == [1] * 20


def test_looking_again_costs_little_where_nothing_changes() -> None:
    used = Machinery({1: 2.0, 2: 1.0}).run(2000)
    assert used.count(1) <= 2000 * 0.02


def test_what_was_computed_before_is_computed_with_as_many_threads_again() -> None:
    before = Machinery({1: 1.0, 2: 3.0})
    used = before.run(12)
    again = Machinery({1: 9.0, 2: 1.0})
    again.plan.threads.update(before.plan.threads)
    last = max(before.plan.threads)
    assert again.run(last + 1, until=last) == used[: last + 1]
