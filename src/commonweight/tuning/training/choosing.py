"""
What "auto" means, from the number of examples. The rules, and what they were tried with, stand in docs/tuning.md.

    epochs          enough for some 75 steps with few examples, 3 with hundreds, 2 with thousands, 1 beyond 20,000
    batch_size      a 25th of the examples, between 1 and 16: small data gets enough steps
    learning_rate   LoRA: 3e-3 below 20 million parameters, 1e-3 below 100 million, 5e-4 below 1,000 million, 2e-4 above;
                    a twentieth of it for DPO; a tenth where the whole model is trained
    rank, alpha     16 and twice the rank
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from commonweight.tuning.training.values import TrainingSpec
from commonweight.tuning.values import Form, Method

FEW_STEPS = 75  # with fewer, examples by the dozen leave no trace
MOST_EPOCHS = 10
RANK = 16
BETA = 0.1
# DPO at a tenth of the rate made a model whose pairs were all right and that never stopped.
DPO_PART, FULL_PART = 20, 10
RATES = ((20e6, 3e-3), (100e6, 1e-3), (1e9, 5e-4), (math.inf, 2e-4))  # of a LoRA, for a base below so many parameters
MAX_TOKENS = 1024
MULTIPLIER = "learning_rate_multiplier"  # OpenAI's name: times the rate that is chosen here
NAMED = ("epochs", "batch_size", "learning_rate", "rank", "alpha", "beta", "max_tokens", "max_steps", "checkpoint_seconds")


def choose(
    folder: Path,
    base: Path,
    train: Path,
    held_out: Path,
    *,
    examples: int,
    parameters: int,
    method: Method = Method.SUPERVISED,
    form: Form = Form.LORA,
    seed: int = 42,
    adapter: Path | None = None,
    given: Mapping[str, Any] | None = None,
) -> TrainingSpec:
    """
    A spec of what is `given` and, where that says "auto", None or nothing, of the rules above.

    `examples` is the number of lines in `train`, `parameters` that of the base. `given` may name what `NAMED` lists, and
    `MULTIPLIER`.
    """
    said = {name: value for name, value in (given or {}).items() if value not in (None, "auto")}
    wanted = {name: value for name, value in said.items() if name in NAMED}
    batch = int(wanted.get("batch_size") or batch_size(examples))
    rank = int(wanted.get("rank") or RANK)
    chosen = {
        "epochs": epochs(examples, batch),
        "batch_size": batch,
        "learning_rate": learning_rate(parameters, method, form, float(said.get(MULTIPLIER, 1.0))),
        "rank": rank,
        "alpha": 2 * rank,
        "beta": BETA,
        "max_tokens": MAX_TOKENS,
    }
    return TrainingSpec(folder, base, train, held_out, method, form, seed=seed, adapter=adapter, **{**chosen, **wanted})


def batch_size(examples: int) -> int:
    return max(1, min(16, examples // 25))


def epochs(examples: int, batch: int) -> int:
    if examples > 20_000:
        return 1
    if examples > 2_000:
        return 2
    steps = math.ceil(max(1, examples) / batch)
    return min(MOST_EPOCHS, max(3, math.ceil(FEW_STEPS / steps)))


def learning_rate(parameters: int, method: Method, form: Form, multiplier: float = 1.0) -> float:
    rate = next(rate for below, rate in RATES if parameters < below)
    if method is Method.DPO:
        rate /= DPO_PART
    if form is Form.FULL:
        rate /= FULL_PART
    return rate * multiplier
