"""Whether a model can become a GGUF file is told by its two small files, with the remedy."""

from __future__ import annotations

from typing import Any

import pytest

from commonweight.tuning.converting import NotConvertible, check_convertible

LLAMA = {"architectures": ["LlamaForCausalLM"], "vocab_size": 300, "hidden_size": 64, "num_attention_heads": 4}
BYTES = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True}
TOKENIZER = {"model": {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": []}, "pre_tokenizer": BYTES}


def refused(config: dict[str, Any], tokenizer: dict[str, Any]) -> NotConvertible:
    with pytest.raises(NotConvertible) as caught:
        check_convertible(config, tokenizer)
    assert caught.value.hint
    return caught.value


def test_a_known_family_with_a_known_tokenizer_is_told_by_name() -> None:
    assert check_convertible(LLAMA, TOKENIZER).name == "Llama"
    assert check_convertible({**LLAMA, "architectures": None, "model_type": "qwen3"}, TOKENIZER).architecture == "qwen3"


def test_another_family_is_refused_with_those_that_there_are() -> None:
    error = refused({**LLAMA, "architectures": ["MambaForCausalLM"]}, TOKENIZER)
    assert "MambaForCausalLM" in error.detail
    assert "Qwen3" in error.detail


def test_a_tokenizer_that_cuts_texts_in_a_way_of_its_own_is_refused_before_training() -> None:
    odd = {
        "type": "Sequence",
        "pretokenizers": [{"type": "Split", "pattern": {"Regex": r"\d+"}, "behavior": "Isolated"}, BYTES],
    }
    error = refused(LLAMA, {**TOKENIZER, "pre_tokenizer": odd})
    assert r"\\d+" in error.detail
    assert "smollm" in error.hint


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"quantization_config": {"bits": 4}}, "quantised"),
        ({"rope_scaling": {"type": "dynamic", "factor": 2}}, "dynamic"),
        ({"architectures": ["Gemma2ForCausalLM"], "query_pre_attn_scalar": 7}, "scaled by 7"),
        ({"architectures": ["Qwen2ForCausalLM"], "use_sliding_window": True}, "sliding"),
        ({"vocab_size": 1}, "1 rows"),
    ],
)
def test_a_variant_that_llama_cpp_would_compute_otherwise_is_refused(change: dict[str, Any], word: str) -> None:
    assert word in refused({**LLAMA, **change}, TOKENIZER).detail


def test_a_tokenizer_of_another_kind_is_refused() -> None:
    assert "Unigram" in refused(LLAMA, {"model": {"type": "Unigram", "vocab": []}}).detail
