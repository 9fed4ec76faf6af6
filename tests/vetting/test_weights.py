"""Headers of a hosted repository count beside its card; where they disagree, it is shown."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import func, select, update

from commonweight.db.tables import vetting_weights as tables
from commonweight.hub import Descents, Entry, LargePointer, Revision
from commonweight.identity import ANONYMOUS
from commonweight.vetting import Weights
from commonweight.vetting.weights_reading import file_key
from tests.policy.world import World
from tests.vetting.weight_files import gguf, safetensors, tensor_bytes
from tests.vetting.weights_world import change, publish

SAYS_LLAMA = {"general.architecture": "llama", "general.license": "llama3", "general.file_type": 15}
BASE = "https://huggingface.co/meta-llama/Meta-Llama-3-8B"


async def node(world: World, revision: Revision) -> dict[str, Any]:
    document = (await world.policy.subject_for(revision)).document
    return next(one for one in document["nodes"] if one["id"] == document["root"])


async def edges(world: World, revision: Revision) -> list[tuple[str, str, str]]:
    document = (await world.policy.subject_for(revision)).document
    return [
        (one["parent"], one["relation"], one["evidence"]) for one in document["edges"] if one["child"] == document["root"]
    ]


async def test_a_licence_in_a_header_counts_beside_the_card_and_the_conflict_says_who_says_what(world: World) -> None:
    revision = await publish(world, "tiny-GGUF", {"tiny.gguf": gguf(SAYS_LLAMA)}, {"license": "mit"})
    assert (await node(world, revision))["licence"] == [
        {"key": "llama-3", "by": "header"},
        {"key": "mit", "by": "tag"},
    ]
    conflicts = (await world.policy.standing_verdict(revision)).document["label_conflicts"]
    [found] = [one for one in conflicts if one["kind"] == "named_otherwise"]
    assert found["says"] == "tiny-GGUF: the header of a file says llama-3, the card says mit."


async def test_a_header_that_agrees_with_the_card_is_no_conflict(world: World) -> None:
    revision = await publish(world, "tiny-GGUF", {"tiny.gguf": gguf(SAYS_LLAMA)}, {"license": "llama3"})
    assert (await node(world, revision))["licence"] == [{"key": "llama-3", "by": "tag"}]
    conflicts = (await world.policy.standing_verdict(revision)).document["label_conflicts"]
    assert not [one for one in conflicts if one["kind"] == "named_otherwise"]


async def test_a_base_in_a_header_brings_its_terms_its_name_rule_and_its_notice(world: World) -> None:
    """A tuned Llama labelled MIT: what is declared, what is effective, the name, the missing notice."""
    claims = {"general.license": "mit", "general.finetune": "Chat", "general.base_model.0.repo_url": BASE}
    data = gguf({**SAYS_LLAMA, **claims})
    revision = await publish(world, "tiny-GGUF", {"tiny.gguf": data}, {"license": "mit"})
    assert await edges(world, revision) == [("meta-llama/llama-3", "finetune", "config")]
    conflicts = (await world.policy.standing_verdict(revision)).document["label_conflicts"]
    assert {one["kind"] for one in conflicts} == {"declared_licence", "name_prefix", "missing_notice"}


async def test_a_card_that_names_a_base_is_not_outdone_by_a_header(world: World) -> None:
    data = gguf({**SAYS_LLAMA, "general.base_model.0.repo_url": BASE})
    revision = await publish(world, "tiny", {"tiny.gguf": data}, {"base_model": "acme/other"})
    assert [parent for parent, *_ in await edges(world, revision)] == ["acme/other"]


async def test_an_adapters_configuration_names_its_base(world: World) -> None:
    files = {"adapter_config.json": json.dumps({"base_model_name_or_path": "acme/base", "peft_type": "LORA"}).encode()}
    revision = await publish(world, "lora", files, {"license": "mit"})
    assert await edges(world, revision) == [("acme/base", "adapter", "config")]


@pytest.mark.parametrize("origin", ["/home/ada/out", "ada/tiny", "ADA/Tiny", "results/checkpoint-500", ""])
async def test_a_folder_or_the_repository_itself_is_no_base(world: World, origin: str) -> None:
    revision = await publish(world, "tiny", {"config.json": json.dumps({"_name_or_path": origin}).encode()}, {})
    assert await edges(world, revision) == []


async def test_a_base_that_only_a_file_names_is_in_the_graph_downwards_too(world: World) -> None:
    base = await publish(world, "base", {}, {"license": "mit"})
    await publish(world, "tune", {"config.json": b'{"_name_or_path": "ada/base"}'}, {"license": "mit"}, by="bob")
    found = await Descents(world.database, world.known).of(ANONYMOUS, base)
    assert [(child, step.evidence) for child, _, step in found.edges] == [("bob/tune", "config")]


async def test_the_same_file_is_read_once_for_the_installation(world: World) -> None:
    data = gguf(SAYS_LLAMA)
    await publish(world, "one", {"a.gguf": data}, {})
    forged = {"licence": "mit"}
    async with world.database.write() as connection:
        await connection.execute(update(tables.weight_heads).values(document=forged))
    revision = await publish(world, "two", {"b.gguf": data}, {}, by="bob")
    assert (await node(world, revision))["licence"] == [{"key": "mit", "by": "header"}]


def test_an_id_is_no_right_to_what_was_read_of_a_file_elsewhere() -> None:
    """A pointer to bytes that this repository does not hold, should one ever lie in it."""
    pointer = Entry("a.gguf", "file", "0" * 40, 100, LargePointer("f" * 64, 100, None, 130))
    assert file_key(pointer) == ""


HOSTILE = {
    "cut.gguf": gguf(SAYS_LLAMA)[:40],
    "no.safetensors": b"\xff" * 100,
    "deep.safetensors": (100_000).to_bytes(8, "little") + b'{"__metadata__":' + b"[" * 99_984,
    "empty.gguf": b"",
    "config.json": b"[" * 200_000,
    "adapter_config.json": b'{"base_model_name_or_path": ' + b"9" * 5000 + b"}",
}


async def test_hostile_headers_leave_notes_and_fail_nothing(world: World) -> None:
    revision = await publish(world, "hostile", HOSTILE, {"license": "mit"})
    claims = await world.weights.claims(revision)
    assert {path for path, _ in claims.notes} == HOSTILE.keys()
    assert (await world.policy.standing_verdict(revision)).value


async def test_what_was_read_is_kept_with_the_commit(world: World) -> None:
    revision = await publish(
        world, "tiny", {"model.safetensors": safetensors({"w": tensor_bytes(1, 64)}, {"license": "mit"})}
    )
    async with world.database.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(tables.weight_claims)) == 1
    other = Weights(world.database, world.hub, world.clock)
    assert await other.claims(revision) == await world.weights.claims(revision)


async def test_the_next_commit_is_read_for_itself(world: World) -> None:
    revision = await publish(world, "tiny", {"config.json": b'{"_name_or_path": "acme/one"}'}, {})
    later = await change(world, revision.repository, {"config.json": b'{"_name_or_path": "acme/two"}'})
    assert [parent for parent, *_ in await edges(world, revision)] == ["acme/one"]
    assert [parent for parent, *_ in await edges(world, later)] == ["acme/two"]
