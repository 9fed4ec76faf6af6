"""
The families of models that we can write as GGUF, and what is particular to each. Pure: configurations in, facts out.

Sources: the configurations of transformers (`configuration_*.py`), and what llama.cpp reads of a GGUF file of each
architecture (`src/models/*.cpp`). Every family here is held by a test that compares logits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from commonweight.tuning.converting.config import Config
from commonweight.tuning.converting.values import NotConvertible

#: For what we cannot write ourselves.
ELSEWHERE: Final = "Ask for a base of one of these families, or publish a GGUF file that was made elsewhere."


@dataclass(frozen=True)
class Family:
    """
    `architecture` is llama.cpp's name. `permuted`: rows of q and k stand in pairs there, in halves in transformers.
    `norm_plus_one`: transformers adds one to the weights of norms when it uses them, llama.cpp does not.
    `refuse` gives the reason why a configuration of this family cannot be written, or "".
    """

    name: str
    architecture: str
    permuted: bool = False
    norm_plus_one: bool = False
    refuse: Callable[[Config], str] = lambda config: ""


def _gemma_scale(config: Config) -> str:
    """llama.cpp takes the scale of attention from the width of a head (but for the largest models of the family)."""
    wanted = config.number("query_pre_attn_scalar") or config.head_dim
    if wanted != config.head_dim:
        return f"its attention is scaled by {wanted}, llama.cpp would scale by {config.head_dim}"
    return ""


def _gemma2(config: Config) -> str:
    return _gemma_scale(config) or _every(config, 2)


def _gemma3(config: Config) -> str:
    if config.get("use_bidirectional_attention"):
        return "it attends in both directions"
    return _gemma_scale(config) or _every(config, 6)


def _every(config: Config, period: int) -> str:
    """llama.cpp knows which layers see a window only by their number."""
    kinds = config.get("layer_types") or []
    for layer, kind in enumerate(kinds):
        expected = "full_attention" if (layer + 1) % period == 0 else "sliding_attention"
        if kind != expected:
            return f"layer {layer} has {kind}, llama.cpp expects {expected}: each {period}th is whole"
    pattern = config.number("sliding_window_pattern")
    return (
        f"its windows repeat every {pattern:g} layers, llama.cpp expects {period}" if pattern and pattern != period else ""
    )


def _qwen(config: Config) -> str:
    return "it uses sliding windows, which llama.cpp does not for this family" if config.get("use_sliding_window") else ""


def _phi3(config: Config) -> str:
    return "it has biases in attention" if config.get("attention_bias") else ""


LLAMA: Final = Family("Llama", "llama", permuted=True)

#: By the class that `architectures` of config.json names.
FAMILIES: Final[Mapping[str, Family]] = {
    "LlamaForCausalLM": LLAMA,
    "MistralForCausalLM": Family("Mistral", "llama", permuted=True),
    "Qwen2ForCausalLM": Family("Qwen2", "qwen2", refuse=_qwen),
    "Qwen3ForCausalLM": Family("Qwen3", "qwen3", refuse=_qwen),
    "Gemma2ForCausalLM": Family("Gemma 2", "gemma2", norm_plus_one=True, refuse=_gemma2),
    "Gemma3ForCausalLM": Family("Gemma 3", "gemma3", norm_plus_one=True, refuse=_gemma3),
    "Phi3ForCausalLM": Family("Phi-3", "phi3", refuse=_phi3),
    "GraniteForCausalLM": Family("Granite", "granite", permuted=True),
}
_BY_TYPE: Final = {
    "llama": "LlamaForCausalLM",
    "mistral": "MistralForCausalLM",
    "qwen2": "Qwen2ForCausalLM",
    "qwen3": "Qwen3ForCausalLM",
    "gemma2": "Gemma2ForCausalLM",
    "gemma3_text": "Gemma3ForCausalLM",
    "phi3": "Phi3ForCausalLM",
    "granite": "GraniteForCausalLM",
}


def family_of(document: Mapping[str, Any]) -> Family:
    """The family of a config.json. Raises NotConvertible with the families that there are."""
    named = document.get("architectures")
    name = str(named[0]) if isinstance(named, list) and named else _BY_TYPE.get(str(document.get("model_type")), "")
    family = FAMILIES.get(name)
    if family is None:
        known = ", ".join(one.name for one in FAMILIES.values())
        what = name or document.get("model_type") or "nothing"
        raise NotConvertible(f"The model is a {what!r}; expected one of the families {known}.", hint=ELSEWHERE)
    if isinstance(document.get("quantization_config"), dict):
        raise NotConvertible(
            "The weights are quantised already (config.json has a quantization_config).",
            hint="Start from the weights in 16 or 32 bits that they were made of.",
        )
    reason = family.refuse(Config(document)) or _rope(Config(document))
    if reason:
        raise NotConvertible(f"This {family.name} cannot be written as GGUF: {reason}.", hint=ELSEWHERE)
    return family


def _rope(config: Config) -> str:
    kind = config.rope_type
    known = ("default", "linear", "llama3", "yarn", "longrope")
    return "" if kind in known else f"its positions are stretched by {kind!r}, expected one of {', '.join(known)}"
