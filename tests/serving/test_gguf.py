"""The header of GGUF files."""

from __future__ import annotations

import struct
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweight.serving.engines.gguf import MAGIC, read_header
from commonweight.serving.errors import LoadFailed
from tests.serving.world import starter_file


def string(text: str) -> bytes:
    return b"".join((struct.pack("<Q", len(text.encode())), text.encode()))


def pair(key: str, kind: int, value: bytes) -> bytes:
    return string(key) + struct.pack("<I", kind) + value


def header(*pairs: bytes, count: int | None = None) -> bytes:
    return MAGIC + struct.pack("<IQQ", 3, 0, len(pairs) if count is None else count) + b"".join(pairs)


def written(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "model.gguf"
    path.write_bytes(data)
    return path


def test_the_starter_says_what_it_was_trained_for() -> None:
    read = read_header(starter_file())
    assert (read.architecture, read.context_tokens, read.cache_bytes_per_token) == ("llama", 8192, 23040)


def test_heads_that_differ_by_layer_count_by_the_largest(tmp_path: Path) -> None:
    heads = struct.pack("<IQ", 4, 3) + struct.pack("<III", 1, 4, 2)
    numbers = {"block_count": 3, "embedding_length": 64, "attention.head_count": 4}
    pairs = [pair("general.architecture", 8, string("new"))]
    pairs += [pair(f"new.{name}", 4, struct.pack("<I", value)) for name, value in numbers.items()]
    read = read_header(written(tmp_path, header(*pairs, pair("new.attention.head_count_kv", 9, heads))))
    assert read.cache_bytes_per_token == 3 * 4 * (16 + 16) * 2


def test_the_vocabulary_is_not_walked_over(tmp_path: Path) -> None:
    pairs = [pair("general.architecture", 8, string("new")), pair("new.block_count", 4, struct.pack("<I", 1))]
    read = read_header(written(tmp_path, header(*pairs, pair("tokenizer.ggml.tokens", 9, b""), count=3)))
    assert "new.block_count" in read.pairs


LIES = {
    "another_magic": b"GGML" + b"\0" * 30,
    "version_99": MAGIC + struct.pack("<IQQ", 99, 0, 0),
    "a_billion_keys": header(count=1 << 30),
    "a_string_of_a_terabyte": header(struct.pack("<Q", 1 << 40), count=1),
    "an_array_of_a_billion": header(pair("a", 9, struct.pack("<IQ", 4, 1 << 30))),
    "an_unknown_type": header(pair("a", 77, b"")),
    "cut_short": header(pair("a", 8, string("abc")))[:-1],
}


@pytest.mark.parametrize("name", LIES)
def test_a_header_that_lies_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(LoadFailed, match="GGUF"):
        read_header(written(tmp_path, LIES[name]))


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(0, 2000), noise=st.binary(max_size=40))
def test_any_beginning_of_a_real_file_ends_in_a_header_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, cut: int, noise: bytes
) -> None:
    with starter_file().open("rb") as file:
        path = written(tmp_path_factory.mktemp("gguf"), file.read(cut) + noise)
    with suppress(LoadFailed):
        assert read_header(path).context_tokens >= 0
