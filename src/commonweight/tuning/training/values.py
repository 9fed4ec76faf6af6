"""What a training is asked, tells and gives."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from commonweight.tuning.values import Form, Method


@dataclass(frozen=True)
class TrainingSpec:
    """
    One training, whole: the same spec on the same machine gives the same weights.

    `folder` is the tuning's own (checkpoints/, adapter/, merged/ are made there), `base` a Hugging Face folder that can be
    trained, `train` and `held_out` files of canonical lines (docs/tuning.md). `adapter` is a PEFT folder on `base` to go on
    from. `max_tokens` is the longest example that is trained on; what is longer is left out and warned of. `max_steps`, if
    given, ends it whatever `epochs` says. `alpha` scales a LoRA, `beta` is DPO's.
    """

    folder: Path
    base: Path
    train: Path
    held_out: Path
    method: Method = Method.SUPERVISED
    form: Form = Form.LORA
    epochs: int = 3
    batch_size: int = 8
    learning_rate: float = 5e-4
    rank: int = 16
    alpha: int = 32
    beta: float = 0.1
    seed: int = 42
    max_tokens: int = 1024
    max_steps: int | None = None
    checkpoint_seconds: float = 20.0
    adapter: Path | None = None

    def to_json(self) -> dict[str, Any]:
        return {name: str(value) if isinstance(value, Path) else value for name, value in dataclasses.asdict(self).items()}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The reverse of `to_json`. Raises ValueError or TypeError for what is none."""
        values = dict(document)
        for name in ("folder", "base", "train", "held_out"):
            values[name] = Path(values[name])
        values["adapter"] = Path(values["adapter"]) if values.get("adapter") else None
        values["method"], values["form"] = Method(values["method"]), Form(values["form"])
        return cls(**values)


class Kind(enum.StrEnum):
    """What an event tells; its data is listed in docs/tuning.md."""

    STARTED = "started"
    STEP = "step"
    EVALUATED = "evaluated"
    CHECKPOINT = "checkpoint"
    WARNING = "warning"
    PLACE = "place"  # on a cluster alone
    DONE = "done"


class Place(enum.StrEnum):
    """Where a training on a cluster is: `state` of its event, with the data that are named here."""

    AWAY = "away"  # nothing answers at `address`
    REFUSED = "refused"  # the cluster at `address` cannot be joined: `reason`
    FULL = "full"  # `asked` is free on no node; the cluster has `free` of `total`
    SMALL = "small"  # no node has `asked`, used or free; the largest has `largest`
    NODE = "node"  # it runs on `node`; several `workers` on as many, or on fewer
    LOST = "lost"  # its node, or one of its `workers`, was lost: it goes on from `step`


@dataclass(frozen=True)
class TrainingEvent:
    kind: Kind
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Finding:
    """Something about the trained model that its owner must know. `fatal`: it is of no use as it is."""

    code: str
    message: str
    fatal: bool = False


@dataclass(frozen=True)
class Sample:
    """What the trained model did with some held-out prompts, greedily: counts alone, no text."""

    asked: int
    stopped: int  # answers that came to their end by themselves
    different: int  # answers that differ from one another
    wanted_different: int  # targets that differ from one another
    exact: int  # answers that are their target, character by character
    commonest: int  # how often the most frequent answer came
    wanted_commonest: int  # how often the most frequent target is wanted


@dataclass(frozen=True)
class Trained:
    """
    What came of it. `adapter` is in PEFT's layout, None where the whole model was trained; `merged` a Hugging Face folder of
    floats. `hyperparameters` are as they were used, `seconds` those of training alone over all its runs, `losses` pairs of
    step and training loss.
    """

    adapter: Path | None
    merged: Path
    steps: int
    trained_tokens: int
    seconds: float
    hyperparameters: Mapping[str, Any]
    versions: Mapping[str, str]
    hardware: Mapping[str, Any]
    losses: Sequence[tuple[int, float]]
    sample: Sample | None
    findings: Sequence[Finding] = field(default_factory=tuple)
    valid_loss: float | None = None
    valid_accuracy: float | None = None  # of tokens, 0 to 1

    def to_json(self) -> dict[str, Any]:
        document = dataclasses.asdict(self)
        return {**document, "adapter": str(self.adapter) if self.adapter else None, "merged": str(self.merged)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        values = dict(document)
        values["adapter"] = Path(values["adapter"]) if values["adapter"] else None
        values["merged"] = Path(values["merged"])
        values["losses"] = [(int(step), float(loss)) for step, loss in values["losses"]]
        values["sample"] = Sample(**values["sample"]) if values["sample"] else None
        values["findings"] = tuple(Finding(**each) for each in values["findings"])
        return cls(**values)


@dataclass(frozen=True)
class Estimate:
    """What a training will take, before it starts. `seconds` come with the first step (event `started`)."""

    memory_bytes: int
    disk_bytes: int
    memory_free: int | None  # None where the machine does not tell
    disk_free: int
    parameters: int
    trainable_parameters: int
    device: str  # cpu, cuda
    refusals: Sequence[Finding] = field(default_factory=tuple)
    warnings: Sequence[Finding] = field(default_factory=tuple)

    @property
    def fits(self) -> bool:
        return not self.refusals
