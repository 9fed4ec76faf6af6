"""A ladder of formats, all of which llama.cpp takes, and the widths that their blocks do not fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from gguf import GGMLQuantizationType as Type

from commonweight.tuning.converting import ConversionFailed, Converter, NotConvertible, Quantisation
from commonweight.tuning.converting.encoding import Encoder, fitting
from commonweight.tuning.converting.gguf_reading import GgufFile
from commonweight.tuning.converting.mixing import format_of
from commonweight.tuning.converting.quantising import quantise
from commonweight.tuning.converting.to_gguf import to_gguf
from tests.tuning.converting.llama_cpp import Model
from tests.tuning.converting.models import FAMILIES, make_model

TOKENS = [int(byte) for byte in b"The quick brown fox"]
#: How near the logits stay to those of floats (their correlation), of random numbers 256 wide: nothing is rounded harder.
NEAR = {
    Quantisation.Q8_0: 0.99,
    Quantisation.Q6_K: 0.97,
    Quantisation.Q5_K: 0.93,
    Quantisation.Q5_0: 0.93,
    Quantisation.Q4_K: 0.87,
    Quantisation.Q4_0: 0.8,
    Quantisation.IQ4_NL: 0.84,
    Quantisation.IQ4_XS: 0.84,
}
WIDE = {"hidden_size": 256, "intermediate_size": 512}


def make_wide(folder: Path) -> Path:
    config_class, model_class, _ = FAMILIES["llama"]
    FAMILIES["llama, wide"] = (config_class, model_class, WIDE)
    make_model(folder / "hf", "llama, wide")
    to_gguf(folder / "hf", folder / "F16.gguf", {"name": "wide", "licence": "mit"})
    return folder / "F16.gguf"


def logits(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    model = Model(path)
    try:
        return model.logits(TOKENS)
    finally:
        model.close()


def test_each_step_of_the_ladder_is_smaller_and_says_nearly_the_same(tmp_path: Path) -> None:
    source = make_wide(tmp_path)
    whole, sizes = logits(source), {}
    for kind, near in NEAR.items():
        made = quantise(source, tmp_path / f"{kind}.gguf", kind)
        assert not made.fallbacks
        sizes[kind] = made.size
        found = float(np.corrcoef(logits(made.path).ravel(), whole.ravel())[0, 1])
        assert found > near, (kind, found)
        kept = GgufFile(made.path)
        assert kept.value("general.license") == "mit"
        assert kept.value("tokenizer.chat_template") == GgufFile(source).value("tokenizer.chat_template")
    assert sizes[Quantisation.Q8_0] > sizes[Quantisation.Q6_K] > sizes[Quantisation.Q5_K] > sizes[Quantisation.Q4_K]
    assert sizes[Quantisation.Q8_0] < source.stat().st_size * 0.6


def test_rows_that_do_not_fit_get_smaller_blocks_and_it_is_told(tmp_path: Path) -> None:
    make_model(tmp_path / "hf", "llama")  # 64 wide: no multiple of 256
    to_gguf(tmp_path / "hf", tmp_path / "F16.gguf", {})
    made = quantise(tmp_path / "F16.gguf", tmp_path / "Q4_K.gguf", Quantisation.Q4_K)
    assert set(made.fallbacks) == {"Q4_K as Q5_0", "Q4_K as Q8_0"}
    assert logits(made.path).shape == (len(TOKENS), 259)


def test_no_width_is_given_to_ggml_that_it_would_write_beyond() -> None:
    assert fitting(Type.Q4_K, 576) is Type.Q5_0
    assert fitting(Type.Q6_K, 576) is Type.Q8_0
    assert fitting(Type.IQ4_XS, 64) is Type.IQ4_NL
    assert fitting(Type.Q4_K, 50) is Type.F16
    with pytest.raises(ConversionFailed, match="Rows of 50 numbers"):
        Encoder().encode(np.zeros((2, 50), np.float32), Type.Q8_0)


def test_vectors_stay_whole_and_the_words_that_come_out_keep_six_bits() -> None:
    assert format_of("blk.0.attn_norm.weight", (256,), Quantisation.Q4_K, 32) is Type.F32
    assert format_of("output.weight", (1000, 256), Quantisation.Q4_0, 32) is Type.Q6_K
    assert format_of("blk.0.ffn_down.weight", (256, 512), Quantisation.Q4_K, 32) is Type.Q6_K
    assert format_of("blk.4.ffn_down.weight", (256, 512), Quantisation.Q4_K, 32) is Type.Q4_K


async def test_what_is_quantised_already_is_not_quantised_again(tmp_path: Path) -> None:
    make_model(tmp_path / "hf", "llama")
    await Converter().to_gguf(tmp_path / "hf", tmp_path / "Q8_0.gguf", {}, Quantisation.Q8_0)
    with pytest.raises(NotConvertible, match="quantised already"):
        await Converter().quantise(tmp_path / "Q8_0.gguf", tmp_path / "Q4_0.gguf", Quantisation.Q4_0)


async def test_the_child_makes_what_llama_cpp_takes(tmp_path: Path) -> None:
    make_model(tmp_path / "hf", "llama")
    to_gguf(tmp_path / "hf", tmp_path / "F16.gguf", {})
    made = await Converter().quantise(tmp_path / "F16.gguf", tmp_path / "Q8_0.gguf", Quantisation.Q8_0)
    assert made.kind == "Q8_0"
    assert logits(made.path).shape == (len(TOKENS), 259)
