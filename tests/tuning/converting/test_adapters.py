"""An adapter in llama.cpp changes its base as it does in PEFT: held by logits."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest

from commonweight.tuning.converting import Converter, NotConvertible, Quantisation
from commonweight.tuning.converting.adapter_to_gguf import adapter_to_gguf
from commonweight.tuning.converting.to_gguf import to_gguf
from tests.support.tools import library
from tests.tuning.converting.llama_cpp import Floats, Model, farthest
from tests.tuning.converting.models import logits_of, make_model

TOKENS = [int(byte) for byte in b"Where is my parcel? It is three days late."]
CLOSE = 0.05  # of a standard deviation: the adapter's own numbers are kept in 16 bits
APART = 0.2


def make_adapter(folder: Path, family: str, **options: Any) -> Floats:
    """A base in `folder`/hf, an adapter of random numbers in `folder`/adapter; the logits of PEFT."""
    peft, torch = library("peft", "tune"), library("torch")
    model = make_model(folder / "hf", family)
    asked = {"r": 4, "lora_alpha": 12, "target_modules": "all-linear", "init_lora_weights": True, **options}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # of what is asked for on purpose here, and of transformers about itself
        adapted = peft.get_peft_model(model, peft.LoraConfig(task_type="CAUSAL_LM", **asked)).eval()
        for name, parameter in adapted.named_parameters():
            if "lora_B" in name:
                parameter.copy_(0.05 * torch.randn_like(parameter))
        adapted.save_pretrained(folder / "adapter")
        return logits_of(adapted, TOKENS)


def in_llama_cpp(folder: Path, scale: float = 1.0) -> Floats:
    model = Model(folder / "base.gguf")
    try:
        model.adapt({folder / "adapter.gguf": scale} if scale else {})
        return model.logits(TOKENS)
    finally:
        model.close()


@pytest.mark.parametrize("family", ["llama", "llama with biases", "qwen2", "qwen3", "gemma 2", "phi-3", "granite"])
def test_an_adapter_counts_in_llama_cpp_as_in_peft(family: str, tmp_path: Path) -> None:
    wanted = make_adapter(tmp_path, family)
    to_gguf(tmp_path / "hf", tmp_path / "base.gguf", {}, Quantisation.F32)
    adapter_to_gguf(tmp_path / "adapter", tmp_path / "base.gguf", tmp_path / "adapter.gguf", {})
    assert farthest(in_llama_cpp(tmp_path), wanted) < CLOSE
    assert farthest(in_llama_cpp(tmp_path, scale=0.0), wanted) > APART


@pytest.mark.parametrize(
    "options",
    [
        {"use_rslora": True, "r": 16},
        {"rank_pattern": {"q_proj": 2}, "alpha_pattern": {"layers.1.mlp.up_proj": 40}},
        {"use_rslora": True, "r": 16, "rank_pattern": {"v_proj": 8}},
        {"target_modules": ["q_proj", "v_proj"], "layers_to_transform": [1]},
    ],
    ids=["rsLoRA", "patterns", "rsLoRA with patterns", "one layer"],
)
def test_the_strength_that_was_trained_is_the_strength_that_is_served(options: dict[str, Any], tmp_path: Path) -> None:
    wanted = make_adapter(tmp_path, "llama", **options)
    to_gguf(tmp_path / "hf", tmp_path / "base.gguf", {}, Quantisation.F32)
    adapter_to_gguf(tmp_path / "adapter", tmp_path / "hf", tmp_path / "adapter.gguf", {})
    assert farthest(in_llama_cpp(tmp_path), wanted) < CLOSE


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"use_dora": True}, "DoRA"),
        ({"bias": "lora_only", "target_modules": ["q_proj"]}, "biases"),
        ({"modules_to_save": ["lm_head"], "target_modules": ["q_proj"]}, "modules_to_save"),
        ({"target_modules": ["embed_tokens"]}, "matrices"),
    ],
)
async def test_what_a_gguf_adapter_cannot_say_is_refused_with_the_remedy(
    options: dict[str, Any], word: str, tmp_path: Path
) -> None:
    make_adapter(tmp_path, "llama with biases", **options)
    with pytest.raises(NotConvertible, match=word) as caught:
        await Converter().adapter_to_gguf(tmp_path / "adapter", tmp_path / "hf", tmp_path / "adapter.gguf", {})
    assert "Merge it" in caught.value.hint


def test_an_adapter_of_another_base_is_refused_by_the_first_matrix_that_does_not_fit(tmp_path: Path) -> None:
    make_adapter(tmp_path, "llama with wide heads")
    make_model(tmp_path / "other", "llama")
    to_gguf(tmp_path / "other", tmp_path / "base.gguf", {}, Quantisation.F32)
    with pytest.raises(NotConvertible, match=r"another base.*attn_k.weight of the shape \(64, 64\).*\(32, 64\)"):
        adapter_to_gguf(tmp_path / "adapter", tmp_path / "base.gguf", tmp_path / "adapter.gguf", {})


@pytest.mark.parametrize("name", ["adapter_config.json", "adapter_model.safetensors"])
def test_a_folder_without_an_adapter_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(json.dumps({}))
    with pytest.raises(NotConvertible, match="holds no adapter"):
        adapter_to_gguf(tmp_path, tmp_path, tmp_path / "adapter.gguf", {})
