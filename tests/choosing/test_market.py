"""One row per model, kept here or known, as the standing use and the files have it."""

from datetime import timedelta

import pytest

from commonweight.choosing import Market, MarketFilters, MarketRow, count
from commonweight.choosing.market import parameters_in
from commonweight.errors import InvalidInput
from commonweight.identity import ANONYMOUS
from commonweight.rights import Value
from tests.policy.world import SELLING, World


async def row_of(market: Market, id: str) -> MarketRow:
    return next(row for row in await market.rows(ANONYMOUS) if row.id == id)


async def test_the_starter_can_be_tried(world: World, market: Market) -> None:
    starter = await world.publish_starter()
    await world.add_gguf(starter.repository)
    row = await row_of(market, "ada/SmolLM2-135M-Instruct-GGUF")
    assert (row.hosted, row.deed, row.offer, row.parameters) == (True, "try", "free", "135M")
    assert row.value in ("allowed", "allowed_with_duties")
    assert row.licences == ("apache-2.0",)
    assert row.openness.usability.evidence == "A"
    assert row.label == "open_weights_permissive"
    assert row.modality == ("text",)


async def test_every_known_model_has_a_row_and_no_data_set_has(world: World, market: Market) -> None:
    rows = await market.rows(ANONYMOUS)
    assert {row.id for row in rows} == {model.id for model in await world.known.list("model")}
    assert all(row.openness.completeness.evidence == "C" for row in rows)


LABELLED = {
    "meta-llama/llama-2": ("open_weights_restricted", "ask"),
    "xai/grok-1": ("open_weights_permissive", "free"),
    "mistralai/mistral-large-1": ("closed_api", "plan"),
    "mistralai/mistral-large-2407": ("research_only", "plan"),
    "bigscience/bloom": ("open_weights_use_restricted", "free"),
    "deepseek-ai/deepseek-r1-distill-llama-70b": ("open_weights_restricted", "ask"),
}


async def test_known_models_are_labelled_by_their_terms(market: Market) -> None:
    rows = {row.id: row for row in await market.rows(ANONYMOUS)}
    assert {name: (rows[name].label, rows[name].offer) for name in LABELLED} == LABELLED
    assert {rows[name].deed for name in LABELLED} <= {"see_terms", "read_why_not"}
    assert rows["mistralai/mistral-large-1"].deed == "read_why_not"  # a closed model needs a contract
    assert rows["xai/grok-1"].deed == "see_terms"


async def test_a_relabelled_copy_is_no_more_open_than_its_parent(world: World, market: Market) -> None:
    await world.publish("tuned", {"license": "mit", "base_model": "meta-llama/Llama-2-7b-hf"})
    assert (await row_of(market, "ada/tuned")).label == "open_weights_restricted"


async def test_a_changed_use_flips_rows(world: World, market: Market) -> None:
    before = await row_of(market, "stabilityai/sdxl-turbo")
    await world.policy.set_standing_use(await world.caller("root"), SELLING)
    after = await row_of(market, "stabilityai/sdxl-turbo")
    assert (before.value, before.deed) == ("unknown", "see_terms")
    assert (after.value, after.deed) == ("prohibited", "read_why_not")
    assert (await row_of(market, "xai/grok-1")).value == "allowed"


async def test_private_models_have_rows_for_their_readers_only(world: World, market: Market) -> None:
    await world.publish("secret", {"license": "mit"}, visibility="private")
    kept_here = MarketFilters(hosted=True)
    assert [row.id for row in await market.rows(await world.caller("ada"), kept_here)] == ["ada/secret"]
    assert await market.rows(await world.caller("bob"), kept_here) == []
    assert await market.rows(ANONYMOUS, kept_here) == []


async def test_a_new_commit_shows(world: World, market: Market) -> None:
    revision = await world.publish("tiny", {"license": "mit"})
    before = await row_of(market, "ada/tiny")
    world.clock.advance(timedelta(seconds=1))
    await world.change(revision.repository, {"license": "mit", "base_model": "stabilityai/sdxl-turbo"})
    after = await row_of(market, "ada/tiny")
    assert (before.label, after.label) == ("open_weights_permissive", "research_only")
    assert before.commit != after.commit


async def test_a_gated_model_is_asked_for(world: World, market: Market) -> None:
    revision, ada = await world.publish("tiny", {"license": "mit"}), await world.caller("ada")
    await world.hub.update(ada, revision.repository, gated="manual")
    row = await row_of(market, "ada/tiny")
    assert (row.offer, row.openness.access.grade) == ("ask", "manual_approval")


FILTERED = [
    (MarketFilters(search="META llama-2"), "meta-llama/llama-2", "meta-llama/llama-3"),
    (MarketFilters(hosted=True), "ada/tiny", "xai/grok-1"),
    (MarketFilters(hosted=False), "xai/grok-1", "ada/tiny"),
    (MarketFilters(verdict="allowed"), "xai/grok-1", "meta-llama/llama-2"),
    (MarketFilters(label="research_only"), "stabilityai/sdxl-turbo", "xai/grok-1"),
    (MarketFilters(modality="video"), "tencent/hunyuanvideo", "xai/grok-1"),
    (MarketFilters(offer="plan"), "mistralai/mistral-large-1", "xai/grok-1"),
]


async def test_filters_let_through_what_fits(world: World, market: Market) -> None:
    await world.publish("tiny", {"license": "mit"})
    for filters, shown, hidden in FILTERED:
        ids = {row.id for row in await market.rows(ANONYMOUS, filters)}
        assert shown in ids, filters
        assert hidden not in ids, filters


async def test_sorting_puts_what_can_be_used_first(world: World, market: Market) -> None:
    await world.publish("zebra", {"license": "mit"})
    best = await market.rows(ANONYMOUS)
    assert best[0].id == "ada/zebra"
    values = [row.value for row in await market.rows(ANONYMOUS, MarketFilters(sort="verdict"))]
    assert values == sorted(values, key=[value.value for value in Value].index)
    names = [row.name.lower() for row in await market.rows(ANONYMOUS, MarketFilters(sort="name"))]
    assert names == sorted(names)


async def test_a_filter_of_another_word_is_refused(market: Market) -> None:
    for filters in (MarketFilters(verdict="maybe"), MarketFilters(sort="luck"), MarketFilters(search="x" * 201)):
        with pytest.raises(InvalidInput):
            await market.rows(ANONYMOUS, filters)


async def test_counts_add_up(market: Market) -> None:
    rows = await market.rows(ANONYMOUS)
    counts = count(rows)
    for words in (counts.verdict, counts.label, counts.offer, counts.hosted):
        assert sum(words.values()) == len(rows)


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("SmolLM2-135M-Instruct-GGUF", "135M"),
        ("llama-2-7b-hf", "7B"),
        ("mixtral-8x7b", ""),
        ("qwen2.5-0.5b", "0.5B"),
        ("gpt4all", ""),
        ("bert", ""),
    ],
)
def test_a_size_is_read_out_of_a_name(name: str, size: str) -> None:
    assert parameters_in(name) == size
