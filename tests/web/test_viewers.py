"""The page of a file shows what is in it, within bounds."""

from __future__ import annotations

from commonweight.hub import AddFile
from commonweight.web.presenting import weights
from tests.policy.world import World
from tests.vetting.weight_files import gguf, safetensors
from tests.web.reader import Reader


async def put(world: World, **files: bytes) -> None:
    ada = await world.caller("ada")
    repository = await world.hub.create(ada, "model", "ada", "tiny", "public")
    changes = [AddFile(path.replace("__", "."), content) for path, content in files.items()]
    await world.hub.commit(ada, repository, "main", changes, title="Add")


async def test_a_safetensors_file_shows_its_header_and_finds_tensors(reader: Reader, world: World) -> None:
    await put(
        world, model__safetensors=safetensors({"embed.weight": bytes(64), "head.weight": bytes(32)}, {"made": "<b>here"})
    )
    page = await reader.get("/ada/tiny/blob/main/model.safetensors")
    assert "embed.weight F32 16 64 B" in page.words
    assert "made &lt;b&gt;here" in page.words
    found = await reader.get("/ada/tiny/blob/main/model.safetensors?q=HEAD")
    assert ("head.weight" in found.words, "embed.weight" in found.words) == (True, False)


async def test_a_gguf_file_shows_its_pairs_and_tensors(reader: Reader, world: World) -> None:
    await put(world, model__gguf=gguf({"general.architecture": "llama"}, {"a": bytes(64)}))
    words = (await reader.get("/ada/tiny/blob/main/model.gguf")).words
    assert "general.architecture llama" in words
    assert "a F32 16 64 B" in words


async def test_a_broken_header_is_shown_as_any_other_file(reader: Reader, world: World) -> None:
    await put(world, model__safetensors=b"\xff" * 40)
    page = await reader.get("/ada/tiny/blob/main/model.safetensors")
    assert page.status == 200
    assert "This is no text" in page.words


async def test_images_are_shown_and_drawings_that_may_hold_scripts_are_not(reader: Reader, world: World) -> None:
    await put(world, a__png=b"\x89PNG", b__svg=b"<svg onload='x()'/>")
    assert '<img src="/ada/tiny/resolve/main/a.png"' in (await reader.get("/ada/tiny/blob/main/a.png")).text
    assert "<img" not in (await reader.get("/ada/tiny/blob/main/b.svg")).text.partition("source")[2]


def test_a_header_with_very_many_tensors_is_shown_in_part() -> None:
    header = {f"t{at}": {"dtype": "F32", "shape": [1], "data_offsets": [4 * at, 4 * at + 4]} for at in range(2_000)}
    view = weights.safetensors_view(header, "")
    assert (len(view.tensors), view.count, view.fitting) == (weights.MAX_ROWS, 2_000, 2_000)
