"""From the name that a caller gives to the file that an engine loads."""

import hashlib
from typing import Any

import pytest

from commonweight.choosing import Offers, Sources
from commonweight.choosing.checkpoints import CheckpointFacts, facts_of
from commonweight.hub import GatedRepository
from commonweight.identity import ANONYMOUS
from commonweight.serving import FileChoiceError, Mode, ModelNotFound, ModelUnsupported, ServableModel, Target
from tests.policy.world import GGUF, SELLING, World


async def test_the_starter_is_found_by_its_name_and_by_its_bare_name(world: World, offers: Offers) -> None:
    starter = await world.publish_starter()
    revision = await world.add_gguf(starter.repository, "SmolLM2.Q4_1.gguf")
    ada = await world.caller("ada")
    for name in (
        "ada/SmolLM2-135M-Instruct-GGUF",
        "smollm2-135m-instruct",
        "SmolLM2-135M-Instruct-GGUF",
        f"ada/smollm2-135m-instruct-gguf@{revision.commit}:SmolLM2.Q4_1.gguf",
    ):
        offer = await offers.resolve(ada, name)
        assert offer.servable.name == f"ada/SmolLM2-135M-Instruct-GGUF@{revision.commit}"
        assert offer.servable.path == "SmolLM2.Q4_1.gguf"
        assert offer.terms == ("apache-2.0", "llama-3.1")
        assert offer.refused is None
    verdict = await world.policy.verdict(ada, offer.verdict_id)
    assert verdict.subject == f"models/ada/SmolLM2-135M-Instruct-GGUF@{revision.commit}"


async def test_the_worker_finds_the_bytes(world: World, offers: Offers) -> None:
    revision = await world.publish("tiny", {"license": "mit"})
    await world.add_gguf(revision.repository, "a.gguf")
    offer = await offers.resolve(ANONYMOUS, "ada/tiny")
    async with Sources(world.hub, world.storage).materialise(offer.servable) as path:
        assert path.read_bytes() == GGUF + b"a.gguf"
    assert offer.servable.size == len(GGUF) + len("a.gguf")


async def test_a_private_model_does_not_exist_for_others(world: World, offers: Offers) -> None:
    revision = await world.publish("secret", {"license": "mit"}, visibility="private")
    await world.add_gguf(revision.repository)
    assert (await offers.resolve(await world.caller("ada"), "ada/secret")).servable.path == "model.gguf"
    for caller in (ANONYMOUS, await world.caller("bob")):
        for name in ("ada/secret", "secret"):
            with pytest.raises(ModelNotFound):
                await offers.resolve(caller, name)
        assert await offers.list(caller) == []


async def test_a_gated_model_runs_for_its_namespace_only(world: World, offers: Offers) -> None:
    revision = await world.publish("gated", {"license": "mit"})
    await world.add_gguf(revision.repository)
    ada = await world.caller("ada")
    await world.hub.update(ada, revision.repository, gated="manual")
    assert (await offers.resolve(ada, "ada/gated")).servable.path == "model.gguf"
    for name in ("ada/gated", "gated"):
        with pytest.raises(GatedRepository):
            await offers.resolve(await world.caller("bob"), name)
    assert await offers.list(ANONYMOUS) == []


async def test_a_refused_model_says_which_clause(world: World, offers: Offers) -> None:
    card = {"license": "mit", "base_model": "stabilityai/sdxl-turbo"}
    revision = await world.publish("pictures", card)
    await world.add_gguf(revision.repository)
    await world.policy.set_standing_use(await world.caller("root"), SELLING)
    offer = await offers.resolve(ANONYMOUS, "ada/pictures")
    assert offer.refused is not None
    assert "stability-nc-research" in offer.refused.message


async def test_an_alias_of_two_models_names_them(world: World, offers: Offers) -> None:
    for owner in ("ada", "bob"):
        revision = await world.publish("tiny", {"license": "mit"}, by=owner)
        await world.add_gguf(revision.repository, by=owner)
    with pytest.raises(ModelNotFound, match="ada/tiny, bob/tiny"):
        await offers.resolve(ANONYMOUS, "tiny")


async def test_of_several_files_one_is_named(world: World, offers: Offers) -> None:
    revision = await world.publish("tiny", {"license": "mit"})
    for path in ("q4.gguf", "q8.gguf"):
        await world.add_gguf(revision.repository, path)
    with pytest.raises(FileChoiceError, match=r"q4\.gguf, q8\.gguf"):
        await offers.resolve(ANONYMOUS, "ada/tiny")
    assert (await offers.resolve(ANONYMOUS, "ada/tiny:q8.gguf")).servable.path == "q8.gguf"
    assert [listing.id for listing in await offers.list(ANONYMOUS)] == ["ada/tiny:q4.gguf", "ada/tiny:q8.gguf"]


async def test_a_repository_without_a_model_file_says_so(world: World, offers: Offers) -> None:
    await world.publish("tiny", {"license": "mit"})
    with pytest.raises(FileChoiceError, match="GGUF"):
        await offers.resolve(ANONYMOUS, "ada/tiny")
    assert await offers.list(ANONYMOUS) == []


async def test_an_unknown_name_is_not_found(world: World, offers: Offers) -> None:
    await world.publish("tiny", {"license": "mit"})
    for name in ("nothing", "no/thing", "ada/tiny@nowhere", "ft:ada/tiny:x", "", "a b/c", "ada/tiny/x"):
        with pytest.raises(ModelNotFound):
            await offers.resolve(ANONYMOUS, name)


async def test_a_model_of_embeddings_is_served_for_that(world: World, offers: Offers) -> None:
    revision = await world.publish("tiny", {"license": "mit", "pipeline_tag": "feature-extraction"})
    await world.add_gguf(revision.repository)
    assert (await offers.resolve(ANONYMOUS, "ada/tiny")).servable.mode is Mode.EMBEDDINGS


async def test_a_model_sees_where_a_projector_lies_beside_its_file(world: World, offers: Offers) -> None:
    revision = await world.publish("tiny", {"license": "mit"})
    await world.add_gguf(revision.repository, "a.gguf")
    await world.add_gguf(revision.repository, "mmproj-a.gguf")
    offer = await offers.resolve(ANONYMOUS, "ada/tiny")
    assert offer.about.vision
    assert offer.servable.projector is not None
    assert offer.servable.path == "a.gguf"
    assert [listing.about.vision for listing in await offers.list(ANONYMOUS)] == [True]
    async with Sources(world.hub, world.storage).materialise(offer.servable.projector) as path:
        assert path.read_bytes() == GGUF + b"mmproj-a.gguf"


CONFIGURATIONS: dict[str, tuple[dict[str, Any], CheckpointFacts]] = {
    "text": ({"architectures": ["LlamaForCausalLM"], "max_position_embeddings": 64}, CheckpointFacts(None, 64)),
    "vision": (
        {
            "architectures": ["LlavaForConditionalGeneration"],
            "vision_config": {},
            "text_config": {"max_position_embeddings": 9},
        },
        CheckpointFacts(None, 9, vision=True),
    ),
    "speech": (
        {"architectures": ["WhisperForConditionalGeneration"], "max_target_positions": 448},
        CheckpointFacts(Mode.TRANSCRIPTION, 448),
    ),
    "nonsense": ({"architectures": "Whisper", "vision_config": 1, "max_position_embeddings": True}, CheckpointFacts()),
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_configuration_says_what_a_checkpoint_is_for(name: str) -> None:
    document, facts = CONFIGURATIONS[name]
    assert facts_of(document) == facts


async def publish_checkpoint(world: World) -> None:
    texts = {"config.json": "{}", "tokenizer.json": "[]", "modeling.py": "import os"}
    revision = await world.publish("big", {"license": "mit"}, **texts)
    await world.add_gguf(revision.repository, "model.safetensors")


async def test_a_checkpoint_is_served_as_a_folder_without_its_code(world: World, offers: Offers) -> None:
    await publish_checkpoint(world)
    servable = (await offers.resolve(ANONYMOUS, "ada/big")).servable
    assert (servable.target, servable.path) == (Target.SNAPSHOT, "")
    assert [listing.id for listing in await offers.list(ANONYMOUS)] == ["ada/big"]
    async with Sources(world.hub, world.storage).materialise(servable) as folder:
        files = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert files == {"config.json": b"{}", "tokenizer.json": b"[]", "model.safetensors": GGUF + b"model.safetensors"}
    assert servable.size == sum(map(len, files.values()))


async def test_a_checkpoint_is_not_offered_where_no_engine_loads_it(world: World) -> None:
    await publish_checkpoint(world)
    offers = Offers(world.hub, world.policy, engines=("llamacpp",))
    with pytest.raises(ModelUnsupported, match="transformers"):
        await offers.resolve(ANONYMOUS, "ada/big")
    assert await offers.list(ANONYMOUS) == []


async def test_the_weights_that_are_served_are_told_by_the_hashes_of_their_bytes(world: World, offers: Offers) -> None:
    sources = Sources(world.hub, world.storage)
    revision = await world.publish("tiny", {"license": "mit"})
    await world.add_gguf(revision.repository, "a.gguf")
    [file] = await sources.digests((await offers.resolve(ANONYMOUS, "ada/tiny")).servable)
    assert (file.path, file.sha256) == ("a.gguf", hashlib.sha256(GGUF + b"a.gguf").hexdigest())
    await publish_checkpoint(world)
    checkpoint = (await offers.resolve(await world.caller("ada"), "ada/big")).servable
    found = {file.path: file.sha256 for file in await sources.digests(checkpoint)}
    assert found["model.safetensors"] == hashlib.sha256(GGUF + b"model.safetensors").hexdigest()
    assert found["config.json"] == hashlib.sha256(b"{}").hexdigest()


async def test_nobody_vouches_for_the_weights_of_a_model_elsewhere(world: World) -> None:
    elsewhere = ServableModel("remote/house", "", "", 0, "house", Mode.CHAT, target=Target.REMOTE)
    assert await Sources(world.hub, world.storage).digests(elsewhere) == []
