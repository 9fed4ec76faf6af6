"""The base and its tokenizer, read for training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from commonweight.tuning.training.errors import Code, TrainingFailed
from commonweight.tuning.training.plan import Plan
from commonweight.tuning.values import Form


def load_tokenizer(base: Path) -> Any:
    """With a padding token that is no end of an answer. Raises TrainingFailed."""
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(base, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise TrainingFailed(
            Code.NOT_TRAINABLE, f"The tokenizer of the base cannot be read ({error}).", "Choose a base with tokenizer.json."
        ) from error
    if not tokenizer.is_fast:
        raise TrainingFailed(
            Code.NOT_TRAINABLE,
            "The base has a tokenizer that does not say where its tokens stand in a text.",
            "Choose a base with tokenizer.json.",
        )
    return tokenizer


def end_tokens(base: Path, tokenizer: Any) -> list[int]:
    """At which generation stops, as the base says it; the tokenizer's own first. Raises TrainingFailed without any."""
    from transformers import AutoConfig, GenerationConfig

    said: list[Any] = [tokenizer.eos_token_id]
    if (base / "generation_config.json").exists():
        said.append(GenerationConfig.from_pretrained(base).eos_token_id)
    said.append(getattr(AutoConfig.from_pretrained(base, local_files_only=True), "eos_token_id", None))
    ends = [end for each in said for end in (each if isinstance(each, list) else [each]) if end is not None]
    if not ends:
        raise TrainingFailed(
            Code.NOT_TRAINABLE,
            "The base names no token that ends an answer: a model made from it would never stop.",
            "Set eos_token_id in its config.json, or choose another base.",
        )
    return list(dict.fromkeys(ends))


def padding_token(tokenizer: Any, ends: list[int]) -> int:
    """A token that pads and never ends an answer: its own, an unused special one, or the first of the vocabulary."""
    if tokenizer.pad_token_id is not None and tokenizer.pad_token_id not in ends:
        return int(tokenizer.pad_token_id)
    special = [number for number in tokenizer.all_special_ids if number not in ends]
    # What pads is masked, in attention and in labels, by where it stands: any other token will do.
    return int(special[0]) if special else next(number for number in range(len(tokenizer)) if number not in ends)


def load_base(base: Path, plan: Plan, form: Form) -> Any:
    """The model in the precision of the plan. Raises TrainingFailed."""
    from transformers import AutoModelForCausalLM

    wanted: dict[str, Any] = {
        "dtype": plan.dtype,
        "local_files_only": True,
        "use_safetensors": True,
        "attn_implementation": plan.attention,
    }
    if form is Form.QLORA:
        wanted["quantization_config"] = _four_bits()
    if plan.device != "cpu":
        wanted["device_map"] = {"": 0}
    try:
        return AutoModelForCausalLM.from_pretrained(base, **wanted)
    except (OSError, ValueError, KeyError) as error:
        raise TrainingFailed(
            Code.NOT_TRAINABLE, f"The base cannot be read ({error}).", "Choose another base, or another revision of it."
        ) from error


def _four_bits() -> Any:
    """NF4 with double quantisation, as QLoRA has it; computing in bfloat16."""
    import torch
    from transformers import BitsAndBytesConfig

    try:
        import bitsandbytes  # noqa: F401
    except ImportError as error:
        raise TrainingFailed(
            Code.NOT_SUPPORTED,
            "Training on four bits needs bitsandbytes.",
            "Install 'commonweight[tune]' anew, or choose lora.",
        ) from error
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )
