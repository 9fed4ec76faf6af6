"""Second stage: the child trains; what it tells becomes events, progress and checkpoints."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from commonweight.tuning.stages.folders import ADAPTER, EPOCHS, wished
from commonweight.tuning.steps import Step, StepFailed, Stopped, Work
from commonweight.tuning.training import Cancelled, Kind, Paused, Place, Trained, TrainingEvent, TrainingFailed, TrainingSpec
from commonweight.tuning.values import Level, Wanted

TELL_SECONDS: Final = 0.5  # between two events of steps: a curve of so many points, and no more writing than that
METRICS: Final = ("train_loss", "train_mean_token_accuracy", "valid_loss", "valid_mean_token_accuracy")
AUTO: Final = "auto"
MULTIPLIER: Final = "learning_rate_multiplier"
_AHEAD: Final = ("total_steps", "trainable_parameters", "tokens_per_epoch", "threads")


class Trains(Protocol):
    """See `training.Trainer`."""

    async def run(self, spec: TrainingSpec, on_event: Callable[[TrainingEvent], Any]) -> Trained: ...

    async def pause(self) -> None: ...

    async def cancel(self) -> None: ...


class Training(Step):
    """One training at a time. `trainer` is made for each, given where its log goes."""

    def __init__(self, trainer: Callable[[Path], Trains]) -> None:
        self._make = trainer
        self._trainer: Trains | None = None

    async def run(self, work: Work) -> Mapping[str, Any]:
        """See `Step.run`."""
        spec = TrainingSpec.from_json(work.made["preparing"]["spec"])
        trainer = self._trainer = self._make(work.folder)
        try:
            trained = await trainer.run(spec, Told(work, spec))
        except Paused as paused:
            await work.say(f"Training is paused at step {paused.step}")
            raise Stopped from None
        except Cancelled as cancelled:
            await work.say(f"Training was stopped at step {cancelled.step}")
            raise Stopped from None
        except TrainingFailed as failed:
            raise StepFailed(failed.code, failed.message, hint=failed.hint) from None
        finally:
            self._trainer = None
        return await _after(work, trained)

    async def stop(self, wanted: Wanted) -> bool:
        """See `Step.stop`."""
        if self._trainer is None:
            return False
        await (self._trainer.pause() if wanted is Wanted.PAUSE else self._trainer.cancel())
        return True


async def _after(work: Work, trained: Trained) -> Mapping[str, Any]:
    """What is of no use is a failure, said as such; else what was used, into the row."""
    for finding in trained.findings:
        if finding.fatal:
            raise StepFailed(finding.code, finding.message)
        await work.say(finding.message, level=Level.WARN)
    used = dict(trained.hyperparameters)
    multiplier = wished(work).get(MULTIPLIER, AUTO)
    as_asked = {"n_epochs": used.get("epochs"), MULTIPLIER: 1.0 if multiplier == AUTO else multiplier}
    columns = {"hyperparameters": {**as_asked, **used}, "trained_tokens": trained.trained_tokens}
    progress = {"step": trained.steps, "total_steps": trained.steps, "seconds_left": None}
    await work.say(f"Training is done: {trained.steps} steps, {trained.seconds:.1f} s", progress=progress, columns=columns)
    document = trained.to_json()
    return {**document, "adapter": ADAPTER if trained.adapter else None, "merged": trained.merged.name}


class Told:
    """Called with each event of the child."""

    def __init__(self, work: Work, spec: TrainingSpec) -> None:
        self._work = work
        self._spec = spec
        self._next = 0.0
        self._epochs: list[int] = []
        self._last: dict[str, Any] = {}  # the newest metrics of each kind

    async def __call__(self, event: TrainingEvent) -> None:
        data = dict(event.data)
        if event.kind is Kind.STEP:
            await self._step(data)
        elif event.kind is Kind.EVALUATED:
            await self._evaluated(data)
        elif event.kind is Kind.CHECKPOINT:
            await self._kept(data)
        elif event.kind is Kind.STARTED:
            await self._started(data)
        elif event.kind is Kind.WARNING:
            await self._work.say(str(data.get("message", "")), level=Level.WARN)
        elif event.kind is Kind.PLACE:
            await self._place(Place(data["state"]), data)

    async def _place(self, place: Place, data: dict[str, Any]) -> None:
        """On a cluster: where it trains, or what it waits for."""
        several = data.get("workers", 1) > 1
        if place is Place.NODE:
            await self._work.say(progress={"node": data["node"]})
            if several:
                await self._work.say(f"Training runs as {data['workers']} workers, on {data['node']}")
            else:
                await self._work.say(f"Training runs on the node {data['node']}")
            return
        if place is Place.LOST and several:
            await self._work.say(f"A worker was lost: all go on from step {data['step']}", level=Level.WARN)
        elif place is Place.LOST:
            await self._work.say(f"The node was lost: another one goes on from step {data['step']}", level=Level.WARN)
        elif place is Place.FULL:
            await self._work.say(
                f"Waiting for room on the Ray cluster: {data['asked']} are asked of one node; "
                f"its nodes ({data['nodes']}) have {data['free']} free of {data['total']}"
            )
        elif place is Place.SMALL:
            await self._work.say(
                f"Waiting for a larger node of the Ray cluster: {data['asked']} are asked of one, "
                f"the most that nodes have is {data['largest']}",
                level=Level.WARN,
            )
        elif place is Place.AWAY:
            await self._work.say(f"Waiting for the Ray cluster: nothing answers at {data['address']}", level=Level.WARN)
        elif place is Place.REFUSED:
            await self._work.say(f"Waiting for the Ray cluster at {data['address']}: {data['reason']}", level=Level.WARN)
        await self._work.say(progress={"node": None})

    async def _started(self, data: dict[str, Any]) -> None:
        """With an estimate from a timed first step."""
        ahead = {name: data[name] for name in _AHEAD if name in data}
        estimate = {**(self._work.tuning.estimate or {}), **ahead, **(data.get("estimate") or {})}
        seconds = (data.get("estimate") or {}).get("seconds")
        about = "" if seconds is None else f", about {seconds:.0f} s"
        progress = {"total_steps": data.get("total_steps"), "seconds_left": seconds}
        message = f"Training has begun: {data.get('total_steps')} steps{about}"
        await self._work.say(message, progress=progress, columns={"estimate": estimate})

    async def _step(self, data: dict[str, Any]) -> None:
        self._last |= {name: data[name] for name in METRICS if data.get(name) is not None}
        last = data.get("step") == data.get("total_steps")
        if time.monotonic() < self._next and not last:
            return
        self._next = time.monotonic() + TELL_SECONDS
        message = f"Step {data.get('step')}/{data.get('total_steps')}: training loss={data.get('train_loss', 0.0):.4f}"
        await self._work.say(message, data=data, progress={**data, **self._last})

    async def _evaluated(self, data: dict[str, Any]) -> None:
        self._last |= {name: data[name] for name in METRICS if data.get(name) is not None}
        valid = data.get("valid_loss")
        message = f"Step {data.get('step')}: validation loss={valid:.4f}" if valid is not None else "Validated"
        await self._work.say(message, data=data, progress=dict(self._last))

    async def _kept(self, data: dict[str, Any]) -> None:
        if not data.get("epoch_ended"):  # others are for going on after a stop, and do not stay
            return
        step = int(data["step"])
        steps = sorted({*self._work.tuning.progress.get(EPOCHS, []), *self._epochs, step})
        self._epochs = steps
        await self._work.say(f"Checkpoint created at step {step}", progress={EPOCHS: steps})
        metrics = {**self._last, **(data.get("metrics") or {})}
        await self._work.keep(step, {name: float(metrics[name]) for name in METRICS if metrics.get(name) is not None})
