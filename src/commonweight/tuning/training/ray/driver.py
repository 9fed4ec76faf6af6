"""
The program that has a training done on a Ray cluster: `python -P -m commonweight.tuning.training.ray.driver`.

`Trainer` starts it in place of the one that trains; it reads and tells the same lines. It is Ray's driver: when Ray ends it
(as it does where a cluster falls silent), when it hangs or is killed, the worker lives on.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import threading
from typing import Final

from commonweight.errors import InvalidInput
from commonweight.processes import die_with_parent
from commonweight.serving.ray import Cluster, answers
from commonweight.tuning.training.child.pipe import Pipe
from commonweight.tuning.training.errors import Cancelled, Code, Paused, TrainingFailed
from commonweight.tuning.training.ray.on_cluster import Driver
from commonweight.tuning.training.ray.order import Order
from commonweight.tuning.training.ray.trainer import RayTrainer
from commonweight.tuning.training.trainer import PARENT
from commonweight.tuning.training.values import TrainingEvent, TrainingSpec

JOIN_S: Final = 120.0  # to join the cluster; Ray itself tries for minutes, and cannot be told to stop
LOOK_S: Final = 0.2  # between two looks for a command
AGAIN_S: Final = 2.0  # a command is said again until it was heard
ENDED_WELL, FAILED = 0, 1


def main() -> int:
    die_with_parent(int(os.environ.get(PARENT) or os.getppid()))
    order, pipe = Order.parse(sys.argv[1:]), Pipe()
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    spec = TrainingSpec.from_json(pipe.first())
    try:
        return asyncio.run(drive(order, spec, pipe))
    except Exception as error:  # the job border: what it was is in the log, and the worker hears that it is over
        logging.getLogger(__name__).exception("The training on the cluster broke off.")
        return _fail(pipe, TrainingFailed(Code.CRASHED, f"The training broke off ({type(error).__name__}).", "See its log."))


async def drive(order: Order, spec: TrainingSpec, pipe: Pipe) -> int:
    """The exit status. How it ended has been told by then."""
    late = threading.Timer(JOIN_S, _too_late, (pipe,))
    late.daemon = True
    late.start()
    try:
        async with Cluster.joined(order.address) as cluster:
            late.cancel()
            return await train(RayTrainer(cluster, order.needs, order.cache, order.workers), spec, pipe, order.address)
    except InvalidInput as error:
        return _fail(pipe, TrainingFailed(Code.CLUSTER, error.detail, error.hint))


async def train(trainer: Driver, spec: TrainingSpec, pipe: Pipe, address: str) -> int:
    """Tells what happens and how it ended. What breaks while nothing answers at `address` is no fault of the training."""

    async def hear(event: TrainingEvent) -> None:
        pipe.tell(event.kind.value, **event.data)

    listening = asyncio.ensure_future(_obey(trainer, pipe))
    try:
        pipe.tell("done", **(await trainer.run(spec, hear)).to_json())
    except Paused as paused:
        pipe.tell("paused", step=paused.step)
    except Cancelled as stopped:
        pipe.tell("cancelled", step=stopped.step)
    except Exception as error:  # the job border: whose fault it is decides whether it is tried again
        if (failure := await _blamed(error, address)) is None:
            raise
        return _fail(pipe, failure)
    finally:
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening
    return ENDED_WELL


async def _blamed(error: Exception, address: str) -> TrainingFailed | None:
    """How it failed; None for what nobody has thought of."""
    if isinstance(error, TrainingFailed) and error.code != Code.CRASHED:
        return error
    if not await answers(address):
        return TrainingFailed(Code.CLUSTER, "It fell silent while the training ran.")
    return error if isinstance(error, TrainingFailed) else None


async def _obey(trainer: Driver, pipe: Pipe) -> None:
    while True:
        await asyncio.sleep(LOOK_S)
        if pipe.wanted:
            await (trainer.pause() if pipe.wanted == "pause" else trainer.cancel())
            await asyncio.sleep(AGAIN_S)


def _too_late(pipe: Pipe) -> None:
    """Ray's own threads would keep this process alive."""
    _fail(pipe, TrainingFailed(Code.CLUSTER, f"It was not joined within {JOIN_S:.0f} s.", "`ray status` may say why."))
    os._exit(FAILED)


def _fail(pipe: Pipe, failure: TrainingFailed) -> int:
    pipe.tell("failed", code=failure.code, message=failure.message, hint=failure.hint)
    return FAILED


if __name__ == "__main__":
    sys.exit(main())
