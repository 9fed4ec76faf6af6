"""
Steps a second of a training, against the same TRL script run bare: interleaved pairs. From the root of the project:

    .venv/bin/python benchmarks/tuning_steps.py [--pairs 8] [--examples 600] [--threads 1 | --free]

Both train a LoRA on the tiny base of the tests (1.7 million parameters), with the same batches, rank, precision and
schedule, each in a process of its own. Imports and the reading of the base are not counted; checkpoints are: ours writes one
at each epoch and every 20 s, the bare script none. A tiny base is the hardest case: a step takes some 50 ms, so that all
that is done beside it shows. Both of a pair run at the same time, so that neighbours on the machine slow both down, and are
compared over the time in which both made steps: steps completed, and processor time for each (which waits for no disk).
Both have the same number of threads; with --free ours chooses and the bare script takes torch's default. The interval is
that of the mean of the logarithms of the ratios (Student, 95 %). Needs the extra tune.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import json
import math
import os
import statistics
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
        self.ends.append((time.time(), time.process_time()))

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
print("ENDS", json.dumps(clock.ends))
"""


def bare_script() -> str:
    values = {"epochs": EPOCHS, "batch": BATCH, "rate": RATE, "rank": RANK, "alpha": ALPHA}
    return functools.reduce(lambda text, item: text.replace(f"{{{item[0]}}}", str(item[1])), values.items(), BARE)


Ends = list[tuple[float, float]]  # of each step: the time, and the processor time that its process had taken by then


@dataclass
class Bench:
    base: Path
    folder: Path
    data: Path
    threads: int | None
    precision: str = ""

    async def ours(self, number: int) -> Ends:
        """Checkpoints included."""
        folder, none = self.folder / f"ours-{number}", self.folder / "none.jsonl"
        none.touch()
        spec = TrainingSpec(folder, self.base, self.data, none, batch_size=BATCH, learning_rate=RATE, epochs=EPOCHS)
        ends: Ends = []
        trainer = Trainer(threads=self.threads)

        async def hear(event: TrainingEvent) -> None:
            if event.kind is Kind.STEP and trainer.pid:
                ends.append((time.time(), processor_seconds(trainer.pid)))
            if event.kind is Kind.STARTED:
                self.precision = event.data["precision"]

        await trainer.run(spec, hear)
        return ends

    async def bare(self, number: int) -> Ends:
        output = self.folder / f"bare-{number}"
        env = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
        if self.threads:
            env["OMP_NUM_THREADS"] = str(self.threads)
        command = [sys.executable, "-c", bare_script(), str(self.base), str(self.data), str(output)]
        command.append("1" if self.precision == "bfloat16" else "0")
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*command, env=env, stdout=pipe, stderr=pipe, limit=1 << 24)
        out, error = await process.communicate()
        found = [line for line in out.decode().splitlines() if line.startswith("ENDS ")]
        if not found:
            raise SystemExit(f"The bare script broke off:\n{error.decode()[-3000:]}")
        ends: Ends = json.loads(found[0].removeprefix("ENDS "))
        return ends

    async def pair(self, number: int) -> tuple[float, float]:
        """Ours against bare: steps a second, and steps for a second of processor time."""
        ours, bare = await asyncio.gather(self.ours(number), self.bare(number))
        begin, end = max(ours[0][0], bare[0][0]), min(ours[-1][0], bare[-1][0])
        both = [[step for step in ends if begin <= step[0] <= end] for ends in (ours, bare)]
        if min(map(len, both)) < 20:
            raise SystemExit("They did not run at the same time for long enough: ask for more --examples.")
        rates = [(len(steps) - 1) / (steps[-1][0] - steps[0][0]) for steps in both]
        costs = [(steps[-1][1] - steps[0][1]) / (len(steps) - 1) for steps in both]
        print(
            f"pair {number + 1}: ours {rates[0]:.2f}, bare {rates[1]:.2f} steps/s, ratio {rates[0] / rates[1]:.3f}; "
            f"processor {1000 * costs[0]:.1f} and {1000 * costs[1]:.1f} ms a step, ratio {costs[1] / costs[0]:.3f} "
            f"({len(both[0])} and {len(both[1])} steps)",
            flush=True,
        )
        return rates[0] / rates[1], costs[1] / costs[0]


def processor_seconds(pid: int) -> float:
    """Of a process, all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


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
    parser.add_argument("--examples", type=int, default=1200)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--free", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = folder / "train.jsonl"
        data.write_text("".join(json.dumps(line) + "\n" for line in tickets(asked.examples, seed=1)))
        bench = Bench(make_tiny_base(folder / "base"), folder, data, None if asked.free else asked.threads)
        asyncio.run(bench.ours(-1))  # fills caches, and says the precision
        pairs = [asyncio.run(bench.pair(number)) for number in range(asked.pairs)]
        for name, ratios in zip(
            ("steps a second", "steps a second of processor time"), zip(*pairs, strict=True), strict=True
        ):
            mean, low, high = interval(ratios)
            print(f"{name} against bare TRL: {mean:.3f} (95 % {low:.3f} to {high:.3f}); floor {FLOOR}, goal {GOAL}")


if __name__ == "__main__":
    main()
