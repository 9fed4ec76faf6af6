"""What is looked at while it trains: events, checkpoints in time, commands, and a loss that goes wrong."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from commonweight.tuning.training.child import saving
from commonweight.tuning.training.child.energy import Meter
from commonweight.tuning.training.child.pipe import Pipe
from commonweight.tuning.training.child.together import Together
from commonweight.tuning.training.errors import Code, TrainingFailed
from commonweight.tuning.training.threads import Threads

FIRST = 2  # losses of the base itself: the first step of a warm-up has a rate of 0
RECENT = 5
DIVERGED_FACTOR, DIVERGED_ABOVE = 2.0, 1.0  # the recent losses, above the first ones


@dataclass
class Progress:
    """Kept with each checkpoint: what a run that goes on must know of those before."""

    tokens: int = 0
    seconds: float = 0.0
    meter: Meter = field(default_factory=Meter)


@dataclass
class Curve:
    """The training losses so far, and what they say."""

    losses: list[tuple[int, float]] = field(default_factory=list)

    def add(self, step: int, loss: float, grad_norm: float) -> None:
        """Raises TrainingFailed(diverged)."""
        if not math.isfinite(loss) or not math.isfinite(grad_norm):
            raise _diverged(f"At step {step} the {'loss' if not math.isfinite(loss) else 'gradient'} is no number any more.")
        self.losses.append((step, loss))
        if len(self.losses) >= FIRST + RECENT and self.recent > self.first * DIVERGED_FACTOR + DIVERGED_ABOVE:
            raise _diverged(f"The loss rose from {self.first:.2f} to {self.recent:.2f} by step {step}.")

    @property
    def first(self) -> float:
        return _mean([loss for _, loss in self.losses[:FIRST]])

    @property
    def recent(self) -> float:
        return _mean([loss for _, loss in self.losses[-RECENT:]])

    @property
    def lowest(self) -> float:
        """Of as many losses together."""
        values = [loss for _, loss in self.losses]
        return min((_mean(values[at : at + RECENT]) for at in range(max(1, len(values) - RECENT + 1))), default=0.0)


class Watching(TrainerCallback):  # type: ignore[misc]  # transformers is not read by the type checker
    """Told of everything by transformers' trainer; decides when it saves and stops."""

    def __init__(
        self,
        pipe: Pipe,
        threads: Threads,
        folder: Path,
        checkpoint_seconds: float,
        progress: Progress,
        curve: Curve,
        planned_until: int,
        started: Callable[[float], dict[str, Any]],
        together: Together | None = None,
    ) -> None:
        """`planned_until`: steps before it are computed with the threads of the plan. `started` makes that event's data."""
        self.pipe, self.threads, self.folder = pipe, threads, folder
        self.checkpoint_seconds, self.planned_until = checkpoint_seconds, planned_until
        self.progress, self.curve = progress, curve
        self.together = together or Together()
        self._stopping = False
        self._computed = self._read = 0  # tokens of the step under way, with padding and without
        self._started, self._told_started = started, False
        self.valid: dict[str, float] = {}  # of the last look at what was held out
        self._metrics: dict[str, float] = {}
        self._began = self._saved = time.monotonic()
        self._step_seconds: list[float] = []
        self._saved_step = -1

    def count(self, inputs: Any) -> None:
        """Of each part of a batch, before it is computed."""
        self._computed += inputs["input_ids"].numel()
        self._read += int(inputs["attention_mask"].sum())

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._saved, self._saved_step = time.monotonic(), state.global_step

    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._computed = self._read = 0
        self._began = time.monotonic()
        self.threads.step_begins(state.global_step, state.global_step <= self.planned_until)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.threads.step_ends(self._computed)
        seconds = time.monotonic() - self._began
        self._step_seconds = [*self._step_seconds[-20:], seconds]
        due = time.monotonic() - self._saved + seconds >= self.checkpoint_seconds
        command, due, self._read = self.together.step(self.pipe.wanted, due, self._read)
        self._stopping = bool(command)
        self.progress.seconds += seconds
        self.progress.tokens += self._read
        if not self._told_started:
            self._told_started = True
            self.pipe.tell("started", **self._started(seconds))
        control.should_log = True
        if self._stopping:
            control.should_training_stop = control.should_save = True
        elif due and not _epoch_ended(state):
            control.should_save = True

    def on_epoch_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        control.should_save = self._saved_step != state.global_step and state.global_step > 0
        control.should_evaluate = bool(args.do_eval) and not self._stopping

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **kwargs: Any) -> None:
        if not logs or "loss" not in logs:
            return
        loss, norm = float(logs["loss"]), float(logs.get("grad_norm") or 0.0)
        self.curve.add(state.global_step, loss, norm)
        self._metrics = {
            "train_loss": loss,
            "train_mean_token_accuracy": float(_accuracy(logs) or 0.0),
        }
        average = _mean(self._step_seconds)
        self.pipe.tell(
            "step",
            step=state.global_step,
            total_steps=state.max_steps,
            **self._metrics,
            grad_norm=norm,
            learning_rate=float(logs.get("learning_rate") or 0.0),
            tokens_per_second=round(self._read / max(1e-9, self._step_seconds[-1]), 1),
            seconds_left=round(average * (state.max_steps - state.global_step), 1),
            threads=self.threads.now,
        )

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: dict[str, Any] | None = None, **kwargs: Any) -> None:
        found = metrics or {}
        valid = {"valid_loss": float(found.get("eval_loss", math.nan))}
        accuracy = _accuracy(found, "eval_")
        if accuracy is not None:
            valid["valid_mean_token_accuracy"] = float(accuracy)
        if math.isfinite(valid["valid_loss"]):
            self.valid = valid
            self._metrics |= valid
            self.pipe.tell("evaluated", step=state.global_step, **valid)

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if not self.together.first:
            saving.leave_to_others(self.folder, state.global_step)
            self._saved, self._saved_step = time.monotonic(), state.global_step
            return
        ended = _epoch_ended(state)
        progress = self.progress
        kept = {"tokens": progress.tokens, "seconds": progress.seconds, "used": progress.meter.used(), "epoch_ended": ended}
        path = saving.keep(self.folder, state.global_step, {**kept, "losses": self.curve.losses, "metrics": self._metrics})
        self._saved, self._saved_step = time.monotonic(), state.global_step
        self.pipe.tell("checkpoint", step=state.global_step, path=str(path), metrics=self._metrics, epoch_ended=ended)


def _epoch_ended(state: Any) -> bool:
    """Then a checkpoint comes after the look at what was held out, with its metrics."""
    return state.epoch is not None and abs(state.epoch - round(state.epoch)) < 1e-9


def _accuracy(logs: dict[str, Any], prefix: str = "") -> float | None:
    """Of pairs where there are some, or of trained tokens."""
    found: float | None = logs.get(f"{prefix}rewards/accuracies", logs.get(f"{prefix}mean_token_accuracy"))
    return found


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _diverged(message: str) -> TrainingFailed:
    return TrainingFailed(Code.DIVERGED, message, "Choose a lower learning rate, for example a tenth of it, and try again.")
