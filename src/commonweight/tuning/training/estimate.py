"""
Will it fit: memory and disk, before anything starts.

Bytes of memory = libraries + weights + what is trained (weight, gradient and Adam's two means, 4 bytes each) + what one step
keeps for its way back. The last is the largest unknown: a layer keeps about 16 times its width and 3 times its inner width
for each token, in 4 bytes. Compared with what was measured, see docs/tuning.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from commonweight.tuning.training.errors import Code
from commonweight.tuning.training.machine import Machine, disk_free, look
from commonweight.tuning.training.shape import Shape, read_shape
from commonweight.tuning.training.values import Estimate, Finding, TrainingSpec
from commonweight.tuning.values import Form, Method

LIBRARIES = 650 << 20  # torch, transformers, peft, trl, datasets
SHARE = 0.9  # of free memory that may be taken: others live here too
TRAINED_BYTES = 16
LAYER_WIDTHS, INNER_WIDTHS = 16, 3
CPU_PARAMETERS = 600_000_000  # 135 million make some 210 tokens a second on two cores; beyond this it takes days
CHARACTERS_A_TOKEN = 3  # of most languages, on the safe side
CUDA_BYTES = {Form.LORA: 2.3, Form.QLORA: 0.9, Form.FULL: 16.0}  # for a parameter, as others measured
GIB = 1 << 30


@dataclass(frozen=True)
class Cut:
    """How a batch is computed so that it fits."""

    micro_batch: int
    checkpointing: bool  # a layer's inner values are computed again rather than kept
    memory_bytes: int


def fits(base: Path, spec: TrainingSpec, machine: Machine | None = None, *, converts_base: bool = False) -> Estimate:
    """
    What `spec` takes on this machine. `refusals` say why it cannot be, with a remedy. Raises TrainingFailed(not_trainable).

    `spec.train` is read once for its longest line. `converts_base`: the base is written as GGUF too, having no such file.
    """
    return fits_shape(read_shape(base), spec, longest_tokens(spec), machine, converts_base=converts_base)


def fits_shape(
    shape: Shape, spec: TrainingSpec, tokens: int, machine: Machine | None = None, *, converts_base: bool = False
) -> Estimate:
    """As `fits`, of a base that is not on this disk yet. `tokens` are those of the longest example."""
    machine = machine or look()
    trained = trainable(shape, spec)
    cut = cut_batch(shape, spec, machine, tokens)
    disk = disk_bytes(shape, spec, trained, converts_base=converts_base)
    free = disk_free(spec.folder)
    refusals = [*_too_large(shape, spec, machine, cut), *_no_disk(disk, free)]
    return Estimate(
        memory_bytes=cut.memory_bytes,
        disk_bytes=disk,
        memory_free=machine.memory_free,
        disk_free=free,
        parameters=shape.parameters,
        trainable_parameters=trained,
        device=machine.device,
        refusals=refusals,
        warnings=_context(shape, spec),
    )


def trainable(shape: Shape, spec: TrainingSpec) -> int:
    return shape.parameters if spec.form is Form.FULL else shape.lora(spec.rank)


def longest_tokens(spec: TrainingSpec) -> int:
    """At most; from the bytes of the longest line."""
    with spec.train.open("rb") as file:
        longest = max((len(line) for line in file), default=0)
    return max(16, min(spec.max_tokens, longest // CHARACTERS_A_TOKEN))


def cut_batch(shape: Shape, spec: TrainingSpec, machine: Machine, tokens: int) -> Cut:
    """The largest part of a batch that fits, or the smallest there is."""
    smaller = [size for size in range(spec.batch_size, 0, -1) if spec.batch_size % size == 0]
    tried = [
        Cut(size, again, memory_bytes(shape, spec, machine, size, tokens, checkpointing=again))
        for again in (False, True)
        for size in smaller
    ]
    room = None if machine.memory_free is None else machine.memory_free * SHARE
    return next((cut for cut in tried if room is None or cut.memory_bytes <= room), tried[-1])


def memory_bytes(
    shape: Shape, spec: TrainingSpec, machine: Machine, micro_batch: int, tokens: int, *, checkpointing: bool
) -> int:
    weight = 4 if machine.device == "cpu" or spec.form is Form.FULL else 1 if spec.form is Form.QLORA else 2
    pairs = 2 if spec.method is Method.DPO else 1
    copies = 2 if spec.method is Method.DPO and spec.form is Form.FULL else 1  # the reference is a model of its own
    layer = LAYER_WIDTHS * shape.hidden + INNER_WIDTHS * shape.inner
    kept = layer + shape.layers * shape.hidden if checkpointing else shape.layers * layer
    steps = micro_batch * pairs * tokens * (kept + 2 * shape.vocabulary) * 4
    return int(LIBRARIES + shape.parameters * weight * copies + trainable(shape, spec) * TRAINED_BYTES + steps)


def disk_bytes(shape: Shape, spec: TrainingSpec, trained: int, *, converts_base: bool) -> int:
    """
    Three checkpoints (weights and Adam's means), the adapters of each epoch, merged weights, and in GGUF these and, where
    it has no file of its own, the base.
    """
    epochs = 0 if spec.form is Form.FULL else spec.epochs * trained * 4
    return 3 * trained * 12 + epochs + (3 if converts_base else 2) * shape.bytes


def _too_large(shape: Shape, spec: TrainingSpec, machine: Machine, cut: Cut) -> list[Finding]:
    needs = shape.parameters * CUDA_BYTES[spec.form] / GIB
    if machine.device == "cpu" and shape.parameters > CPU_PARAMETERS:
        return [
            Finding(
                Code.TOO_LARGE,
                f"The base has {shape.parameters / 1e9:.1f} thousand million parameters: without a GPU that takes days. "
                f"A GPU with {needs:.0f} GB of memory can train it; here a base of up to 0.5 can be.",
                fatal=True,
            )
        ]
    if machine.memory_free is not None and cut.memory_bytes > machine.memory_free * SHARE:
        return [
            Finding(
                Code.TOO_LARGE,
                f"The training needs {cut.memory_bytes / GIB:.1f} GB of memory, one example at a time; "
                f"{machine.memory_free / GIB:.1f} GB are free. Choose a smaller base, a lower max_tokens or "
                f"{'lora' if spec.form is Form.FULL else 'a machine with more memory'}.",
                fatal=True,
            )
        ]
    return []


def _no_disk(needed: int, free: int) -> list[Finding]:
    if needed <= free:
        return []
    said = f"The training writes {needed / GIB:.1f} GB; {free / GIB:.1f} GB are free on the disk. Make room, then try again."
    return [Finding(Code.TOO_LARGE, said, fatal=True)]


def _context(shape: Shape, spec: TrainingSpec) -> list[Finding]:
    if spec.max_tokens <= shape.context:
        return []
    return [
        Finding(
            Code.ANSWERS_CUT,
            f"max_tokens is {spec.max_tokens}, but the base reads {shape.context} tokens: what is longer is left out.",
        )
    ]
