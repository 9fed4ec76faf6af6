"""What the headers of a commit's files say, and what broken ones do: a finding, never a failure."""

from __future__ import annotations

import contextlib
import io
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.hub import AddFile, Contents, Hub, Repository, Unreadable, tags_of
from commonweight.hub.contents.parquet import BrokenFooter, footer_length, read_footer
from commonweight.identity import Caller
from commonweight.storage import Storage
from tests.support.gguf_file import write_gguf


def safetensors(header: Any, body: bytes = b"\0" * 64) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def tensors(**shapes: tuple[str, list[int]]) -> bytes:
    header = {name: {"dtype": dtype, "shape": shape, "data_offsets": [0, 0]} for name, (dtype, shape) in shapes.items()}
    return safetensors({"__metadata__": {"format": "pt"}, **header})


def gguf(folder: Path, name: str = "m.gguf", **pairs: Any) -> bytes:
    said = {"general.architecture": "llama", "llama.context_length": 2048, **pairs}
    return write_gguf(folder / name, said, {"a": np.zeros((4, 3)), "b": np.zeros(5)}).read_bytes()


async def contents(hub: Hub, caller: Caller, files: dict[str, bytes], kind: str = "model") -> Contents:
    repository = await hub.create(caller, kind, None, f"{kind}-x")
    await hub.commit(caller, repository, "main", [AddFile(path, data) for path, data in files.items()], "Files")
    return await hub.contents(await hub.resolve(repository))


def config(**values: Any) -> bytes:
    return json.dumps(values).encode()


async def test_parameters_are_counted_by_dtype(hub: Hub, ada: Caller) -> None:
    found = await contents(hub, ada, {"model.safetensors": tensors(a=("F32", [2, 3]), b=("BF16", [10]), c=("BF16", []))})
    assert found.safetensors == {"parameters": {"F32": 6, "BF16": 11}, "total": 17}
    assert (found.parameters, found.findings) == (17, ())


async def test_shards_are_counted_together_and_nothing_is_counted_twice(hub: Hub, ada: Caller) -> None:
    shard = tensors(a=("F16", [100]))
    files = {f"model-0000{number}-of-00002.safetensors": shard for number in (1, 2)}
    found = await contents(hub, ada, {**files, "consolidated.safetensors": shard, "vae/model.safetensors": shard})
    assert found.safetensors == {"parameters": {"F16": 200}, "total": 200}


async def test_a_missing_shard_is_a_finding_and_no_part_of_the_sum_is_told(hub: Hub, ada: Caller) -> None:
    found = await contents(hub, ada, {"model-00001-of-00003.safetensors": tensors(a=("F16", [100]))})
    assert (found.safetensors, found.findings[0].note[:30]) == ({}, "2 of its shards are not here: ")


async def test_a_gguf_file_tells_its_model(hub: Hub, ada: Caller, tmp_path: Path) -> None:
    pairs = {"tokenizer.ggml.tokens": ["<s>", "</s>"], "tokenizer.ggml.bos_token_id": 0, "tokenizer.chat_template": "{{x}}"}
    found = await contents(hub, ada, {"tiny-Q8_0.gguf": gguf(tmp_path, **pairs), "mmproj-a.gguf": b"GGUF"})
    expected = {"total": 17, "architecture": "llama", "context_length": 2048, "bos_token": "<s>", "chat_template": "{{x}}"}
    assert dict(found.gguf) == expected
    assert (found.library_name, found.pipeline_tag) == ("gguf", "text-generation")


async def test_parts_of_a_gguf_model_are_counted_together(hub: Hub, ada: Caller, tmp_path: Path) -> None:
    part = gguf(tmp_path)
    files = {f"m-Q4_K-0000{number}-of-00002.gguf": part for number in (1, 2)} | {"m-Q8_0.gguf": part}
    assert (await contents(hub, ada, files)).gguf["total"] == 34


async def test_a_vocabulary_longer_than_the_first_bytes_is_read_to_its_end(hub: Hub, ada: Caller, tmp_path: Path) -> None:
    words = [f"word-{number:06}" for number in range(30_000)]
    assert (await contents(hub, ada, {"m.gguf": gguf(tmp_path, **{"tokenizer.ggml.tokens": words})})).gguf["total"] == 17


@pytest.mark.parametrize(
    ("files", "library", "task"),
    [
        ({"config.json": config(architectures=["LlamaForCausalLM"], model_type="llama")}, "transformers", "text-generation"),
        ({"config.json": config(architectures=["T5ForConditionalGeneration"], model_type="t5")}, "transformers",
         "text2text-generation"),
        ({"config.json": config(architectures=["Qwen2VLForConditionalGeneration"], model_type="qwen2_vl")}, "transformers",
         "image-text-to-text"),
        ({"config.json": config(architectures=["WhisperForConditionalGeneration"], model_type="whisper")}, "transformers",
         "automatic-speech-recognition"),
        ({"config.json": config(architectures=["BertModel"], model_type="bert"), "modules.json": b"[]"},
         "sentence-transformers", "sentence-similarity"),
        ({"adapter_config.json": config(task_type="CAUSAL_LM", peft_type="LORA")}, "peft", "text-generation"),
        ({"model_index.json": config(_class_name="StableDiffusionPipeline")}, "diffusers", "text-to-image"),
        ({"config.json": config(architecture="resnet50", num_classes=1000)}, "timm", "image-classification"),
        ({"config.json": b"{"}, "transformers", ""),
        ({"a.txt": b"x"}, "", ""),
    ],
)  # fmt: skip
async def test_library_and_task_follow_from_files(
    hub: Hub, ada: Caller, files: dict[str, bytes], library: str, task: str
) -> None:
    found = await contents(hub, ada, files)
    assert (found.library_name, found.pipeline_tag) == (library, task)


async def test_tags_follow_from_configurations(hub: Hub, ada: Caller) -> None:
    files = {
        "config.json": config(
            architectures=["LlamaForCausalLM"], model_type="llama", auto_map={"AutoModel": "x.Y"},
            quantization_config={"quant_method": "bitsandbytes", "load_in_4bit": True},
        ),
        "tokenizer_config.json": config(chat_template="{{x}}", bos_token={"content": "<s>"}),
    }  # fmt: skip
    found = await contents(hub, ada, files)
    assert found.tags == ("llama", "custom_code", "conversational", "bitsandbytes", "4-bit")
    assert found.config["tokenizer_config"] == {"bos_token": "<s>", "chat_template": "{{x}}"}
    assert found.transformers["custom_class"] == "x.Y"


def parquet(rows: int = 5) -> bytes:
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    columns: dict[str, Any] = {"text": ["a"] * rows, "n": list(range(rows)), "ok": [True] * rows, "raw": [b"b"] * rows}
    columns |= {"when": [np.datetime64("2026-03-01", "us")] * rows, "tags": [["x"]] * rows}
    columns |= {"at": [{"x": 1.5, "y": {"z": 1}}] * rows}
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


async def test_the_schema_of_tables_is_told(hub: Hub, ada: Caller) -> None:
    found = await contents(hub, ada, {"data/a.parquet": parquet(5), "data/b.parquet": parquet(2)}, "dataset")
    assert {one["name"]: one["type"] for one in found.tables["columns"]} == {
        "text": "string", "n": "int64", "ok": "bool", "when": "timestamp", "tags": "list", "at": "struct", "raw": "binary",
    }  # fmt: skip
    assert (found.tables["rows"], found.tables["files"]) == (7, 2)
    assert found.tags == ("format:parquet", "size_categories:n<1K")


BROKEN = {
    "model.safetensors": [
        b"", b"\0", b"x" * 100, struct.pack("<Q", 1 << 62) + b"{", safetensors([1]), safetensors({"a": 1}),
        safetensors({"a": {"dtype": "F32\0", "shape": [1]}}), safetensors({"a": {"dtype": "F32", "shape": [-1]}}),
        safetensors({"a": {"dtype": "F32", "shape": [1 << 52, 1 << 52]}}),
        struct.pack("<Q", 5_000) + b'{"a":' * 1000 + b"}" * 10,
    ],
    "m.gguf": [b"", b"GGUF", b"GGUF" + struct.pack("<IQQ", 3, 1 << 60, 1 << 60), b"GGUF" + b"\xff" * 40],
    "config.json": [b"", b"[]", b"nul", b"\xff", b'{"quantization_config": [1], "auto_map": 3, "architectures": {}}',
                    b'{"model_type": "\\u0000\\ud800", "architectures": ["\\u0000"]}', b"[" * 50_000],
    "tokenizer_config.json": [b'{"chat_template": [1, 2], "bos_token": {"content": {"a": NaN}}}'],
}  # fmt: skip


@pytest.mark.parametrize(("path", "number"), [(path, n) for path, all_of in BROKEN.items() for n in range(len(all_of))])
async def test_a_broken_file_is_no_failure(hub: Hub, ada: Caller, path: str, number: int) -> None:
    found = await contents(hub, ada, {path: BROKEN[path][number]})
    assert (found.safetensors, found.gguf.get("total")) == ({}, None)
    if not path.endswith(".json"):
        assert found.findings[0].path == path


async def test_a_broken_table_is_no_failure(hub: Hub, ada: Caller) -> None:
    whole = parquet()
    files = {"a.parquet": whole[:-20] + whole[-8:], "b.parquet": b"", "c.parquet": b"x" * 99, "d.parquet": whole}
    found = await contents(hub, ada, files, "dataset")
    assert {one.path for one in found.findings} == {"a.parquet", "b.parquet", "c.parquet"}
    assert ("rows" in found.tables, len(found.tables["columns"])) == (False, 7)


def test_no_change_of_a_byte_breaks_the_reader_of_footers() -> None:
    whole = parquet()
    length = footer_length(whole[-8:])
    footer = whole[-8 - length : -8]
    changed = [
        footer[:at] + bytes([byte]) + footer[at + 1 :] for at in range(len(footer)) for byte in (0, 0xFF, footer[at] ^ 0x11)
    ]
    for content in [*changed, *(footer[:end] for end in range(0, len(footer), 7))]:
        with contextlib.suppress(BrokenFooter):
            read_footer(content)


async def test_what_was_read_is_kept(hub: Hub, ada: Caller, database: Database, storage: Storage, clock: SetClock) -> None:
    found = await contents(hub, ada, {"model.safetensors": tensors(a=("F32", [2, 3])), "config.json": b"{"})
    other = Hub(database, storage, clock)
    revision = await other.resolve(await other.find(ada, "model", "ada", "model-x"))
    assert await other.contents(revision) == found


async def test_headers_are_told_whole(hub: Hub, ada: Caller, repository: Repository) -> None:
    files = {"a.safetensors": tensors(a=("F32", [2])), "b.safetensors": b"no"}
    await hub.commit(ada, repository, "main", [AddFile(path, data) for path, data in files.items()], "Files")
    revision = await hub.resolve(repository)
    headers = await hub.safetensors_headers(revision, ["a.safetensors"])
    assert headers["a.safetensors"]["a"]["shape"] == [2]
    with pytest.raises(Unreadable):
        await hub.safetensors_headers(revision, ["b.safetensors"])


async def test_a_data_sets_tags_carry_the_names_of_their_fields(hub: Hub, ada: Caller) -> None:
    card = b"---\nlanguage: [en]\ntask_categories: [translation]\nsize_categories: [1M<n<10M]\nlicense: mit\n---\n"
    repository = await hub.create(ada, "dataset", None, "set")
    await hub.commit(ada, repository, "main", [AddFile("README.md", card), AddFile("a.parquet", parquet())], "Files")
    revision = await hub.resolve(repository)
    tags = tags_of("dataset", await hub.facts(revision), await hub.contents(revision))
    assert tags == [
        "language:en", "task_categories:translation", "size_categories:1M<n<10M", "format:parquet", "license:mit",
    ]  # fmt: skip
