"""What first bytes of files claim."""

from __future__ import annotations

import json
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweight.rights.openness.gguf import FIRST_TOKENS, TOKENS, read_gguf
from commonweight.vetting.weights_heads import FIRST_BYTES, MAX_WORDS, claims_of, repository_named, wanted_bytes
from tests.serving.world import starter_file
from tests.vetting.weight_files import gguf, safetensors, tensor_bytes

LLAMA = {
    "general.architecture": "llama",
    "general.name": "Llama 3 8B",
    "general.license": "llama3",
    "general.tags": ["chat", "gguf"],
    "general.base_model.count": 1,
    "general.base_model.0.repo_url": "https://huggingface.co/meta-llama/Meta-Llama-3-8B",
    "general.file_type": 15,
    "llama.block_count": 32,
    TOKENS: ["<s>", "</s>", "a"],
}


def test_a_gguf_header_names_licence_base_and_what_was_done() -> None:
    data = gguf(LLAMA)
    found = claims_of("x.gguf", data, len(data))
    assert (found.licence, found.bases, found.relation) == ("llama3", ("meta-llama/Meta-Llama-3-8B",), "quantise")
    assert (found.title, found.architecture, found.note) == ("Llama 3 8B", "llama", "")


def test_the_header_of_a_real_file_is_read_whole() -> None:
    data = starter_file().read_bytes()
    head = read_gguf(data[: 8 << 20], len(data))
    assert head is not None
    assert head.is_whole
    assert head.pairs["general.architecture"] == "llama"
    assert head.pairs["llama.block_count"] == 30
    assert (len(head.tokens), len(head.tensors)) == (FIRST_TOKENS, 272)
    assert max(one.start + one.size for one in head.tensors) == len(data)


def test_plain_values_behind_a_list_are_read_too() -> None:
    head = read_gguf(gguf(LLAMA), 1 << 20)
    assert head is not None
    assert (head.pairs["llama.block_count"], head.tokens) == (32, (b"<s>", b"</s>", b"a"))


def test_tensors_lie_where_their_bytes_are() -> None:
    one, two = tensor_bytes(1, 100), tensor_bytes(2, 64)
    data = gguf({"general.architecture": "new"}, {"one": one, "two": two})
    head = read_gguf(data, len(data))
    assert head is not None
    assert [data[t.start : t.start + len(content)] for t, content in zip(head.tensors, (one, two), strict=True)] == [
        one,
        two,
    ]


BROKEN = {
    "another_magic": b"GGML" + b"\0" * 30,
    "version_99": b"GGUF" + struct.pack("<IQQ", 99, 0, 0),
    "a_billion_keys": b"GGUF" + struct.pack("<IQQ", 3, 0, 1 << 30),
    "a_billion_tensors": b"GGUF" + struct.pack("<IQQ", 3, 1 << 60, 0),
    "a_text_of_an_exabyte": b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1 << 60),
    "an_unknown_type": b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1) + b"a" + struct.pack("<I", 77),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_gguf_header_that_lies_gets_a_note(name: str) -> None:
    found = claims_of("x.gguf", BROKEN[name], len(BROKEN[name]))
    assert found.note
    assert not found.licence


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_any_bytes_behind_the_magic_are_read_or_noted(rest: bytes) -> None:
    claims_of("x.gguf", b"GGUF" + rest, 4 + len(rest))
    claims_of("x.safetensors", rest, len(rest))
    claims_of("config.json", rest, len(rest))


def test_safetensors_metadata_names_a_licence_and_a_base() -> None:
    metadata = {"format": "pt", "license": "cc-by-nc-4.0", "base_model": "acme/base"}
    data = safetensors({"w": tensor_bytes(1, 64)}, metadata)
    found = claims_of("model.safetensors", data, len(data))
    assert (found.licence, found.bases, found.relation) == ("cc-by-nc-4.0", ("acme/base",), "finetune")


def test_metadata_are_read_out_of_the_beginning_of_a_large_header() -> None:
    data = safetensors({f"w{n:05}": b"\0\0\0\0" for n in range(3000)}, {"modelspec.license": "MIT"})
    first = data[:FIRST_BYTES]
    assert wanted_bytes("a.safetensors", len(data), first) == len(first)
    assert claims_of("a.safetensors", first, len(data)).licence == "MIT"


def test_a_header_without_metadata_in_front_is_read_whole() -> None:
    data = safetensors({f"w{n:05}": b"\0\0\0\0" for n in range(3000)})
    (length,) = struct.unpack("<Q", data[:8])
    assert wanted_bytes("a.safetensors", len(data), data[:FIRST_BYTES]) == 8 + length
    assert claims_of("a.safetensors", data, len(data)).note == ""


def test_a_licence_that_is_a_whole_text_is_left_out_with_a_note() -> None:
    data = safetensors({}, {"license": "You may. " * MAX_WORDS})
    found = claims_of("a.safetensors", data, len(data))
    assert found.licence == ""
    assert "text rather than a name" in found.note


def test_control_characters_and_halves_of_pairs_stay_outside() -> None:
    data = json.dumps({"_name_or_path": "acme/base", "architectures": ["Llama\u0000For\ud800"]}).encode()
    assert claims_of("config.json", data, len(data)).architecture == "Llama For"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("meta-llama/Llama-3.2-1B", "meta-llama/Llama-3.2-1B"),
        ("https://huggingface.co/meta-llama/Llama-3.2-1B?x=1", "meta-llama/Llama-3.2-1B"),
        ("https://huggingface.co/meta-llama/Llama-3.2-1B/tree/main", "meta-llama/Llama-3.2-1B"),
        *((path, "") for path in (
            "/home/ada/out", "./out", "../a/b", "out", "C:\\models\\x", "results/checkpoint-500", "ada/checkpoint-12",
            "output/final", "a/b/c", "~/models", "", None, 7, ["a/b"], "a/" + "b" * 300,
        )),
    ],
)  # fmt: skip
def test_a_folder_of_whoever_trained_it_is_no_base(text: object, name: str) -> None:
    assert repository_named(text) == name
