"""Converting happens in a process of its own, which tells how far it is, and goes with whoever asked."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import gguf
import psutil
import pytest

from commonweight.tuning.converting import ConversionFailed, Converter, NotConvertible, Quantisation
from tests.tuning.converting.models import make_model

ORIGIN = {
    "name": "Tickets",
    "licence": "apache-2.0",
    "base_repository": "ada/base",
    "base_commit": "a" * 40,
    "dataset_sha256": "b" * 64,
}


def pairs(path: Path) -> dict[str, object]:
    reader = gguf.GGUFReader(path)
    return {name: field.contents() for name, field in reader.fields.items()}


async def test_a_checkpoint_in_sixteen_bits_becomes_a_file_that_says_where_it_comes_from(tmp_path: Path) -> None:
    make_model(tmp_path / "hf", "llama", dtype="bfloat16")
    told: list[tuple[float, str]] = []

    async def tell(share: float, what: str) -> None:
        told.append((share, what))

    made = await Converter(log=tmp_path / "log").to_gguf(tmp_path / "hf", tmp_path / "m.gguf", ORIGIN, tell=tell)
    assert made.size == (tmp_path / "m.gguf").stat().st_size
    assert made.tokens
    assert made.tokens.same
    assert made.template
    assert made.template.same
    assert not made.warnings
    assert told
    found = pairs(made.path)
    assert found["general.license"] == "apache-2.0"
    assert found["general.base_model.0.repo_url"] == "ada/base"
    assert found["commonweight.base.commit"] == "a" * 40
    assert found["commonweight.dataset.sha256"] == "b" * 64
    assert found["tokenizer.ggml.eos_token_id"] == 258
    assert str(tmp_path) not in str(found)


async def test_a_path_of_this_machine_is_not_written_into_a_file_for_others(tmp_path: Path) -> None:
    make_model(tmp_path / "hf", "llama")
    with pytest.raises(NotConvertible, match="path of this machine"):
        await Converter().to_gguf(tmp_path / "hf", tmp_path / "m.gguf", {"base_repository": str(tmp_path)})
    assert not list(tmp_path.glob("m.gguf*"))


async def test_weights_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    model = make_model(tmp_path / "hf", "llama")
    model.model.norm.weight.data[3] = float("nan")
    model.save_pretrained(tmp_path / "hf")
    with pytest.raises(ConversionFailed, match=r"output_norm.weight holds numbers that are none"):
        await Converter().to_gguf(tmp_path / "hf", tmp_path / "m.gguf", {})


async def test_a_file_that_was_cut_is_refused_with_what_to_do(tmp_path: Path) -> None:
    make_model(tmp_path / "hf", "llama")
    weights = tmp_path / "hf" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(NotConvertible, match=r"model.safetensors is no safetensors file that can be read"):
        await Converter().to_gguf(tmp_path / "hf", tmp_path / "m.gguf", {})


async def test_a_process_that_dies_is_told_with_its_last_words(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho no memory left >&2\nkill -9 $$\n")
    broken.chmod(0o755)
    with pytest.raises(ConversionFailed, match=r"signal 9. no memory left"):
        await Converter(str(broken), tmp_path / "log").to_gguf(tmp_path, tmp_path / "m.gguf", {})


async def test_who_stops_waiting_takes_the_process_along(tmp_path: Path) -> None:
    slow = tmp_path / "python"
    slow.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/number\nexec sleep 60\n")
    slow.chmod(0o755)
    waiting = asyncio.create_task(Converter(str(slow)).to_gguf(tmp_path, tmp_path / "m.gguf", {}))
    async with asyncio.timeout(10):
        while not (tmp_path / "number").exists() or not (tmp_path / "number").read_text().strip():
            await asyncio.sleep(0.02)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not psutil.pid_exists(int((tmp_path / "number").read_text()))


async def test_embeddings_that_do_not_fit_their_configuration_are_refused(tmp_path: Path) -> None:
    make_model(tmp_path / "hf", "llama")
    config = json.loads((tmp_path / "hf" / "config.json").read_text())
    (tmp_path / "hf" / "config.json").write_text(json.dumps({**config, "vocab_size": 400}))
    with pytest.raises(NotConvertible, match="259 rows"):
        await Converter().to_gguf(tmp_path / "hf", tmp_path / "m.gguf", {}, Quantisation.F16)
