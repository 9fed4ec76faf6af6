"""Every model that people ask about has an answer: a verdict that cites a clause or names what is missing."""

from __future__ import annotations

import pytest

from commonweight.hub.catalogue import KnownModel, packaged_catalogues
from commonweight.hub.catalogue.shape import NO_RECORD
from commonweight.rights import Records, load_records
from tests.policy.world import SELLING, World

ENTRIES = {entry.id: entry for catalogue in packaged_catalogues() for entry in catalogue.models}
MODELS = [entry for entry in ENTRIES.values() if entry.kind == "model"]


def keys_of(entry: KnownModel) -> set[str]:
    return {entry.licence, *entry.artefact_licences.values(), *entry.alternative_licences}


def unrecorded(entry: KnownModel, records: Records) -> set[str]:
    return {key for key in keys_of(entry) if not records.named(key)}


async def test_every_known_model_has_a_verdict_that_says_why(world: World) -> None:
    models = await world.known.list("model")
    assert {model.id for model in models} == {model.id for model in MODELS}
    for use in (None, SELLING):
        if use is not None:
            await world.policy.set_standing_use(await world.caller("root"), use)
        for key, verdict in (await world.policy.standing_verdicts(models)).items():
            said = verdict.document
            cites = any(clause["clause"] and clause["licence"] for clause in said["clauses"])
            assert cites or said["questions"], (key, verdict.value)
            assert verdict.headline, key
            assert said["reasons"], key
        assert len(await world.policy.standing_verdicts(models)) == len(models)


def test_no_entry_names_a_licence_that_leads_nowhere() -> None:
    records = load_records()
    assert {name: gone for name, entry in ENTRIES.items() if (gone := unrecorded(entry, records) - NO_RECORD.keys())} == {}


def test_every_parent_and_data_set_of_a_known_model_is_known_itself() -> None:
    lower = {name.lower() for name in ENTRIES}
    edges = [(entry.id, edge.parent) for entry in ENTRIES.values() for edge in entry.lineage]
    assert [(child, parent) for child, parent in edges if parent.lower() not in lower] == []


def test_terms_by_which_a_model_may_also_come_have_an_entry_of_their_own() -> None:
    for entry in ENTRIES.values():
        others = {one.licence for one in ENTRIES.values() if one.alternative_of == entry.id}
        assert set(entry.alternative_licences) == others, entry.id


LINEAGE = [
    ("stabilityai/sdxl-turbo", "stabilityai/stable-diffusion-xl-base-1.0", "distil_logits"),
    ("databricks/dolly-v2", "EleutherAI/pythia", "finetune"),
    ("databricks/dolly-v2", "databricks/databricks-dolly-15k", "trained_on_data"),
    ("runwayml/stable-diffusion-v1-5", "CompVis/stable-diffusion-v1-2", "finetune"),
    ("runwayml/stable-diffusion-v1-5", "laion/laion2B-en", "trained_on_data"),
    ("mosaicml/mpt-7b-instruct", "mosaicml/mpt-7b", "finetune"),
    ("mosaicml/mpt-7b-instruct", "mosaicml/dolly_hhrlhf", "trained_on_data"),
    ("mosaicml/mpt-7b-chat", "mosaicml/mpt-7b", "finetune"),
    ("mosaicml/mpt-7b-storywriter", "mosaicml/mpt-7b", "finetune"),
    ("deepseek-ai/deepseek-r1-distill-llama-70b", "meta-llama/llama-3.3", "finetune"),
    ("deepseek-ai/deepseek-r1-distill-llama-70b", "deepseek-ai/deepseek-r1", "trained_on_outputs"),
    ("bigscience/bloom", "bigscience/roots-corpus", "trained_on_data"),
    ("bigcode/starcoder", "bigcode/the-stack", "trained_on_data"),
    ("cerebras/cerebras-gpt", "EleutherAI/the_pile", "trained_on_data"),
    ("togethercomputer/redpajama-incite", "togethercomputer/RedPajama-Data-1T", "trained_on_data"),
    ("EleutherAI/pythia", "EleutherAI/the_pile", "trained_on_data"),
    ("allenai/olmo-7b", "allenai/dolma", "trained_on_data"),
]


@pytest.mark.parametrize(("child", "parent", "relation"), LINEAGE)
def test_the_lineage_that_decides_is_there(child: str, parent: str, relation: str) -> None:
    assert (parent, relation) in {(edge.parent, edge.relation) for edge in ENTRIES[child].lineage}


ASKED = [
    "meta-llama/llama-2", "google/gemma-1", "xai/grok-1", "mistralai/mistral-7b", "mistralai/mistral-large-2407",
    "runwayml/stable-diffusion-v1-5", "stabilityai/sdxl-turbo", "bigscience/bloom", "bigcode/starcoder",
    "cerebras/cerebras-gpt", "databricks/dolly-v2", "mosaicml/mpt-7b", "databricks/dbrx",
    "togethercomputer/redpajama-incite", "Writer/palmyra-fin-70b",
]  # fmt: skip


@pytest.mark.parametrize("name", ASKED)
def test_the_models_people_ask_about_first_are_there_with_recorded_terms(name: str) -> None:
    assert unrecorded(ENTRIES[name], load_records()) == set()
