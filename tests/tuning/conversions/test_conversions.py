"""A model of the hub becomes a repository with GGUF files, its lineage and terms; a kill or a cancel leaves nothing half."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from commonweight.hub import EntryNotFound, Revision
from commonweight.tuning.conversions import (
    ConversionClosed,
    ConversionMissing,
    ConversionRefused,
    ConversionStatus,
)
from commonweight.tuning.converting import Converter, GgufMade, NotConvertible, Quantisation
from commonweight.tuning.converting.converter import Report, untold
from commonweight.tuning.publishing import MustNotBePublished, NoDraft
from tests.policy.world import World
from tests.tuning.conversions.world import CARD, ConversionWorld, publish_model


class Slow(Converter):
    """Waits before each quantisation, so that something can happen meanwhile; counts what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = asyncio.Event()
        self.began = asyncio.Event()
        self.asked: list[str] = []

    async def to_gguf(self, checkpoint: Path, out: Path, metadata: Mapping[str, Any], *more: Any, **told: Any) -> GgufMade:
        self.asked.append("F16")
        return await super().to_gguf(checkpoint, out, metadata, *more, **told)

    async def quantise(self, gguf: Path, out: Path, kind: Quantisation, tell: Report = untold, **how: Any) -> GgufMade:
        self.asked.append(kind.value)
        self.began.set()
        await self.go_on.wait()
        return await super().quantise(gguf, out, kind, tell, **how)


async def small(world: World, revision: Revision, path: str) -> str:
    return (await world.hub.read_small(revision, path)).decode()


async def test_a_model_becomes_a_draft_with_its_ladder_lineage_and_terms(world: World) -> None:
    source = await publish_model(world)
    rooms = ConversionWorld.over(world)
    conversion = await rooms.create("q4_k", "F16", "Q8_0")
    assert [kind.value for kind in conversion.formats] == ["F16", "Q8_0", "Q4_K"]
    await rooms.run()
    done = await rooms.get(conversion)
    assert (done.status, done.error, done.progress["share"]) == (ConversionStatus.SUCCEEDED, None, 1.0)
    assert done.report is not None
    files = {one["path"]: one for one in done.report["files"]}
    assert list(files) == ["base-F16.gguf", "base-Q8_0.gguf", "base-Q4_K.gguf"]
    assert files["base-F16.gguf"]["tokens"]["compared"] > 40
    assert files["base-F16.gguf"]["tokens"]["differing"] == []
    assert files["base-F16.gguf"]["template"]["differing"] == []
    near = files["base-Q8_0.gguf"]["likeness"]
    assert near["places"] > 10
    assert near["same"] > 0.7 * near["places"]
    assert files["base-Q4_K.gguf"]["fallbacks"]
    repository = await world.hub.find(await rooms.ada(), "model", "ada", "base-GGUF")
    assert repository.is_draft
    head = await world.hub.resolve(repository)
    assert head.commit == done.commit
    facts = await world.hub.facts(head)
    assert [(one.id, one.relation) for one in facts.base_models] == [("ada/base", "quantized")]
    assert list(facts.licences) == ["apache-2.0"]
    card = await small(world, head, "README.md")
    assert f"ada/base@{source.commit}" in card
    assert all(one["sha256"] in card for one in files.values())
    entry = await world.hub.entry(head, "base-Q8_0.gguf")
    assert entry.large is not None
    assert entry.large.sha256 == files["base-Q8_0.gguf"]["sha256"]
    assert not list(rooms.home.glob("*"))


async def test_floats_that_were_not_asked_for_are_not_published(world: World) -> None:
    await publish_model(world)
    rooms = ConversionWorld.over(world)
    await rooms.create("Q8_0")
    await rooms.run()
    head = await world.hub.resolve(await world.hub.find(await rooms.ada(), "model", "ada", "base-GGUF"))
    assert (await world.hub.entry(head, "base-Q8_0.gguf")).large
    with pytest.raises(EntryNotFound):
        await world.hub.entry(head, "base-F16.gguf")


async def test_a_worker_that_was_killed_is_followed_by_one_that_goes_on_where_it_was(world: World) -> None:
    await publish_model(world)
    rooms, slow = ConversionWorld.over(world), Slow()
    conversion = await rooms.create()
    killed = asyncio.create_task(rooms.runs(slow).on_convert({"conversion": conversion.number}, told))
    await asyncio.wait_for(slow.began.wait(), 60)
    killed.cancel()
    with pytest.raises(asyncio.CancelledError):
        await killed
    assert (await rooms.get(conversion)).status is ConversionStatus.RUNNING
    next_one = Slow()
    next_one.go_on.set()
    await rooms.run(rooms.runs(next_one))
    assert (await rooms.get(conversion)).status is ConversionStatus.SUCCEEDED
    assert next_one.asked == ["Q8_0"]


async def test_a_turn_that_was_believed_dead_finds_another_and_stops(world: World) -> None:
    await publish_model(world)
    rooms, slow = ConversionWorld.over(world), Slow()
    conversion = await rooms.create()
    old = asyncio.create_task(rooms.runs(slow).on_convert({"conversion": conversion.number}, told))
    await asyncio.wait_for(slow.began.wait(), 60)
    await rooms.run()
    await asyncio.wait_for(old, 30)
    assert (await rooms.get(conversion)).status is ConversionStatus.SUCCEEDED


async def test_doing_it_again_after_publishing_makes_no_second_commit(world: World) -> None:
    await publish_model(world)
    rooms = ConversionWorld.over(world)
    conversion = await rooms.create("F16")
    await rooms.run()
    done = await rooms.get(conversion)
    from sqlalchemy import update

    from commonweight.db.tables.tuning import conversions

    async with world.database.write() as connection:  # as if it had been killed between the commit and the note of it
        await connection.execute(update(conversions).values(status="running", commit=None, report=None))
    await rooms.runs().on_convert({"conversion": conversion.number}, told)
    again = await rooms.get(conversion)
    assert (again.status, again.commit) == (ConversionStatus.SUCCEEDED, done.commit)


async def test_cancelling_stops_it_within_seconds_and_leaves_nothing(world: World) -> None:
    await publish_model(world)
    rooms, slow = ConversionWorld.over(world), Slow()
    conversion = await rooms.create()
    running = asyncio.create_task(rooms.runs(slow).on_convert({"conversion": conversion.number}, told))
    await asyncio.wait_for(slow.began.wait(), 60)
    await rooms.room.conversions.cancel(conversion.account_id, conversion.id)
    await asyncio.wait_for(running, 5)
    assert (await rooms.get(conversion)).status is ConversionStatus.CANCELLED
    assert not list(rooms.home.glob("*"))
    assert (await rooms.room.conversions.cancel(conversion.account_id, conversion.id)).status is ConversionStatus.CANCELLED


async def test_what_is_over_cannot_be_cancelled_and_others_do_not_see_it(world: World) -> None:
    await publish_model(world)
    rooms = ConversionWorld.over(world)
    conversion = await rooms.create("F16")
    await rooms.run()
    with pytest.raises(ConversionClosed):
        await rooms.room.conversions.cancel(conversion.account_id, conversion.id)
    bob = await world.caller("bob")
    assert bob.account is not None
    with pytest.raises(ConversionMissing):
        await rooms.room.conversions.get(bob.account.id, conversion.id)
    assert [one.id for one in await rooms.room.conversions.list(conversion.account_id)] == [conversion.id]


async def test_weights_that_are_broken_end_it_with_the_reason(world: World) -> None:
    revision = await publish_model(world)
    broken = world.folder / "broken.safetensors"
    broken.write_bytes(b"\x08\x00\x00\x00\x00\x00\x00\x00not json" + bytes(200))
    large = await world.storage.ingest(revision.repository.scope, broken)
    from commonweight.hub import AddLarge

    changes = [AddLarge("model.safetensors", large.sha256)]
    await world.hub.commit(await world.caller("ada"), revision.repository, "main", changes, title="Break it")
    rooms = ConversionWorld.over(world)
    conversion = await rooms.create("F16")
    await rooms.run()
    failed = await rooms.get(conversion)
    assert failed.status is ConversionStatus.FAILED
    assert failed.error is not None
    assert failed.error["code"] == "not_convertible"
    assert "model.safetensors is no safetensors file" in failed.error["message"]


@pytest.mark.parametrize(
    ("formats", "given", "word"),
    [
        (["Q7_Z"], {}, "'Q7_Z' is no format"),
        ([], {"model": "base"}, "namespace/name"),
        ([], {"target": "base-GGUF"}, "no name for a repository"),
        ([], {"target": "bob/base-GGUF"}, "namespace 'bob'"),
        ([], {"target": "ada/base"}, "is there already"),
    ],
)
async def test_what_cannot_be_is_refused_before_a_job_is_made(
    world: World, formats: list[str], given: dict[str, str], word: str
) -> None:
    await publish_model(world)
    rooms = ConversionWorld.over(world)
    with pytest.raises(ConversionRefused, match=word):
        await rooms.create(*formats, **given)


async def test_a_model_that_cannot_be_converted_is_refused_before_a_job_is_made(world: World) -> None:
    await world.publish("text", CARD)
    revision = await publish_model(world)
    rooms = ConversionWorld.over(world)
    with pytest.raises(NotConvertible, match="no safetensors and no GGUF"):
        await rooms.create(model="ada/text")
    await world.change(revision.repository, **{"config.json": json.dumps({"architectures": ["Mamba2ForCausalLM"]})})
    with pytest.raises(NotConvertible, match="Mamba2"):
        await rooms.create()


async def told(fraction: float, message: str = "") -> None:
    """For whom progress is no matter."""


async def test_a_draft_is_accepted_by_who_made_it_and_opened_to_everybody_where_the_terms_allow(world: World) -> None:
    await publish_model(world)
    rooms = ConversionWorld.over(world)
    conversion = await rooms.create("F16")
    ada = await rooms.ada()
    with pytest.raises(NoDraft):
        await rooms.room.conversions.accept(ada, conversion.id)
    await rooms.run()
    accepted = await rooms.room.conversions.accept(ada, conversion.id, "public")
    assert [one.name for one in await world.hub.origins(accepted)] == ["ada/base"]  # whose readers are its own
    assert (accepted.full_name, accepted.visibility) == ("ada/base-GGUF", "public")
    with pytest.raises(NoDraft):
        await rooms.room.conversions.accept(ada, conversion.id)


async def test_a_draft_whose_source_is_gone_is_not_opened_to_everybody(world: World) -> None:
    source = await publish_model(world)
    rooms = ConversionWorld.over(world)
    conversion = await rooms.create("F16")
    await rooms.run()
    ada = await rooms.ada()
    await world.hub.delete(ada, source.repository)
    with pytest.raises(MustNotBePublished, match="is gone"):
        await rooms.room.conversions.accept(ada, conversion.id, "public")
    assert (await rooms.room.conversions.accept(ada, conversion.id)).visibility == "private"
