"""The catalogue of known models: its files, its shape, and how it comes into the database."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.db.tables.hub import known_models
from commonweight.hub import CatalogueError, KnownModelNotFound, KnownModels
from commonweight.hub.catalogue import Catalogue, packaged_catalogues, read_catalogue, read_known

ENTRY: dict[str, Any] = {
    "id": "acme/tiny",
    "name": "Tiny",
    "publisher": "Acme",
    "licence": "mit",
    "evidence": "text",
    "repositories": ["acme/tiny-*"],
}


def catalogue(version: int, *entries: dict[str, Any]) -> tuple[Catalogue, ...]:
    return (Catalogue("test", version, tuple(read_known(entry, "test") for entry in entries)),)


@pytest.fixture
def known(database: Database, clock: SetClock) -> KnownModels:
    return KnownModels(database, clock)


async def test_a_second_start_changes_nothing(known: KnownModels, database: Database) -> None:
    added = await known.load_catalogue()
    assert added == len(await known.list(None))
    async with database.read() as connection:
        before = (await connection.execute(select(known_models).order_by(known_models.c.id))).all()
    assert await known.load_catalogue() == 0
    async with database.read() as connection:
        assert (await connection.execute(select(known_models).order_by(known_models.c.id))).all() == before


async def test_a_newer_file_updates_adds_and_drops(known: KnownModels) -> None:
    gone = {**ENTRY, "id": "acme/old"}
    await known.load_catalogue(catalogue(1, ENTRY, gone))
    changed, new = {**ENTRY, "licence": "apache-2.0"}, {**ENTRY, "id": "acme/new"}
    assert await known.load_catalogue(catalogue(2, changed, new)) == 3
    assert (await known.get("acme/tiny")).licence == "apache-2.0"
    assert {model.id for model in await known.list()} == {"acme/tiny", "acme/new"}


async def test_an_older_program_does_not_undo_a_newer_catalogue(known: KnownModels) -> None:
    await known.load_catalogue(catalogue(2, {**ENTRY, "licence": "apache-2.0"}))
    assert await known.load_catalogue(catalogue(1, ENTRY)) == 0
    assert (await known.get("acme/tiny")).licence == "apache-2.0"


async def test_names_are_found_in_any_case_and_by_the_makers_repositories(known: KnownModels) -> None:
    await known.load_catalogue(catalogue(1, ENTRY))
    assert (await known.get("Acme/TINY")).id == "acme/tiny"
    found = await known.find("Acme/Tiny-7B-Instruct")
    assert found is not None
    assert found.id == "acme/tiny"
    assert await known.find("other/tiny-7b") is None
    with pytest.raises(KnownModelNotFound, match="acme/big"):
        await known.get("acme/big")


VERSIONS = [
    ("meta-llama/Llama-2-7b-chat-hf", "meta-llama/llama-2"),
    ("meta-llama/Meta-Llama-3-8B", "meta-llama/llama-3"),
    ("meta-llama/Meta-Llama-3.1-8B-Instruct", "meta-llama/llama-3.1"),
    ("meta-llama/Llama-3.2-1B", "meta-llama/llama-3.2-text"),
    ("meta-llama/Llama-3.2-11B-Vision", "meta-llama/llama-3.2-vision"),
    ("meta-llama/Llama-3.3-70B-Instruct", "meta-llama/llama-3.3"),
    ("google/gemma-2b-it", "google/gemma-1"),
    ("google/gemma-2-2b-it", "google/gemma-2"),
    ("mosaicml/mpt-7b-chat", "mosaicml/mpt-7b-chat"),
]


async def test_versions_of_a_family_are_not_mixed_up(known: KnownModels) -> None:
    await known.load_catalogue()
    for repository, entry in VERSIONS:
        found = await known.find(repository)
        assert found is not None, repository
        assert found.id == entry


async def test_a_search_asks_for_every_word(known: KnownModels) -> None:
    await known.load_catalogue()
    assert {model.id for model in await known.list(search="meta 3.2")} == {
        "meta-llama/llama-3.2-text",
        "meta-llama/llama-3.2-vision",
    }
    assert await known.list(search="meta gemma") == ()


def test_no_two_packaged_files_speak_of_the_same_model() -> None:
    ids = [model.id.lower() for catalogue in packaged_catalogues() for model in catalogue.models]
    assert len(ids) == len(set(ids))


def test_a_known_parent_is_written_as_its_entry_is() -> None:
    models = [model for catalogue in packaged_catalogues() for model in catalogue.models]
    ids = {model.id.lower(): model.id for model in models}
    for model in models:
        for edge in model.lineage:
            assert ids.get(edge.parent.lower(), edge.parent) == edge.parent


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"id": "tiny"}, r"\.id: got 'tiny'; expected publisher/name"),
        ({"licence": None}, r"\.licence: got None; expected text"),
        ({"released": 2024}, r"\.released: got 2024"),
        ({"names": [2411]}, r"\.names\[0\]: got 2411"),
        ({"components": {"wheights": "released"}}, "wheights"),
        ({"components": {"weights": "yes"}}, r"components\.weights: got 'yes'; expected one of released"),
        ({"lineage": [{"parent": "acme/base"}]}, r"lineage\[0\]"),
        ({"lineage": [{"parent": "acme/base", "relation": "copy", "evidence": "declared"}]}, "copy"),
        ({"evidence": "sure"}, "sure"),
        ({"licenses": "mit"}, "licenses"),
        ({"modality": "text"}, r"\.modality: got 'text'; expected a list"),
    ],
)
def test_an_entry_of_another_shape_is_refused_by_name(change: dict[str, Any], named: str) -> None:
    with pytest.raises(CatalogueError, match=named):
        read_known({**ENTRY, **change}, "file.yaml: models[0]")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("version: [", "YAML"),
        ("models: []", "version, name, models"),
        ("version: 0\nname: x\nmodels: []", "version"),
        ("version: 1\nname: x\nmodels: {}", "a list"),
        ("- 1", "version, name, models"),
    ],
)
def test_a_file_of_another_shape_is_refused_by_name(text: str, named: str) -> None:
    with pytest.raises(CatalogueError, match=named):
        read_catalogue(text, "file.yaml")


def test_an_id_twice_is_refused() -> None:
    text = "version: 1\nname: x\nmodels:\n" + 2 * "- {id: a/b, name: B, publisher: A, licence: mit, evidence: text}\n"
    with pytest.raises(CatalogueError, match="each id once"):
        read_catalogue(text, "file.yaml")


@settings(deadline=None, max_examples=60)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_whatever_an_entry_is_it_is_read_or_refused(entry: Any) -> None:
    with pytest.raises(CatalogueError):
        read_known(entry, "file.yaml")
    if isinstance(entry, dict):
        with pytest.raises(CatalogueError):
            read_known({**ENTRY, "components": entry or {"x": "y"}}, "file.yaml")
