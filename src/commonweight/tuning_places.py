"""Where tunings are trained: on the host of their worker, or on the nodes of a Ray cluster."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from commonweight.serving.ray import Needs, ray_installed
from commonweight.settings import Settings
from commonweight.tuning.training import Trainer
from commonweight.tuning.training.machine import Machine
from commonweight.tuning.training.ray import OnCluster, Order

CANCEL_S: Final = 20.0  # for one on a node: its last checkpoint has to come here


def tunes_on_ray(settings: Settings, installed: Callable[[], bool] = ray_installed) -> bool:
    """Whether tunings are trained on the nodes of a cluster."""
    return bool(settings.ray_address) and installed()


def trains(settings: Settings, log_file: Path, installed: Callable[[], bool] = ray_installed) -> Trainer | OnCluster:
    """What does a training: a child of this process, or, with a cluster, a child that has it done there."""
    if not tunes_on_ray(settings, installed):
        return Trainer(log=log_file)
    needs = Needs(float(settings.tuning_cpus), float(settings.tuning_gpus))
    order = Order(settings.ray_address, needs, settings.home / "node" / "tunings", settings.tuning_workers)

    def driver() -> Trainer:
        return Trainer(log=log_file, program=order.as_program(), cancel_seconds=CANCEL_S)

    return OnCluster(settings.ray_address, driver)


def tunings_machine(settings: Settings, installed: Callable[[], bool] = ray_installed) -> Machine | None:
    """For estimates: a node whose memory is not known here, since Ray chooses one that has enough. None: this host."""
    if not tunes_on_ray(settings, installed):
        return None
    return Machine("cuda" if settings.tuning_gpus else "cpu", None, "a node of the Ray cluster")
