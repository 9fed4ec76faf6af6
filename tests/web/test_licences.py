from __future__ import annotations

import re

from tests.policy.world import World
from tests.web.reader import Reader


async def test_the_library_is_listed_with_class_and_review(reader: Reader) -> None:
    page = await reader.get("/docs/licences")
    assert page.status == 200
    assert "Llama 3.2 Community License Agreement" in page.words
    assert "checked record" in page.words


async def test_the_library_is_searched_and_filtered_together(reader: Reader) -> None:
    page = await reader.get("/docs/licences?q=llama&class=non_commercial&review=nonsense")
    titles = re.findall(r'class="t" href="/docs/licences/([^"]+)"', page.text)
    assert "llama-1" in titles
    assert not {"llama-3.2", "mit"} & set(titles)


async def test_nothing_found_says_how_to_go_on(reader: Reader) -> None:
    assert "No text fits all of that" in (await reader.get("/docs/licences?q=zzz")).words


async def test_a_licence_is_told_beside_its_clauses(reader: Reader) -> None:
    words = (await reader.get("/docs/licences/llama-3.2")).words
    assert "more than 700,000,000 monthly active users (in 2024-08)" in words
    assert "is in the European Union" in words
    assert "Built with Llama" in words
    assert "What differs from llama-3.1" in words
    assert "a fine-tuned model stays under these terms" in words
    assert "not legal advice" in words


async def test_another_version_can_be_compared_with(reader: Reader) -> None:
    words = (await reader.get("/docs/licences/llama-3.2?against=llama-2")).words
    assert "What differs from llama-2" in words
    assert (await reader.get("/docs/licences/llama-3.2?against=nothing")).status == 404


async def test_a_name_of_a_licence_leads_to_its_newest_version(reader: Reader) -> None:
    answer = await reader.get("/docs/licences/gemma")
    assert (answer.status, answer.headers["location"]) == (303, "/docs/licences/gemma-tou-2025-03-24")
    assert (await reader.get("/docs/licences/no-such-thing")).status == 404


async def test_models_under_it_are_named_also_those_that_only_descend(reader: Reader, world: World) -> None:
    await world.publish("base", {"license": "llama3.2"})
    await world.publish("tuned", {"license": "mit", "base_model": "ada/base"})
    page = await reader.get("/docs/licences/llama-3.2")
    assert re.search(r"ada/base(?! *through)", page.words)
    assert "ada/tuned through its lineage" in page.words


async def test_a_private_model_is_not_named_to_others(reader: Reader, ada: Reader, world: World) -> None:
    await world.publish("hidden", {"license": "llama3.2"}, visibility="private")
    assert "ada/hidden" in (await ada.get("/docs/licences/llama-3.2")).words
    assert "ada/hidden" not in (await reader.get("/docs/licences/llama-3.2")).words


async def test_a_licence_can_be_read_in_spanish(reader: Reader) -> None:
    words = (await reader.get("/docs/licences/llama-3.2", accept_language="es")).words
    assert "Qué se puede hacer" in words
    assert "más de 700,000,000 usuarios activos mensuales" in words
