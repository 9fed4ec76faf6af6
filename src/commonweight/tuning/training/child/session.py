"""One training from its spec to what remains of it."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import resource
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from transformers.trainer_callback import PrinterCallback
from transformers.utils import logging as transformers_logging

from commonweight.tuning.training.child import making, saving
from commonweight.tuning.training.child.base import end_tokens, load_base, load_tokenizer, padding_token
from commonweight.tuning.training.child.energy import Meter
from commonweight.tuning.training.child.examples import Counted, Writing, read_lines
from commonweight.tuning.training.child.loops import build, for_training, total_steps
from commonweight.tuning.training.child.pipe import Pipe
from commonweight.tuning.training.child.planning import plan_for
from commonweight.tuning.training.child.sampling import PROMPTS, judged, sample
from commonweight.tuning.training.child.together import Together
from commonweight.tuning.training.child.watching import Curve, Progress, Watching
from commonweight.tuning.training.errors import Code, TrainingFailed
from commonweight.tuning.training.estimate import cut_batch
from commonweight.tuning.training.folders import Kept, last_checkpoint, progress_of
from commonweight.tuning.training.machine import Machine
from commonweight.tuning.training.plan import Plan
from commonweight.tuning.training.shape import read_shape
from commonweight.tuning.training.threads import Threads
from commonweight.tuning.training.values import Finding, Trained, TrainingSpec
from commonweight.tuning.values import Form, Method

LEARNED = 0.9  # of the first loss: above this it hardly learned
NOTHING_TO_LEARN = 0.05  # a loss as low as this at the start is none
ROSE_FACTOR, ROSE_ABOVE = 1.5, 0.3  # the last loss, above the lowest
LIBRARIES = ("torch", "transformers", "peft", "trl", "accelerate", "datasets", "tokenizers", "safetensors", "numpy")


@dataclass(frozen=True)
class Data:
    rows: list[dict[str, Any]]
    counted: Counted
    held_rows: list[dict[str, Any]]
    held_lines: list[dict[str, Any]]  # the first ones, to be asked


class Session:
    """
    `run` trains; None when it was paused or cancelled, which the pipe has told by then, and in each but the first of several
    processes that train together.
    """

    def __init__(self, spec: TrainingSpec, pipe: Pipe, threads: int, together: Together | None = None) -> None:
        together = together or Together()
        self.part = together.share(spec.batch_size)
        self.spec = replace(spec, batch_size=self.part * together.size)
        self.pipe, self.most_threads, self.together = pipe, threads, together

    def run(self) -> Trained | None:
        transformers_logging.disable_progress_bar()
        spec = self.spec
        tokenizer = load_tokenizer(spec.base)
        ends = end_tokens(spec.base, tokenizer)
        tokenizer.pad_token_id = padding_token(tokenizer, ends)
        writing = Writing(tokenizer, ends, spec.max_tokens)
        data = self._data(writing)
        plan = self._plan(longest=max(map(_length, data.rows)))
        torch.set_num_threads(plan.threads_at(0) or self.most_threads)
        model = for_training(load_base(spec.base, plan, spec.form), spec, plan)
        output = saving.room_for_writing(spec.folder)
        loop = build(spec, plan, output, model, tokenizer, data.rows, data.held_rows)
        last = last_checkpoint(spec.folder)
        watching = self._watching(plan, data, loop, last)
        loop.watching = watching
        loop.remove_callback(PrinterCallback)  # a line for each step is no news for a log
        loop.add_callback(watching)
        if last is not None and last.step >= total_steps(spec, len(data.rows)):  # killed while it finished
            loop._load_from_checkpoint(str(last.path))
            loop.state.global_step = last.step
        else:
            loop.train(resume_from_checkpoint=str(last.path) if last else None)
        if self.pipe.wanted:
            self.pipe.tell("paused" if self.pipe.wanted == "pause" else "cancelled", step=loop.state.global_step)
            return None
        if not self.together.first:
            return None
        return self._finish(loop, writing, data, plan, watching)

    def _plan(self, longest: int) -> Plan:
        """Of the first one, for all: they compute the same steps."""
        mine = plan_for(replace(self.spec, batch_size=self.part), longest, self.together.size)
        return self.together.decided(mine)

    def _data(self, writing: Writing) -> Data:
        spec, counted = self.spec, Counted()
        rows = _rows(writing, spec.method, read_lines(spec.train), counted)
        if not rows:
            raise _nothing_trained(counted, spec.max_tokens)
        if counted.cut:
            self._warn(
                Code.ANSWERS_CUT,
                f"{counted.cut} of {counted.lines} examples are longer than {spec.max_tokens} tokens: cut, or left out.",
            )
        held = list(read_lines(spec.held_out)) if spec.held_out.exists() else []
        return Data(rows, counted, _rows(writing, spec.method, held, Counted()), held[:PROMPTS])

    def _watching(self, plan: Plan, data: Data, loop: Any, last: Kept | None) -> Watching:
        kept = progress_of(last.path) if last else {}
        meter = Meter(kept.get("used") or {} if last else None)
        progress = Progress(int(kept.get("tokens", 0)), float(kept.get("seconds", 0.0)), meter)
        curve = Curve([(int(step), float(loss)) for step, loss in kept.get("losses", [])])

        def decided(step: int, count: int) -> None:
            plan.threads[step] = count
            plan.write(self.spec.folder)

        most = self.most_threads if plan.device == "cpu" else 1
        threads = Threads(most, torch.set_num_threads, decided, plan.threads_at)
        until = max(plan.threads, default=-1)
        started = self._started(plan, data, loop, last.step if last else 0)
        seconds = self.spec.checkpoint_seconds
        watching = Watching(self.pipe, threads, self.spec.folder, seconds, progress, curve, until, started, self.together)
        watching.valid = {name: value for name, value in kept.get("metrics", {}).items() if name.startswith("valid_")}
        return watching

    def _started(self, plan: Plan, data: Data, loop: Any, step: int) -> Any:
        """Data of the event that tells what lies ahead, once a step was timed."""
        total = total_steps(self.spec, len(data.rows))
        longest = max(map(_length, data.rows))
        memory = cut_batch(read_shape(self.spec.base), self.spec, Machine(plan.device, None), longest).memory_bytes

        def told(seconds: float) -> dict[str, Any]:
            return {
                "total_steps": total,
                "from_step": step,
                "trainable_parameters": sum(p.numel() for p in loop.model.parameters() if p.requires_grad),
                "examples": data.counted.rows,
                "tokens_per_epoch": data.counted.tokens,
                "trained_tokens_per_epoch": data.counted.trained,
                "threads": plan.threads_at(step) or self.most_threads,
                "device": plan.device,
                "precision": "bfloat16" if plan.autocast else plan.dtype,
                "estimate": {
                    "seconds": round(seconds * (total - step), 1),
                    "from_step_seconds": round(seconds, 4),
                    "memory_bytes": memory,
                },
            }

        return told

    def _finish(self, loop: Any, writing: Writing, data: Data, plan: Plan, watching: Watching) -> Trained:
        spec, model = self.spec, loop.accelerator.unwrap_model(loop.model)
        used = making.hyperparameters(spec, model, loop.args, loop.state.global_step)
        curve, progress = watching.curve, watching.progress
        model.config.use_cache = True
        model.gradient_checkpointing_disable()
        found = sample(model, writing, data.held_lines)
        adapter = None if spec.form is Form.FULL else making.save_adapter(model, spec.folder)
        merged = making.save_merged(spec, adapter, model)
        return Trained(
            adapter=adapter,
            merged=merged,
            steps=loop.state.global_step,
            trained_tokens=progress.tokens,
            seconds=round(progress.seconds, 3),
            hyperparameters={**used, "precision": "bfloat16" if plan.autocast else plan.dtype},
            versions={name: importlib.metadata.version(name) for name in LIBRARIES} | {"python": platform.python_version()},
            hardware=_hardware(plan) | {"used": progress.meter.used()},
            losses=curve.losses,
            sample=found,
            findings=[*judged(found), *_of_curve(curve)],
            valid_loss=watching.valid.get("valid_loss"),
            valid_accuracy=watching.valid.get("valid_mean_token_accuracy"),
        )

    def _warn(self, code: Code, message: str) -> None:
        self.pipe.tell("warning", code=code, message=message)


def _rows(writing: Writing, method: Method, lines: Iterable[Mapping[str, Any]], counted: Counted) -> list[dict[str, Any]]:
    if method is Method.DPO:
        return [pair for line in lines if (pair := writing.pair(line, counted)) is not None]
    return [{"input_ids": row.ids, "labels": row.labels} for line in lines for row in writing.rows(line, counted)]


def _length(row: Mapping[str, Any]) -> int:
    if "input_ids" in row:
        return len(row["input_ids"])
    return len(row["prompt_ids"]) + max(len(row["chosen_ids"]), len(row["rejected_ids"]))


def _nothing_trained(counted: Counted, max_tokens: int) -> TrainingFailed:
    why = []
    if counted.cut:
        why.append(f"{counted.cut} are longer than {max_tokens} tokens")
    if counted.silent:
        why.append(f"{counted.silent} have no assistant message with a weight other than 0")
    said = "; ".join(why) or "the file is empty"
    return TrainingFailed(
        Code.NO_TRAINABLE_TOKENS,
        f"Nothing can be learned from {counted.lines} examples: {said}.",
        "Give examples whose answers are trained, and a max_tokens that holds them.",
    )


def _of_curve(curve: Curve) -> list[Finding]:
    findings = []
    if curve.recent > curve.first * ROSE_FACTOR + NOTHING_TO_LEARN:
        said = f"The loss ended at {curve.recent:.3f}, above {curve.first:.3f} where it began: choose a lower learning rate."
        findings.append(Finding(Code.DIVERGED, said, fatal=True))
    elif curve.first > NOTHING_TO_LEARN and curve.recent > curve.first * LEARNED:
        said = f"The loss went from {curve.first:.3f} to {curve.recent:.3f}: a higher learning rate or more epochs may help."
        findings.append(Finding(Code.BARELY_LEARNED, said))
    if curve.recent > curve.lowest * ROSE_FACTOR + ROSE_ABOVE:
        said = f"The loss rose from {curve.lowest:.3f} to {curve.recent:.3f} in the end: a lower learning rate may help."
        findings.append(Finding(Code.UNSTABLE, said))
    return findings


def _hardware(plan: Plan) -> dict[str, Any]:
    machine: dict[str, Any] = {"machine": platform.machine(), "system": platform.system(), "cpus": os.cpu_count()}
    machine["peak_memory_bytes"] = _peak_memory()
    if plan.device == "cpu":
        return {**machine, "device": _processor(), "threads": {str(step): count for step, count in plan.threads.items()}}
    return {**machine, "device": torch.cuda.get_device_name(0), "attention": plan.attention}


def _peak_memory() -> int:
    """
    Bytes, of this program. Linux hands what `getrusage` counts on to programs that are started, so a large parent would
    count as ours: its own mark (VmHWM, proc(5)) begins anew.
    """
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM:")), 0)


def _processor() -> str:
    """Its name, where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor())


def as_line(trained: Trained) -> dict[str, Any]:
    """For the pipe; raises ValueError where a number is none."""
    document: dict[str, Any] = json.loads(json.dumps(trained.to_json(), allow_nan=False))
    return document
