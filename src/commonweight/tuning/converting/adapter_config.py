"""What an adapter_config.json of PEFT asks for that a GGUF adapter cannot be. Pure. Source: `LoraConfig` in peft 0.21."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from commonweight.tuning.converting.values import NotConvertible

MERGE: Final = (
    "Merge it into the weights of its base instead (`PeftModel.merge_and_unload`, or `commonweight tune`, which does so), "
    "and publish the whole model."
)
#: Beginnings that change the base as well: the adapter alone is not what was trained.
_CHANGES_BASE: Final = ("pissa", "olora", "corda", "loftq")
_REFUSED: Final[Mapping[str, str]] = {
    "use_dora": "it scales the weights by their length too (DoRA)",
    "modules_to_save": "it carries whole layers beside the adapter (modules_to_save)",
    "lora_bias": "it adds numbers after the adapter (lora_bias)",
    "trainable_token_indices": "it has vectors for tokens of its own",
    "alora_invocation_tokens": "it switches itself on within a text (aLoRA)",
    "target_parameters": "it adapts parameters that are no layers of their own (target_parameters)",
    "use_qalora": "it works on groups of the inputs (QALoRA)",
    "fan_in_fan_out": "its matrices stand the other way round (fan_in_fan_out)",
}


@dataclass(frozen=True)
class Strength:
    """By how much what an adapter says counts: `alpha`/rank, or with rsLoRA `alpha`/√rank."""

    rank: int
    alpha: float
    stabilised: bool
    rank_pattern: Mapping[str, int]
    alpha_pattern: Mapping[str, float]

    @property
    def written(self) -> float:
        """The alpha for the file: llama.cpp divides by the rank, whatever was trained."""
        return self.alpha * math.sqrt(self.rank) if self.stabilised else self.alpha

    def factor(self, module: str, rank: int) -> float:
        """What a module's second matrix is multiplied with, since a file has one alpha for all: 1 but for patterns."""
        alpha = _matching(self.alpha_pattern, module, self.alpha)
        trained = alpha / (math.sqrt(rank) if self.stabilised else rank)
        return trained / (self.written / rank)


def strength_of(config: Mapping[str, Any]) -> Strength:
    """Raises NotConvertible, with the remedy, for an adapter of another kind, or that says more than two matrices."""
    kind = config.get("peft_type")
    if kind != "LORA":
        raise NotConvertible(f"The adapter is of the type {kind!r}; expected 'LORA'.", hint=MERGE)
    for name, reason in _REFUSED.items():
        if config.get(name):
            raise NotConvertible(f"The adapter cannot be a GGUF file: {reason}.", hint=MERGE)
    if str(config.get("bias") or "none") != "none":
        raise NotConvertible(f"The adapter trained biases too (bias={config['bias']!r}), which GGUF would drop.", hint=MERGE)
    start = str(config.get("init_lora_weights") or "").lower()
    if start.startswith(_CHANGES_BASE):
        raise NotConvertible(f"The adapter began as {start!r}, which changes its base as well.", hint=MERGE)
    rank, alpha = config.get("r"), config.get("lora_alpha", 8)
    if not isinstance(rank, int) or rank < 1 or not isinstance(alpha, int | float):
        raise NotConvertible(f"adapter_config.json has r={rank!r} and lora_alpha={alpha!r}; expected numbers above 0.")
    patterns = [config.get(name) or {} for name in ("rank_pattern", "alpha_pattern")]
    return Strength(rank, float(alpha), bool(config.get("use_rslora")), *patterns)


def _matching(pattern: Mapping[str, float], module: str, otherwise: float) -> float:
    """As `get_pattern_key` of peft: a key is a regular expression for the end of a module's name."""
    for key, value in pattern.items():
        if re.match(rf"(.*\.)?({key})$", module):
            return float(value)
    return otherwise
