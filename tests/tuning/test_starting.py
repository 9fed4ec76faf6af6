"""A tuning is refused before it starts where its base, its terms, its examples or this machine do not let it be."""

from __future__ import annotations

import functools
import json
import struct
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from commonweight.choosing import Offers
from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.files import File, Purpose
from commonweight.hub import AddFile, AddLarge, GatedRepository, Revision
from commonweight.identity import Caller
from commonweight.rights import load_records
from commonweight.tuning import Deriving, Method, NewTuning, NotDerivable, Start, Starting, TunedNames, TuningRefused
from commonweight.tuning.data import TokenCounter
from commonweight.tuning.lengths import Lengths
from commonweight.tuning.reading import Reading
from commonweight.tuning.starting import NEEDED, missing_packages
from commonweight.tuning.tokenizers import Tokenizers
from tests.policy.world import SELLING, World, make_world
from tests.support.tools import library

LLAMA = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "vocab_size": 300,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "tie_word_embeddings": True,
}
HEAD = json.dumps({"w": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}}).encode()
WEIGHTS = len(HEAD).to_bytes(8, "little") + HEAD + bytes(16)


@dataclass
class Place:
    world: World
    names: TunedNames

    async def base(self, name: str = "tiny", licence: str = "apache-2.0", **config: Any) -> Revision:
        """A checkpoint of ada's with the tokenizer of the tiny base."""
        revision = await self.world.publish(name, {"license": licence})
        files = {"config.json": json.dumps({**LLAMA, **config}), "tokenizer.json": tokenizer()}
        changes = [AddFile(path, text.encode()) for path, text in files.items()]
        changes.append(AddFile("model.safetensors", WEIGHTS))
        await self.world.hub.commit(
            await self.world.caller("ada"), revision.repository, "main", changes, title="Add weights"
        )
        return await self.world.hub.resolve(revision.repository)

    async def gguf(self, said: dict[str, Any]) -> Revision:
        """A repository `packed` of a GGUF file that says this of itself."""
        revision = await self.world.publish("packed", {"license": "apache-2.0"})
        path = self.world.folder / "packed.gguf"
        path.write_bytes(header(said))
        large = await self.world.storage.ingest(revision.repository.scope, path)
        change = AddLarge("packed.gguf", large.sha256)
        await self.world.hub.commit(
            await self.world.caller("ada"), revision.repository, "main", [change], title="Add weights"
        )
        return await self.world.hub.resolve(revision.repository)

    def reading(self, lines: Sequence[dict[str, Any]]) -> Reading:
        """Of a file of these lines, with the real counting."""

        class Kept:
            async def read(self, _file: File) -> AsyncIterator[bytes]:
                for line in lines:
                    yield json.dumps(line).encode() + b"\n"

        async def none(_caller: Caller, _dataset: Mapping[str, Any], _out: Path) -> Mapping[str, Any]:
            raise AssertionError("a file was given")

        files: Any = Kept()
        return Reading(files, none, Tokenizers(self.world.hub), Lengths(TokenCounter().count), self.world.folder)

    async def start(
        self, model: str = "ada/tiny", *, missing: Sequence[str] = (), reading: Reading | None = None, **said: Any
    ) -> Start:
        world = self.world
        offers = Offers(world.hub, world.policy, {"transformers", "llamacpp"}, tuned=self.names)
        starting = Starting(offers, world.hub, self.names, Deriving(world.policy), world.folder, reading, lambda: missing)
        training = said.pop("training", None)
        return await starting(await world.caller(said.pop("by", "ada")), NewTuning(model, None, **said), training, None)


def header(said: dict[str, Any]) -> bytes:
    """The beginning of a GGUF file with these pairs, texts and whole numbers, and no tensors."""

    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    def pair(key: str, value: str | int) -> bytes:
        kind = struct.pack("<I", 8) + text(value) if isinstance(value, str) else struct.pack("<II", 4, value)
        return text(key) + kind

    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(said)) + b"".join(pair(*one) for one in said.items()) + bytes(4096)


@functools.lru_cache(maxsize=1)
def tokenizer() -> str:
    """Byte-level BPE of 300 tokens, as tokenizers writes it. Skips without the extra."""
    library("tokenizers", "tune")
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    plain = Tokenizer(models.BPE())
    plain.pre_tokenizer, plain.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=300, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    plain.train_from_iterator(["a few words are enough for this, as few as can be"] * 40, trainer)
    return str(plain.to_str())


@pytest.fixture
async def place(database: Database, clock: SetClock, tmp_path: Path) -> AsyncIterator[Place]:
    world = await make_world(database, clock, tmp_path, load_records(), ())
    yield Place(world, TunedNames(database, clock))
    await world.storage.close()


def examples(form: str, **facts: Any) -> File:
    about = {"form": form, "examples": 200, "characters": 20_000, **facts}
    return File(1, "file-1", 1, "a.jsonl", Purpose.FINE_TUNE, 20_000, datetime(2026, 3, 1, tzinfo=UTC), None, about)


async def test_a_base_that_may_be_tuned_comes_with_its_verdict_and_what_it_takes(place: Place) -> None:
    revision = await place.base()
    start = await place.start(training=examples("chat"))
    assert (start.base.repository, start.base.commit, start.base.path) == ("ada/tiny", revision.commit, "")
    assert start.base.verdict["value"] in ("allowed", "allowed_with_duties")
    assert start.base.verdict["acts"] == ["modify"]
    assert start.estimate is not None
    assert 80_000 < start.estimate["parameters"] < 120_000
    assert start.estimate["memory_bytes"] > start.estimate["trainable_parameters"]
    assert start.estimate["seconds"] > 0


async def test_terms_that_do_not_let_it_be_used_so_refuse_it_with_the_clause(place: Place) -> None:
    await place.base(licence="cc-by-nc-4.0")
    await place.start()
    await place.world.policy.set_standing_use(await place.world.caller("root"), SELLING)
    with pytest.raises(NotDerivable) as caught:
        await place.start()
    assert "cc-by-nc-4.0" in caught.value.sentence


async def test_a_licence_that_is_stated_of_a_file_is_one_that_is_known(place: Place) -> None:
    await place.base()
    assert (await place.start(options={"licence": "CC-BY-NC-4.0"})).base.repository == "ada/tiny"
    for licence in ("as found", "cc"):
        with pytest.raises(TuningRefused, match="no licence that is recorded") as caught:
            await place.start(options={"licence": licence})
        assert caught.value.param == "options.licence"
    with pytest.raises(TuningRefused, match="says its own"):
        await place.start(options={"licence": "mit"}, dataset={"repository": "ada/lines"})


async def test_a_data_set_whose_verdict_refuses_is_refused_before_it_starts(place: Place) -> None:
    """Not its card alone: what this installation decides of it."""
    await place.base()
    world = place.world
    data = await world.hub.create(await world.caller("ada"), "dataset", None, "lines", "public")
    await world.change(data, {"license": "cc-by-nc-4.0"})
    assert (await place.start(dataset={"repository": "ada/lines"})).base.repository == "ada/tiny"
    await world.policy.set_standing_use(await world.caller("root"), SELLING)
    with pytest.raises(NotDerivable, match=r"datasets/ada/lines must not be learnt from here: .*cc-by-nc-4\.0"):
        await place.start(dataset={"repository": "ada/lines"})
    await world.hub.update(await world.caller("ada"), data, gated="manual")
    with pytest.raises(GatedRepository):
        await place.start(dataset={"repository": "ada/lines"}, by="bob")


async def test_a_judge_that_is_not_here_is_named_before_anything_is_trained(place: Place) -> None:
    await place.base()
    with pytest.raises(TuningRefused) as caught:
        await place.start(options={"judge_model": "ada/nobody"})
    assert caught.value.param == "options.judge_model"
    assert "ada/nobody" in caught.value.sentence
    await place.start(options={"judge_model": "ada/tiny"})


async def test_a_use_that_nobody_recorded_is_named(place: Place) -> None:
    await place.base()
    with pytest.raises(TuningRefused) as caught:
        await place.start(options={"use": "the moon"})
    assert caught.value.param == "options.use"


async def test_what_cannot_become_a_gguf_file_is_refused_before_anything_is_trained(place: Place) -> None:
    await place.base(model_type="mamba", architectures=["MambaForCausalLM"])
    with pytest.raises(TuningRefused) as caught:
        await place.start()
    assert (caught.value.param, caught.value.kind) == ("model", "not_convertible")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"general.architecture": "mamba"}, "architecture 'mamba'; expected one of llama, qwen2, qwen3"),
        ({"general.architecture": "llama", "llama.rope.scaling.type": "yarn"}, "stretches positions by 'yarn'"),
        ({"general.architecture": "llama", "tokenizer.ggml.model": "bert"}, "tokenizer of the kind 'bert'"),
        (
            {"general.architecture": "llama", "tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "odd"},
            "cuts texts as 'odd'",
        ),
    ],
)
async def test_a_gguf_file_that_cannot_be_trained_is_refused_before_it_starts(
    place: Place, said: dict[str, str], why: str
) -> None:
    await place.gguf(said)
    with pytest.raises(TuningRefused, match=why) as caught:
        await place.start("ada/packed")
    assert (caught.value.param, caught.value.kind) == ("model", "not_convertible")
    assert "safetensors" in caught.value.hint


async def test_room_on_the_disk_is_asked_for_a_converted_base_only_where_one_is_converted(place: Place) -> None:
    await place.base()
    sizes = {"llama.embedding_length": 64, "llama.attention.head_count": 4, "llama.block_count": 2, "llama.vocab_size": 300}
    await place.gguf(
        {"general.architecture": "llama", **sizes, "llama.feed_forward_length": 128, "llama.context_length": 512}
    )
    checkpoint, packed = [(await place.start(name)).estimate for name in ("ada/tiny", "ada/packed")]
    assert checkpoint is not None
    assert packed is not None
    written = [one["disk_bytes"] - 4 * copies * one["parameters"] for one, copies in ((checkpoint, 3), (packed, 2))]
    trained = [one["trainable_parameters"] for one in (checkpoint, packed)]
    assert written[0] / trained[0] == pytest.approx(written[1] / trained[1])  # what is left goes with what is trained


async def test_examples_that_the_base_would_not_read_whole_are_named_before_it_starts(place: Place) -> None:
    """By its own tokenizer, and none of it is left lying about."""
    library("transformers", "tune")
    await place.base(max_position_embeddings=512)
    lines = [{"prompt": "a few words", "completion": " are enough"}] * 11
    lines[4:5] = [{"prompt": "a few words", "completion": "z" * 600}]
    start = await place.start(training=examples("completion"), reading=place.reading(lines))
    (warning,) = start.warnings
    assert warning["message"].startswith("1 examples have answers that do not fit into 512 tokens, in lines 5:")
    assert start.estimate is not None
    assert start.estimate["max_tokens"] == 512
    assert not list(place.world.folder.glob("reading-*"))
    short = await place.start(training=examples("completion"), reading=place.reading(lines[:4]))
    assert short.warnings == []


async def test_a_base_that_is_too_large_for_this_machine_is_refused_with_what_would_do(place: Place) -> None:
    await place.base(hidden_size=16_384, intermediate_size=65_536, num_hidden_layers=80, num_attention_heads=128)
    with pytest.raises(TuningRefused) as caught:
        await place.start()
    assert caught.value.kind == "does_not_fit"
    assert "GB" in caught.value.detail


@pytest.mark.parametrize(("form", "kind"), [("chat", Method.DPO), ("preference", Method.SUPERVISED)])
async def test_examples_of_the_other_method_are_refused(place: Place, form: str, kind: Method) -> None:
    await place.base()
    with pytest.raises(TuningRefused) as caught:
        await place.start(training=examples(form), method={"type": kind.value})
    assert (caught.value.param, caught.value.kind) == ("training_file", "wrong_form")


async def test_without_the_extra_it_is_said_how_to_install_it(place: Place) -> None:
    await place.base()
    with pytest.raises(TuningRefused) as caught:
        await place.start(missing=["torch", "peft"])
    assert "torch, peft" in caught.value.detail
    assert "pip install 'commonweight[tune]'" in caught.value.hint
    assert missing_packages(lambda name: None) == list(NEEDED)


async def test_a_name_that_means_nothing_is_refused_as_the_model(place: Place) -> None:
    for name in ("ada/none", "none", "ft:none:a::b"):
        with pytest.raises(TuningRefused) as caught:
            await place.start(name)
        assert (caught.value.param, caught.value.kind) == ("model", "model_not_found")
