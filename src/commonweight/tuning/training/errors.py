"""
How a training ends that does not end well.

    TrainingFailed   something is wrong with base, examples, settings or machine: `code` says what, `hint` what to do next
    Died             a TrainingFailed of which only that is known
    Paused           its owner wanted a pause: it goes on from its last checkpoint
    Cancelled        its owner wanted no more of it: `adapter` is what it had learned
"""

from __future__ import annotations

import enum
from pathlib import Path


class Code(enum.StrEnum):
    """What failed, or is to be warned of."""

    DIVERGED = "diverged"  # loss or gradient is no number any more, or far above where it began
    NO_TRAINABLE_TOKENS = "no_trainable_tokens"  # nothing is learned from: answers are too long, or have weight 0
    ANSWERS_CUT = "answers_cut"  # some examples are longer than what is trained on
    OUT_OF_MEMORY = "out_of_memory"
    NEVER_STOPS = "never_stops"  # its answers do not end
    CONSTANT_ANSWERS = "constant_answers"  # it says the same to everybody
    BARELY_LEARNED = "barely_learned"  # the loss hardly fell
    UNSTABLE = "unstable"  # the loss rose again after it had fallen
    END_NOT_LEARNED = "end_not_learned"  # no trained answer holds the token that ends an answer
    NOT_TRAINABLE = "not_trainable"  # the base cannot be read, or has no chat template
    TOO_LARGE = "too_large"
    NOT_SUPPORTED = "not_supported"  # by this machine or this installation
    CRASHED = "crashed"
    CLUSTER = "cluster"  # it cannot be joined now


class TrainingFailed(Exception):
    """It ended without a model."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(f"{message} {hint}".strip())
        self.code, self.message, self.hint = code, message, hint


class Died(TrainingFailed):
    """The process that trains ended without a word."""


class Paused(Exception):
    """It stopped at a checkpoint, on demand."""

    def __init__(self, step: int) -> None:
        super().__init__(f"Paused at step {step}.")
        self.step = step


class Cancelled(Exception):
    """It was stopped for good; `adapter` is the folder of what it had learned, if it had begun."""

    def __init__(self, step: int, adapter: Path | None) -> None:
        super().__init__(f"Cancelled at step {step}.")
        self.step, self.adapter = step, adapter
