"""A ladder of formats, all of which llama.cpp takes, and the widths that their blocks do not fit."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
import pytest
from gguf import GGMLQuantizationType as Type

from commonweight.tuning.converting import (
    ConversionFailed,
    Converter,
    HeadCut,
    NotConvertible,
    Quantisation,
    check_all_there,
    check_shrinkable,
    parts_of,
    whole_models,
)
from commonweight.tuning.converting.encoding import Encoder, fitting
from commonweight.tuning.converting.gguf_file import write_gguf
from commonweight.tuning.converting.gguf_reading import GgufFile
from commonweight.tuning.converting.mixing import format_of
from commonweight.tuning.converting.quantising import as_it_is, copy_pairs, join, quantise
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


def test_a_quantised_file_is_made_smaller_where_that_is_asked_for_and_says_what_it_costs(tmp_path: Path) -> None:
    source = quantise(make_wide(tmp_path), tmp_path / "Q8_0.gguf", Quantisation.Q8_0)
    origin = {"repository": "ada/small", "base_repository": "ada/big", "base_commit": "a" * 40}
    made = quantise(source.path, tmp_path / "Q4_K.gguf", Quantisation.Q4_K, again=True, metadata=origin)
    assert "Made from Q8_0, not from floats" in made.warnings[0]
    assert float(np.corrcoef(logits(made.path).ravel(), logits(source.path).ravel())[0, 1]) > NEAR[Quantisation.Q4_K]
    kept = GgufFile(made.path)
    assert (kept.value("commonweight.repository"), kept.value("general.name")) == ("ada/small", "wide")
    assert kept.value("general.base_model.0.repo_url") == "ada/big"
    assert kept.tensors["blk.0.attn_q.weight"].kind is Type.Q4_K


def test_nothing_goes_upward(tmp_path: Path) -> None:
    source = quantise(make_wide(tmp_path), tmp_path / "Q4_K.gguf", Quantisation.Q4_K)
    for kind in (Quantisation.F16, Quantisation.Q8_0, Quantisation.Q4_K, Quantisation.Q4_0):
        with pytest.raises(NotConvertible, match=f"{kind.value} is not smaller than the file, which is kept as Q4_K"):
            quantise(source.path, tmp_path / "out.gguf", kind, again=True)
    made = quantise(source.path, tmp_path / "IQ4_XS.gguf", Quantisation.IQ4_XS, again=True)
    before, after = GgufFile(source.path), GgufFile(made.path)
    assert before.tensors["output.weight"].kind is after.tensors["output.weight"].kind is Type.Q6_K
    assert before.raw("output.weight").tobytes() == after.raw("output.weight").tobytes()


def test_rows_that_are_smaller_already_are_copied_and_that_is_told(tmp_path: Path) -> None:
    make_model(tmp_path / "hf", "llama")  # 64 wide: Q4_K would have to be Q5_0
    to_gguf(tmp_path / "hf", tmp_path / "F16.gguf", {})
    made = quantise(tmp_path / "F16.gguf", tmp_path / "Q5_0.gguf", Quantisation.Q5_0)
    smaller = quantise(made.path, tmp_path / "Q4_K.gguf", Quantisation.Q4_K, again=True)
    assert smaller.size <= made.size
    assert smaller.fallbacks["Q4_K as Q5_0"] > 10


def test_parts_become_one_file_that_is_the_same_model(tmp_path: Path) -> None:
    whole = make_wide(tmp_path)
    parts = split(whole, tmp_path / "parts")
    joined = join(parts, tmp_path / "joined.gguf")
    one, other = GgufFile(whole), GgufFile(joined.path)
    assert {name: one.raw(name).tobytes() for name in one.tensors} == {
        name: other.raw(name).tobytes() for name in other.tensors
    }
    assert not [key for key in other.entries if key.startswith("split.")]
    assert (logits(joined.path) == logits(whole)).all()
    with pytest.raises(NotConvertible, match="part 1 of 2"):
        join(parts[::-1], tmp_path / "wrong.gguf")
    with pytest.raises(NotConvertible, match="part 1 of 1"):
        join(parts[:1], tmp_path / "wrong.gguf")


def test_parts_are_known_by_their_names() -> None:
    first, second = "a/tiny-00001-of-00002.gguf", "a/tiny-00002-of-00002.gguf"
    assert parts_of("tiny.gguf") == ("tiny.gguf",)
    assert parts_of(second) == (first, second)
    assert whole_models([second, first, "b.gguf"]) == (first, "b.gguf")
    with pytest.raises(NotConvertible, match=r"of which a/tiny-00002-of-00002\.gguf is missing"):
        check_all_there(first, [first])
    with pytest.raises(NotConvertible, match="parts that cannot be"):
        parts_of("tiny-00003-of-00002.gguf")


def test_a_head_tells_whether_it_can_be_made_smaller_and_asks_for_more_where_it_is_cut(tmp_path: Path) -> None:
    whole = make_wide(tmp_path)
    made = quantise(whole, tmp_path / "Q8_0.gguf", Quantisation.Q8_0)
    data = made.path.read_bytes()
    assert check_shrinkable("f", whole.read_bytes()[:200_000], whole.stat().st_size, [Quantisation.Q8_0]) == ""
    assert "not from floats" in check_shrinkable("f", data[:200_000], len(data), [Quantisation.Q4_K])
    with pytest.raises(HeadCut):
        check_shrinkable("f", data[:1000], len(data), [Quantisation.Q4_K])
    with pytest.raises(NotConvertible, match="ends before its tensor"):
        check_shrinkable("f", data[:200_000], len(data) - 1000, [Quantisation.Q4_K])
    with pytest.raises(NotConvertible, match="no GGUF file"):
        check_shrinkable("f", b"PK" + bytes(100), 10_000, [Quantisation.Q4_K])


def split(file: Path, folder: Path) -> list[Path]:
    """A file in two, as llama.cpp's tool for that does it: all keys in the first, tensors in both."""
    source = GgufFile(file)
    names = list(source.tensors)
    half, parts = len(names) // 2, []
    folder.mkdir()
    for at, some in enumerate((names[:half], names[half:])):
        writer = gguf.GGUFWriter(None, source.architecture)
        if at == 0:
            copy_pairs(source, writer)
        writer.add_uint16("split.no", at)
        writer.add_uint16("split.count", 2)
        writer.add_int32("split.tensors.count", len(names))
        planned = [as_it_is(source, name) for name in some]
        path = folder / f"wide-{at + 1:05}-of-00002.gguf"
        parts.append(write_gguf(path, "F16", writer, planned, Encoder()).path)
    return parts


async def test_the_child_makes_what_llama_cpp_takes(tmp_path: Path) -> None:
    make_model(tmp_path / "hf", "llama")
    to_gguf(tmp_path / "hf", tmp_path / "F16.gguf", {})
    made = await Converter().quantise(tmp_path / "F16.gguf", tmp_path / "Q8_0.gguf", Quantisation.Q8_0)
    assert made.kind == "Q8_0"
    assert logits(made.path).shape == (len(TOKENS), 259)
