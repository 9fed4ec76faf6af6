"""Adapters as their trainers save them, on bases of GGUF: converted where they are served, kept, refused with a remedy."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from commonweight.choosing import Offers, PeftAdapters, Sources
from commonweight.hub import AddFile, AddLarge, Revision
from commonweight.identity import ANONYMOUS
from commonweight.serving import FileChoiceError, LoadFailed, Source
from commonweight.serving.engines.gguf import read_header
from commonweight.tuning.converting import Converter
from tests.policy.world import World
from tests.serving.tiny_gguf import write_base
from tests.support.peft_adapter import write_peft

CARD = {"license": "mit", "base_model": "ada/base", "base_model_relation": "adapter"}


async def publish_base(world: World) -> Revision:
    revision = await world.publish("base", {"license": "mit"})
    file = write_base(world.folder / "base.gguf")
    large = await world.storage.ingest(revision.repository.scope, file)
    await commit(world, revision, [AddLarge("model.gguf", large.sha256)])
    return revision


async def publish_adapter(world: World, name: str, folder: Path) -> Source:
    """An adapter in PEFT's layout, as an offer has it."""
    revision = await world.publish(name, CARD)
    large = await world.storage.ingest(revision.repository.scope, folder / "adapter_model.safetensors")
    config = (folder / "adapter_config.json").read_bytes()
    changes = [AddLarge("adapter_model.safetensors", large.sha256), AddFile("adapter_config.json", config)]
    await commit(world, revision, changes)
    offer = await Offers(world.hub, world.policy, ("llamacpp",)).resolve(ANONYMOUS, f"ada/{name}")
    return offer.servable.adapters[-1]


async def commit(world: World, revision: Revision, changes: list[AddFile | AddLarge]) -> None:
    await world.hub.commit(await world.caller("ada"), revision.repository, "main", changes, title="Add files")


def sources(world: World, kept_bytes: int = 1 << 30) -> Sources:
    kept = world.folder / "kept"
    return Sources(world.hub, world.storage, PeftAdapters(world.hub, world.storage, Converter(), kept, kept_bytes))


async def test_an_adapter_of_safetensors_is_what_an_engine_of_gguf_reads(world: World) -> None:
    await publish_base(world)
    source = await publish_adapter(world, "tuned", write_peft(world.folder / "peft", 7))
    async with sources(world).materialise(source) as path:
        pairs = read_header(path).pairs
        assert (pairs["general.type"], pairs["adapter.lora.alpha"]) == ("adapter", 4.0)
        assert pairs["commonweight.repository"] == "ada/tuned"
        assert str(world.folder) not in str(pairs)
    digests = await sources(world).digests(source)
    assert [one.path for one in digests] == ["adapter_config.json", "adapter_model.safetensors"]


async def test_it_is_converted_once_and_kept(world: World) -> None:
    await publish_base(world)
    source = await publish_adapter(world, "tuned", write_peft(world.folder / "peft", 7))
    of_one = sources(world)

    async def made() -> int:
        async with of_one.materialise(source) as path:
            return path.stat().st_ino

    together = await asyncio.gather(made(), made(), made())
    async with sources(world).materialise(source) as path:
        assert {*together, path.stat().st_ino} == {together[0]}


async def test_what_was_not_used_for_longest_makes_room(world: World) -> None:
    await publish_base(world)
    first = await publish_adapter(world, "first", write_peft(world.folder / "one", 7))
    second = await publish_adapter(world, "second", write_peft(world.folder / "two", 8))
    small = sources(world, kept_bytes=1)
    async with small.materialise(first) as used, small.materialise(second):
        assert used.exists()
    async with small.materialise(await publish_adapter(world, "third", write_peft(world.folder / "three", 9))) as last:
        assert [path.name for path in (world.folder / "kept").iterdir()] == [last.name]


@pytest.mark.parametrize(
    ("config", "word"), [({"use_dora": True}, "DoRA"), ({"bias": "all"}, "biases"), ({"peft_type": "IA3"}, "IA3")]
)
async def test_one_that_gguf_cannot_say_is_refused_when_it_is_asked_for(
    world: World, config: dict[str, object], word: str
) -> None:
    await publish_base(world)
    with pytest.raises(FileChoiceError, match=word) as caught:
        await publish_adapter(world, "tuned", write_peft(world.folder / "peft", 7, **config))
    assert "Merge it" in caught.value.hint


async def test_one_of_another_base_cannot_be_loaded_and_says_why(world: World) -> None:
    await publish_base(world)
    source = await publish_adapter(world, "tuned", write_peft(world.folder / "peft", 7, width=128))
    with pytest.raises(LoadFailed, match=r"ada/tuned.* was made for another base.*\(128, 128\).*\(64, 64\)"):
        async with sources(world).materialise(source):
            pass


async def test_a_process_that_does_not_convert_says_so(world: World) -> None:
    await publish_base(world)
    source = await publish_adapter(world, "tuned", write_peft(world.folder / "peft", 7))
    with pytest.raises(LoadFailed, match="does not convert"):
        async with Sources(world.hub, world.storage).materialise(source):
            pass
