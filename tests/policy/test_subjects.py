"""From a card and the catalogue to nodes and edges: nothing that was declared is lost, nothing private is told."""

from typing import Any

import pytest

from commonweight.hub import AddFile
from commonweight.hub.steps import UNNAMED
from commonweight.policy.subjects import BEYOND, MAX_NODES
from commonweight.rights import Question
from tests.policy.world import World


def edges(document: Any) -> set[tuple[str, str, str]]:
    return {(edge["child"], edge["parent"], edge["relation"]) for edge in document["edges"]}


def node(document: Any, name: str) -> dict[str, Any]:
    return next(one for one in document["nodes"] if one["id"] == name)


def keys(document: Any, name: str) -> list[str]:
    return [row["key"] for row in node(document, name).get("licence", [])]


async def test_the_starters_chain_is_followed_to_the_model_that_wrote_its_data(world: World) -> None:
    subject = await world.policy.subject_for(await world.publish_starter())
    starter, instruct = "ada/SmolLM2-135M-Instruct-GGUF", "HuggingFaceTB/SmolLM2-135M-Instruct"
    assert edges(subject.document) == {
        (starter, instruct, "quantise"),
        (instruct, "HuggingFaceTB/SmolLM2-135M", "finetune"),
        (instruct, "datasets/HuggingFaceTB/smol-smoltalk", "trained_on_data"),
        ("datasets/HuggingFaceTB/smol-smoltalk", "meta-llama/llama-3.1", "output_of"),
    }
    generated = next(edge for edge in subject.document["edges"] if edge["relation"] == "output_of")
    assert generated["evidence"] == "secondary"
    assert generated["part"] is True


async def test_a_licence_text_is_known_by_its_words(world: World) -> None:
    subject = await world.policy.subject_for(await world.publish_starter())
    (licence,) = node(subject.document, "ada/SmolLM2-135M-Instruct-GGUF")["licence"]
    assert (licence["key"], licence["by"]) == ("apache-2.0", "file")


async def test_a_tag_and_a_text_that_differ_both_count(world: World) -> None:
    starter = await world.publish_starter()
    changed = await world.change(starter.repository, {"license": "mit"})
    subject = await world.policy.subject_for(changed)
    assert keys(subject.document, "ada/SmolLM2-135M-Instruct-GGUF") == ["apache-2.0", "mit"]


async def test_a_text_of_no_known_licence_is_said_to_be_that(world: World) -> None:
    revision = await world.publish("tiny", {"tags": ["x"]}, LICENSE="You may look at it on Sundays.")
    subject = await world.policy.subject_for(revision)
    assert keys(subject.document, "ada/tiny") == ["unidentified-text"]


async def test_a_family_tag_is_no_licence_that_allows_anything(world: World) -> None:
    revision = await world.publish("tiny", {"license": "openrail"})
    assert (await world.policy.standing_verdict(revision)).value == "unknown"


async def test_a_parent_by_the_name_of_a_public_hub_is_found_in_the_catalogue(world: World) -> None:
    revision = await world.publish("tuned", {"license": "mit", "base_model": "meta-llama/Llama-2-7b-hf"})
    subject = await world.policy.subject_for(revision)
    assert edges(subject.document) == {("ada/tuned", "meta-llama/llama-2", "finetune")}
    assert keys(subject.document, "meta-llama/llama-2") == ["llama-2"]


async def test_a_parent_given_as_an_address_is_found_too(world: World) -> None:
    card = {"license": "mit", "base_model": "https://hub.example/meta-llama/Llama-2-7b-hf?x=1"}
    subject = await world.policy.subject_for(await world.publish("tuned", card))
    assert ("ada/tuned", "meta-llama/llama-2", "finetune") in edges(subject.document)


async def test_a_parent_that_nobody_knows_stays_without_a_licence(world: World) -> None:
    revision = await world.publish("tuned", {"license": "mit", "base_model": "nobody/nothing"})
    subject = await world.policy.subject_for(revision)
    assert "licence" not in node(subject.document, "nobody/nothing")
    assert (await world.policy.standing_verdict(revision)).value == "unknown"


async def test_a_copy_under_a_well_known_name_does_not_shed_its_terms(world: World) -> None:
    root = await world.caller("root")
    await world.identity.create_user("stabilityai")
    copy = await world.hub.create(root, "model", "stabilityai", "sdxl-turbo", "public")
    card = AddFile("README.md", b"---\nlicense: mit\n---\n")
    await world.hub.commit(root, copy, "main", [card], title="Relabel")
    tuned = await world.publish("tuned", {"license": "mit", "base_model": "stabilityai/sdxl-turbo"})
    subject = await world.policy.subject_for(tuned)
    assert keys(subject.document, "stabilityai/sdxl-turbo") == ["mit", "stability-nc-research"]
    assert ("stabilityai/sdxl-turbo", "stabilityai/stable-diffusion-xl-base-1.0", "distil_logits") in edges(subject.document)


async def test_a_private_parent_is_not_told_to_readers_of_a_public_child(world: World) -> None:
    await world.publish("secret", {"license": "llama2", "base_model": "meta-llama/Llama-2-7b-hf"}, visibility="private")
    child = await world.publish("open", {"license": "mit", "base_model": "ada/secret"})
    subject = await world.policy.subject_for(child)
    assert node(subject.document, "ada/secret") == {"id": "ada/secret", "kind": "model", "name": "secret"}
    assert not subject.private


async def test_a_private_child_is_followed_through_private_parents_of_its_namespace_only(world: World) -> None:
    await world.publish("base", {"license": "mit"}, visibility="private")
    await world.publish("base", {"license": "mit"}, by="bob", visibility="private")
    card = {"license": "mit", "base_model": ["ada/base", "bob/base"]}
    subject = await world.policy.subject_for(await world.publish("child", card, visibility="private"))
    assert keys(subject.document, "ada/base") == ["mit"]
    assert keys(subject.document, "bob/base") == []
    assert subject.private


async def test_a_cycle_is_cut_and_both_ends_keep_their_terms(world: World) -> None:
    await world.publish("one", {"license": "mit", "base_model": "ada/two"})
    two = await world.publish("two", {"license": "apache-2.0", "base_model": ["ada/one", "ada/two"]})
    subject = await world.policy.subject_for(two)
    assert edges(subject.document) == {("ada/two", "ada/one", "merge")}
    assert (await world.policy.standing_verdict(two)).terms == ("apache-2.0", "mit")


async def test_what_the_bounds_cut_off_never_makes_an_answer_milder(world: World) -> None:
    wide = {"license": "mit", "base_model": [f"ada/parent-{n}" for n in range(60)]}
    for n in range(4):
        parents = [f"else/p{n}-{m}" for m in range(60)]
        await world.publish(f"parent-{n}", {"license": "mit", "base_model": parents})
    subject = await world.policy.subject_for(await world.publish("wide", wide))
    assert len(subject.document["nodes"]) <= MAX_NODES + 1
    assert "licence" not in node(subject.document, BEYOND)
    Question.from_document({"use": {"acts": ["evaluate"]}, "subject": subject.document}, today=world.clock.now().date())


async def test_a_broken_card_leaves_a_model_without_a_licence(world: World) -> None:
    owner = await world.caller("ada")
    repository = await world.hub.create(owner, "model", "ada", "broken", "public")
    broken = AddFile("README.md", b"---\nlicense: [mit\n---\n")
    await world.hub.commit(owner, repository, "main", [broken], title="Break")
    verdict = await world.policy.standing_verdict(await world.hub.resolve(repository))
    assert verdict.value == "unknown"
    assert "licence" in verdict.document["questions"][0]["question"]


async def test_data_sets_are_told_apart_from_models_of_the_same_name(world: World) -> None:
    card = {"license": "mit", "base_model": "ada/poems", "datasets": ["ada/poems"]}
    subject = await world.policy.subject_for(await world.publish("tuned", card))
    assert {one["id"]: one["kind"] for one in subject.document["nodes"]} == {
        "ada/tuned": "model",
        "ada/poems": "model",
        "datasets/ada/poems": "dataset",
    }


@pytest.mark.parametrize(
    "name", ["a/", "/", "//", "?://a", "x://a/b ?c", "a\u2028/b\x85", "x" * 299 + " y", "a/ b", ":// ?", UNNAMED]
)
async def test_whatever_a_card_calls_a_parent_a_verdict_is_found(world: World, name: str) -> None:
    """One card that cannot be decided on would take the whole table of models along."""
    revision = await world.publish("tiny", {"license": "mit", "base_model": [name, "b/c"], "datasets": [name, "b/c"]})
    verdict = await world.policy.standing_verdict(revision)
    assert verdict.value == "unknown"
    assert len(verdict.lineage["edges"]) == 4
