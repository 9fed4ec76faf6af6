"""A GGUF file becomes a folder that transformers reads and that says the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from commonweight.mirror.starter import STARTER_FILE, locate
from commonweight.tuning.converting import Converter, NotConvertible, Quantisation
from commonweight.tuning.converting.gguf_reading import GgufHead
from commonweight.tuning.converting.parity import opened, template_parity, token_parity
from commonweight.tuning.converting.to_checkpoint import to_checkpoint, write_tokenizer
from commonweight.tuning.converting.to_gguf import to_gguf
from tests.support.tools import library
from tests.tuning.converting.llama_cpp import Model, farthest
from tests.tuning.converting.models import logits_of, make_model
from tests.tuning.converting.tokenizers_of import BYTE_LEVEL, byte_level, sentencepiece

TOKENS = [int(byte) for byte in b"The quick brown fox jumps over the lazy dog."]


@pytest.mark.parametrize(
    "family", ["llama", "llama with biases", "llama with wide heads", "llama stretched", "qwen2", "qwen3"]
)
def test_there_and_back_the_model_says_the_same(family: str, tmp_path: Path) -> None:
    transformers = library("transformers")
    wanted = logits_of(make_model(tmp_path / "hf", family), TOKENS)
    to_gguf(tmp_path / "hf", tmp_path / "model.gguf", {}, Quantisation.F32)
    to_checkpoint(tmp_path / "model.gguf", tmp_path / "back")
    model = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "back", attn_implementation="eager")
    assert farthest(logits_of(model, TOKENS), wanted) < 1e-5
    assert (model.config.eos_token_id, model.config.bos_token_id) == (258, 256)


@pytest.mark.parametrize("name", BYTE_LEVEL)
def test_a_byte_level_tokenizer_comes_back_whole(name: str, tmp_path: Path) -> None:
    make_model(tmp_path / "hf", "llama", tokens=byte_level(tmp_path / "hf", name))
    to_gguf(tmp_path / "hf", tmp_path / "model.gguf", {})
    to_checkpoint(tmp_path / "model.gguf", tmp_path / "back")
    same_tokens(tmp_path)


@pytest.mark.parametrize("name", ["llama 2", "gemma"])
def test_a_tokenizer_of_sentencepiece_comes_back_whole(name: str, tmp_path: Path) -> None:
    make_model(tmp_path / "hf", "llama", tokens=sentencepiece(tmp_path / "hf", name))
    to_gguf(tmp_path / "hf", tmp_path / "model.gguf", {})
    to_checkpoint(tmp_path / "model.gguf", tmp_path / "back")
    same_tokens(tmp_path)


def test_the_beginning_of_a_file_gives_its_tokenizer_and_less_than_that_is_said(tmp_path: Path) -> None:
    make_model(tmp_path / "hf", "llama", tokens=byte_level(tmp_path / "hf", next(iter(BYTE_LEVEL))))
    to_gguf(tmp_path / "hf", tmp_path / "model.gguf", {})
    whole = (tmp_path / "model.gguf").read_bytes()
    end = max(place.start for place in GgufHead(whole, len(whole)).tensors.values())
    (tmp_path / "back").mkdir()
    write_tokenizer(whole[:end], tmp_path / "back")
    same_tokens(tmp_path)
    with pytest.raises(NotConvertible, match="vocabulary"):
        write_tokenizer(whole[:2000], tmp_path / "back")


def same_tokens(folder: Path) -> None:
    from commonweight.tuning.converting.nasty import TEXTS

    transformers = library("transformers")
    before, after = (transformers.AutoTokenizer.from_pretrained(folder / name) for name in ("hf", "back"))
    for text in TEXTS:
        assert after(text)["input_ids"] == before(text)["input_ids"], text
        ids = before(text)["input_ids"]
        assert after.decode(ids) == before.decode(ids)
    assert after.eos_token == before.eos_token
    assert after.chat_template == before.chat_template


def test_a_family_that_is_not_read_back_is_refused(tmp_path: Path) -> None:
    make_model(tmp_path / "hf", "gemma 2")
    to_gguf(tmp_path / "hf", tmp_path / "model.gguf", {})
    with pytest.raises(NotConvertible, match="gemma2"):
        to_checkpoint(tmp_path / "model.gguf", tmp_path / "back")


def test_no_gguf_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_bytes(b"GGUF and something else entirely")
    with pytest.raises(NotConvertible, match=r"model.gguf is no GGUF file"):
        to_checkpoint(tmp_path / "model.gguf", tmp_path / "back")


async def test_the_starter_in_four_bits_becomes_a_folder_that_can_be_trained(tmp_path: Path) -> None:
    transformers = library("transformers")
    await Converter().to_checkpoint(locate(STARTER_FILE), tmp_path / "hf")
    model = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "hf")
    assert not model.config.to_dict().get("quantization_config")
    engine = Model(locate(STARTER_FILE))
    try:
        tokens = engine.tokens("<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n")
        theirs, ours = engine.logits(tokens), logits_of(model, tokens)
    finally:
        engine.close()
    assert np.mean(theirs.argmax(-1) == ours.argmax(-1)) > 0.9  # llama.cpp rounds what goes in to eight bits
    assert float(np.corrcoef(theirs.ravel(), ours.ravel())[0, 1]) > 0.995
    with opened(locate(STARTER_FILE)) as file:
        assert token_parity(tmp_path / "hf", file).same
        assert template_parity(tmp_path / "hf", file).same
