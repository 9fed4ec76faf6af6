"""Models that are here as GGUF alone go further down the ladder, never up, with lineage and terms as all others."""

from __future__ import annotations

import json
from pathlib import Path

import gguf
import pytest

from commonweight.hub import AddFile, AddLarge, Change, Revision
from commonweight.tuning.conversions import ConversionRefused, ConversionStatus
from commonweight.tuning.converting import NotConvertible, Quantisation
from commonweight.tuning.converting.encoding import Encoder
from commonweight.tuning.converting.gguf_file import write_gguf
from commonweight.tuning.converting.gguf_reading import GgufFile
from commonweight.tuning.converting.quantising import as_it_is, copy_pairs, quantise
from commonweight.tuning.converting.to_gguf import to_gguf
from tests.policy.world import World
from tests.tuning.conversions.test_conversions import small
from tests.tuning.conversions.world import CARD, CONFIG, ConversionWorld, House, weights
from tests.tuning.converting.models import byte_tokenizer


def make_gguf(folder: Path, kind: Quantisation = Quantisation.Q8_0) -> Path:
    byte_tokenizer(folder / "hf")
    (folder / "hf" / "model.safetensors").write_bytes(weights())
    (folder / "hf" / "config.json").write_text(json.dumps(CONFIG))
    whole = to_gguf(folder / "hf", folder / "F16.gguf", {"name": "tiny", "repository": "somebody/else"}).path
    return whole if kind is Quantisation.F16 else quantise(whole, folder / f"{kind.value}.gguf", kind).path


def in_two(file: Path, folder: Path) -> list[Path]:
    source, parts = GgufFile(file), []
    names = list(source.tensors)
    for at, some in enumerate((names[:5], names[5:])):
        writer = gguf.GGUFWriter(None, source.architecture)
        if at == 0:
            copy_pairs(source, writer)
        writer.add_uint16("split.no", at)
        writer.add_uint16("split.count", 2)
        writer.add_int32("split.tensors.count", len(names))
        path = folder / f"tiny-{at + 1:05}-of-00002.gguf"
        parts.append(write_gguf(path, "F16", writer, [as_it_is(source, name) for name in some], Encoder()).path)
    return parts


async def publish(world: World, files: dict[str, Path], name: str = "tiny-GGUF") -> Revision:
    revision = await world.publish(name, CARD)
    changes: list[Change] = []
    for path, file in files.items():
        large = await world.storage.ingest(revision.repository.scope, file)
        changes.append(AddLarge(path, large.sha256))
    await world.hub.commit(await world.caller("ada"), revision.repository, "main", changes, title="Add files")
    return await world.hub.resolve(revision.repository)


async def test_a_quantised_file_becomes_smaller_ones_that_are_compared_with_it(world: World, tmp_path: Path) -> None:
    source = await publish(world, {"tiny-Q8_0.gguf": make_gguf(tmp_path)})
    rooms, house = ConversionWorld.over(world), House()
    conversion = await rooms.create("Q4_0", model="ada/tiny-GGUF", target="ada/smaller", scored=True)
    assert "Made from Q8_0, not from floats" in conversion.source.warning
    await rooms.run(rooms.runs(house=house))
    done = await rooms.get(conversion)
    assert (done.status, done.error) == (ConversionStatus.SUCCEEDED, None)
    assert done.report is not None
    (made,) = done.report["files"]
    assert (made["path"], made["score"]["state"]) == ("smaller-Q4_0.gguf", "as_good")
    assert "not from floats" in made["warnings"][0]
    assert made["likeness"]["places"] > 10
    assert {model for model, _ in house.asked} == {
        f"ada/tiny-GGUF@{source.commit}:tiny-Q8_0.gguf",
        f"ada/smaller@{await _first_commit(world, rooms)}:smaller-Q4_0.gguf",
    }
    head = await world.hub.resolve(await world.hub.find(await rooms.ada(), "model", "ada", "smaller"))
    assert [one.name for one in await world.hub.origins(head.repository)] == ["ada/tiny-GGUF"]  # whose readers are its own
    facts = await world.hub.facts(head)
    assert [(one.id, one.relation) for one in facts.base_models] == [("ada/tiny-GGUF", "quantized")]
    assert list(facts.licences) == ["apache-2.0"]
    card = await small(world, head, "README.md")
    assert f"`ada/tiny-GGUF@{source.commit}`, `tiny-Q8_0.gguf`," in card
    assert "**Made from Q8_0, not from floats" in card
    entry = await world.hub.entry(head, "smaller-Q4_0.gguf")
    (tmp_path / "made.gguf").write_bytes(b"".join([piece async for piece in world.hub.read(head.repository, entry)]))
    kept = GgufFile(tmp_path / "made.gguf")
    assert kept.value("commonweight.base.repository") == "ada/tiny-GGUF"
    assert kept.value("commonweight.repository") == "ada/smaller"


async def _first_commit(world: World, rooms: ConversionWorld) -> str:
    """The one that was asked, before that of the scores."""
    head = await world.hub.resolve(await world.hub.find(await rooms.ada(), "model", "ada", "smaller"))
    return (await world.hub.history(head))[1].id


async def test_a_model_in_parts_is_joined_and_quantised(world: World, tmp_path: Path) -> None:
    parts = in_two(make_gguf(tmp_path, Quantisation.F16), tmp_path)
    await publish(world, {path.name: path for path in parts})
    rooms, house = ConversionWorld.over(world), House()
    conversion = await rooms.create("Q8_0", model="ada/tiny-GGUF", target="ada/whole", scored=True)
    assert (conversion.source.path, conversion.source.warning) == ("tiny-00001-of-00002.gguf", "")
    await rooms.run(rooms.runs(house=house))
    done = await rooms.get(conversion)
    assert (done.status, done.error) == (ConversionStatus.SUCCEEDED, None)
    assert done.report is not None
    assert done.report["files"][0]["score"]["state"] == "as_good"
    assert any(model.endswith(":reference.gguf") for model, _ in house.asked)


async def test_a_file_is_chosen_where_there_are_several(world: World, tmp_path: Path) -> None:
    file = make_gguf(tmp_path)
    parts = in_two(make_gguf(tmp_path / "other", Quantisation.F16), tmp_path)
    await publish(world, {"a/tiny-Q8_0.gguf": file, "mmproj-tiny.gguf": file, **{path.name: path for path in parts}})
    rooms = ConversionWorld.over(world)
    with pytest.raises(ConversionRefused, match=r"2 GGUF files\. It holds a/tiny-Q8_0\.gguf, tiny-00001-of-00002\.gguf\."):
        await rooms.create("Q4_0", model="ada/tiny-GGUF", target="ada/smaller")
    for wrong in ("nothing.gguf", "mmproj-tiny.gguf", "tiny-00002-of-00002.gguf", "README.md"):
        with pytest.raises(ConversionRefused, match=f"{wrong}' is no model file of ada/tiny-GGUF"):
            await rooms.create("Q4_0", model=f"ada/tiny-GGUF:{wrong}", target="ada/smaller")
    made = await rooms.create("Q4_0", model="ada/tiny-GGUF@main:a/tiny-Q8_0.gguf", target="ada/smaller")
    assert made.source.path == "a/tiny-Q8_0.gguf"


async def test_what_cannot_get_smaller_is_refused_before_a_job_is_made(world: World, tmp_path: Path) -> None:
    file = make_gguf(tmp_path)
    cut, junk = tmp_path / "cut.gguf", tmp_path / "junk.gguf"
    cut.write_bytes(file.read_bytes()[:-100])
    junk.write_bytes(b"not a model" * 1000)
    parts = in_two(make_gguf(tmp_path / "other", Quantisation.F16), tmp_path)
    await publish(world, {"tiny.gguf": file, "cut.gguf": cut, "junk.gguf": junk, parts[0].name: parts[0]})
    rooms = ConversionWorld.over(world)
    for path, formats, word in (
        ("tiny.gguf", ["Q8_0"], "Q8_0 is not smaller than the file, which is kept as Q8_0"),
        ("tiny.gguf", ["F16", "Q4_0"], "F16 is not smaller"),
        ("cut.gguf", ["Q4_0"], "it ends before its tensor"),
        ("junk.gguf", ["Q4_0"], "no GGUF file that can be read"),
        (parts[0].name, ["Q4_0"], r"of which tiny-00002-of-00002\.gguf is missing"),
    ):
        with pytest.raises(NotConvertible, match=word):
            await rooms.create(*formats, model=f"ada/tiny-GGUF:{path}", target="ada/smaller")


async def test_a_checkpoint_of_an_unknown_family_names_the_gguf_file_beside_it(world: World, tmp_path: Path) -> None:
    revision = await publish(world, {"tiny.gguf": make_gguf(tmp_path), "model.safetensors": tmp_path / "F16.gguf"})
    changes: list[Change] = [AddFile("config.json", b'{"architectures": ["Mamba2ForCausalLM"]}')]
    changes.append(AddFile("tokenizer.json", b"{}"))
    await world.hub.commit(await world.caller("ada"), revision.repository, "main", changes, title="Add more")
    with pytest.raises(NotConvertible, match="Mamba2") as caught:
        await ConversionWorld.over(world).create("Q4_0", model="ada/tiny-GGUF", target="ada/smaller")
    assert "ada/tiny-GGUF:tiny.gguf" in caught.value.hint
