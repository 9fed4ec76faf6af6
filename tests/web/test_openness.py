"""The page on openness: of a model kept here, of one that is only known, and its form."""

from __future__ import annotations

import pytest

from commonweight.hub import AddFile
from tests.policy.world import World
from tests.rights.openness.world import CARD, safetensors
from tests.web.reader import Reader


async def publish(world: World, name: str, *, visibility: str = "public") -> None:
    revision = await world.publish(name, {"license": "mit"}, visibility=visibility)
    changes = [
        AddFile("README.md", f"---\nlicense: mit\n---\n{CARD}".encode()),
        AddFile("model.safetensors", safetensors("a")),
        AddFile("config.json", b'{"model_type": "llama"}'),
    ]
    await world.hub.commit(await world.caller("ada"), revision.repository, "main", changes, title="Files")


async def test_components_are_shown_with_evidence_and_files(reader: Reader, world: World) -> None:
    await publish(world, "tiny")
    page = await reader.get("/ada/tiny/openness")
    assert page.status == 200
    assert "Model parameters (final)" in page.words
    assert "/ada/tiny/blob/" in page.text
    assert "model.safetensors" in page.words
    assert "Missing for class III: Technical report" in page.words
    assert "llama, in transformers" in page.words
    assert "Open Source AI Definition 1.0" in page.words
    assert "EU AI Act" in page.words
    assert "It does not say what a licensee may do" in page.words


async def test_what_the_commit_changed_is_shown(reader: Reader, world: World) -> None:
    await publish(world, "tiny")
    words = (await reader.get("/ada/tiny/openness")).words
    assert "What this commit changed" in words
    assert "Model parameters (final): was absent, is released (A)." in words


async def test_a_known_model_shows_claims_as_claims(reader: Reader) -> None:
    words = (await reader.get("/models/EleutherAI/pythia")).words
    assert "what follows are claims, and marked as such" in words
    assert "claimed, not seen" in words
    assert "yes, as claimed" in words


async def test_terms_by_which_it_may_also_come_have_their_own_answer(reader: Reader) -> None:
    page = await reader.get("/models/stabilityai/sdxl-turbo")
    assert "Under other terms" in page.words
    assert "/models/stabilityai/sdxl-turbo-community" in page.text
    assert (await reader.get("/models/stabilityai/sdxl-turbo-community")).status == 200


async def test_every_known_model_has_a_page(reader: Reader, world: World) -> None:
    for model in await world.known.list("model"):
        assert (await reader.get(f"/models/{model.id}")).status == 200, model.id


async def test_it_is_told_in_spanish(reader: Reader, world: World) -> None:
    await publish(world, "tiny")
    words = (await reader.get("/ada/tiny/openness", accept_language="es")).words
    assert "Parámetros del modelo (finales)" in words
    assert "No dice qué puede hacer un licenciatario" in words
    assert "Model parameters" not in words


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("tune_percent=5", "no provider by the tune"),
        ("tune_percent=40", "a provider, for the change"),
        ("tune_flop=4e22", "Is the original a model with systemic risk?"),
        ("tune_flop=4e22&tune_systemic_risk=yes", "no provider by the tune"),
        ("tune_flop=lots", "expected a number"),
        ("tune_flop=-3", "expected a number of operations"),
        ("tune_maker_excludes_eu=yes", "a provider of the whole model"),
    ],
)
async def test_the_form_on_tunes_answers(reader: Reader, world: World, query: str, said: str) -> None:
    await world.publish("tiny", {"license": "mit"})
    page = await reader.get(f"/ada/tiny/openness?{query}")
    assert page.status == 200
    assert said in page.words


async def test_the_openness_of_a_private_model_looks_missing_to_others(reader: Reader, ada: Reader, world: World) -> None:
    await publish(world, "secret", visibility="private")
    assert (await ada.get("/ada/secret/openness")).status == 200
    assert (await reader.get("/ada/secret/openness")).status == 404


async def test_an_empty_repository_and_a_broken_card_have_a_page(reader: Reader, world: World) -> None:
    revision = await world.publish("bare")
    assert (await reader.get("/ada/bare/openness")).status == 200
    broken = [AddFile("README.md", b"---\nlicense: [mit\n---\n"), AddFile("config.json", b"{" * 20_000)]
    await world.hub.commit(await world.caller("ada"), revision.repository, "main", broken, title="Broken")
    assert (await reader.get("/ada/bare/openness")).status == 200
