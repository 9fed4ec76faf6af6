"""
Steps a second of a training, against the same TRL script run bare: interleaved pairs. From the root of the project:

    .venv/bin/python benchmarks/tuning_steps.py [--pairs 8] [--examples 600] [--threads 1 | --free]

Both train a LoRA on the tiny base of the tests (1.7 million parameters), with the same batches, rank, precision and
schedule, each in a process of its own. Imports and the reading of the base are not counted; checkpoints are: ours writes one
at each epoch and every 20 s, the bare script none. A tiny base is the hardest case: a step takes some 50 ms, so that all
that is done beside it shows. Timed is from the end of the first step to the end of the last. Both have the same number of
threads; with --free ours chooses and the bare script takes torch's default. The interval is that of the mean of the
logarithms of the ratios (Student, 95 %). Needs the extra tune.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.tuning.tiny import make_tiny_base, tickets  # noqa: E402

from commonweight.tuning.training import Kind, Trainer, TrainingEvent, TrainingSpec  # noqa: E402

FLOOR, GOAL = 0.90, 0.97
STUDENT = {2: 12.7, 3: 4.30, 4: 3.18, 5: 2.78, 6: 2.57, 7: 2.45, 8: 2.36, 9: 2.31, 10: 2.26, 12: 2.20, 16: 2.13, 20: 2.09}
BATCH, EPOCHS, RATE, RANK, ALPHA = 10, 3, 3e-3, 16, 32

BARE = """
import json, sys, time
import torch
from datasets import load_dataset
from peft import LoraConfig
from transformers import TrainerCallback
from trl import SFTConfig, SFTTrainer

base, data, output, bf16 = sys.argv[1:5]

class Clock(TrainerCallback):
    ends = []
    def on_step_end(self, *args, **kwargs):
        self.ends.append(time.perf_counter())

lines = load_dataset("json", data_files=data, split="train", cache_dir=output)
split = lambda line: {"prompt": line["messages"][:-1], "completion": line["messages"][-1:]}
rows = lines.map(split, remove_columns=["messages"])
clock = Clock()
trainer = SFTTrainer(
    model=base, train_dataset=rows, callbacks=[clock],
    args=SFTConfig(
        output_dir=output, num_train_epochs={epochs}, per_device_train_batch_size={batch}, learning_rate={rate},
        lr_scheduler_type="linear",
        use_cpu=True, bf16=bf16 == "1", gradient_checkpointing=False, report_to=[], disable_tqdm=True, save_strategy="no",
        dataloader_pin_memory=False,
    ),
    peft_config=LoraConfig(r={rank}, lora_alpha={alpha}, target_modules="all-linear", task_type="CAUSAL_LM"),
)
trainer.train()
ends = clock.ends
print("RATE", (len(ends) - 1) / (ends[-1] - ends[0]))
"""


def bare_script() -> str:
    values = {"epochs": EPOCHS, "batch": BATCH, "rate": RATE, "rank": RANK, "alpha": ALPHA}
    return functools.reduce(lambda text, item: text.replace(f"{{{item[0]}}}", str(item[1])), values.items(), BARE)


@dataclass
class Bench:
    base: Path
    folder: Path
    data: Path
    threads: int | None
    precision: str = ""

    def ours(self, number: int) -> float:
        """Steps a second, checkpoints included."""
        folder = self.folder / f"ours-{number}"
        none = self.folder / "none.jsonl"
        none.touch()
        spec = TrainingSpec(folder, self.base, self.data, none, batch_size=BATCH, learning_rate=RATE, epochs=EPOCHS)
        ends: list[float] = []

        async def hear(event: TrainingEvent) -> None:
            if event.kind is Kind.STEP:
                ends.append(time.perf_counter())
            if event.kind is Kind.STARTED:
                self.precision = event.data["precision"]

        asyncio.run(Trainer(threads=self.threads).run(spec, hear))
        return (len(ends) - 1) / (ends[-1] - ends[0])

    def bare(self, number: int) -> float:
        output = self.folder / f"bare-{number}"
        env = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
        if self.threads:
            env["OMP_NUM_THREADS"] = str(self.threads)
        command = [sys.executable, "-c", bare_script(), str(self.base), str(self.data), str(output)]
        done = subprocess.run(
            [*command, "1" if self.precision == "bfloat16" else "0"], env=env, capture_output=True, text=True, check=False
        )
        found = [line for line in done.stdout.splitlines() if line.startswith("RATE ")]
        if not found:
            raise SystemExit(f"The bare script broke off:\n{done.stderr[-3000:]}")
        return float(found[0].split()[1])


def interval(ratios: Sequence[float]) -> tuple[float, float, float]:
    """The geometric mean and the bounds of its 95 % interval."""
    logs = [math.log(ratio) for ratio in ratios]
    mean = statistics.fmean(logs)
    count = max(size for size in STUDENT if size <= len(logs))
    half = STUDENT[count] * statistics.stdev(logs) / math.sqrt(len(logs))
    return math.exp(mean), math.exp(mean - half), math.exp(mean + half)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=8)
    parser.add_argument("--examples", type=int, default=600)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--free", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = folder / "train.jsonl"
        data.write_text("".join(json.dumps(line) + "\n" for line in tickets(asked.examples, seed=1)))
        bench = Bench(make_tiny_base(folder / "base"), folder, data, None if asked.free else asked.threads)
        bench.ours(-1)  # fills caches, and says the precision
        ratios = []
        for number in range(asked.pairs):
            first, second = (bench.ours, bench.bare) if number % 2 else (bench.bare, bench.ours)
            rates = {first: first(number), second: second(number)}
            ratios.append(rates[bench.ours] / rates[bench.bare])
            ours, bare = rates[bench.ours], rates[bench.bare]
            print(f"pair {number + 1}: ours {ours:.2f}, bare {bare:.2f} steps/s, ratio {ratios[-1]:.3f}", flush=True)
        mean, low, high = interval(ratios)
        print(f"steps a second against bare TRL: {mean:.3f} (95 % {low:.3f} to {high:.3f}); floor {FLOOR}, goal {GOAL}")


if __name__ == "__main__":
    main()
