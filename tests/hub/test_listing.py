"""Lists: filters, orders, pages, words; who sees what; downloads."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.errors import InvalidInput
from commonweight.hub import AddFile, Hub, Repository
from commonweight.hub import WantedList as Wanted
from commonweight.hub.listing import tokens
from commonweight.hub.listing.downloads import recount
from commonweight.hub.listing.finding import find
from commonweight.hub.listing.room import AT_HAND
from commonweight.identity import ANONYMOUS, Caller
from tests.hub.contents.test_contents import tensors

CARD = """---
license: apache-2.0
language: [en, es]
tags: [fox, "Red Panda"]
pipeline_tag: text-generation
base_model: acme/base
---
# {name}

It knows everything about the winter habits of foxes, also ñandúes.
"""


async def made(hub: Hub, caller: Caller, name: str, card: str = CARD, kind: str = "model", **files: bytes) -> Repository:
    repository = await hub.create(caller, kind, None, name)
    changes = [AddFile("README.md", card.format(name=name).encode()), *(AddFile(key, data) for key, data in files.items())]
    await hub.commit(caller, repository, "main", changes, "Add")
    await indexed(hub, repository)
    return repository


async def indexed(hub: Hub, repository: Repository) -> None:
    revision = await hub.resolve(repository)
    await hub.on_read_revision({"repository_id": repository.id, "commit": revision.commit})


async def names(hub: Hub, caller: Caller = ANONYMOUS, kind: str = "model", **wanted: Any) -> list[str]:
    found = await hub.listings.find(caller, Wanted(kind, **{"sort": "createdAt", "descending": False, **wanted}))
    return [one.name for one in found.repositories]


async def test_all_tags_must_be_there(hub: Hub, ada: Caller) -> None:
    await made(hub, ada, "one")
    await made(hub, ada, "two", CARD.replace("fox", "owl"))
    assert await names(hub, tags=("fox",)) == ["one"]
    assert await names(hub, tags=("license:apache-2.0", "en", "RED PANDA", "text-generation")) == ["one", "two"]
    assert await names(hub, tags=("fox", "owl")) == []
    assert await names(hub, tags=("base_model:finetune:acme/base", "owl")) == ["two"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("tiny", ["tiny-fox"]), ("INY-F", ["tiny-fox"]), ("ada/t", ["tiny-fox"]), ("x", ["tiny-fox"]),
        ("ada fox", ["tiny-fox"]),
        ("habits", ["tiny-fox"]), ("habit", ["tiny-fox"]), ("habits winter", ["tiny-fox"]), ("ñandú", ["tiny-fox"]),
        ("apache-2.0", ["tiny-fox"]), ("panda", ["tiny-fox"]), ("owl", []), ("habits owl", []), ("%", []), ("_iny", []),
        ('"tiny" OR (', []), ("", ["tiny-fox"]), ("' ; --", []), ("*", []), ("\0", ["tiny-fox"]),
        ("NOT tiny", []),
    ],
)  # fmt: skip
async def test_words_are_found_in_names_tags_and_cards(hub: Hub, ada: Caller, search: str, found: list[str]) -> None:
    await made(hub, ada, "tiny-fox")
    assert await names(hub, search=search) == found


async def test_what_is_private_is_found_by_its_own_alone(hub: Hub, ada: Caller, bob: Caller) -> None:
    repository = await made(hub, ada, "secret")
    await hub.update(ada, repository, visibility="private")
    for wanted in ({}, {"search": "secret"}, {"search": "foxes"}, {"tags": ("fox",)}, {"author": "ada"}):
        assert await names(hub, bob, **wanted) == await names(hub, ANONYMOUS, **wanted) == []
        assert await names(hub, ada, **wanted) == ["secret"]


async def test_a_new_repository_is_found_by_its_name_at_once(hub: Hub, ada: Caller) -> None:
    await hub.create(ada, "model", None, "brand-new")
    assert await names(hub, search="brand") == await names(hub, search="rand-n") == ["brand-new"]


async def test_a_new_name_takes_the_old_ones_place_and_keeps_what_the_card_says(hub: Hub, ada: Caller) -> None:
    repository = await made(hub, ada, "before", CARD.replace("{name}", "A model"))
    await hub.move(ada, repository, "ada", "after")
    assert await names(hub, search="before") == []
    assert await names(hub, search="after foxes") == ["after"]


async def test_what_the_next_commit_no_longer_says_is_no_longer_found(hub: Hub, ada: Caller) -> None:
    repository = await made(hub, ada, "one")
    await hub.commit(ada, repository, "main", [AddFile("README.md", b"---\ntags: [owl]\n---\n")], "Change")
    await indexed(hub, repository)
    assert await names(hub, search="foxes") == await names(hub, tags=("fox",)) == []
    assert await names(hub, tags=("owl",)) == ["one"]


async def test_an_older_commit_does_not_come_back(hub: Hub, ada: Caller) -> None:
    repository = await made(hub, ada, "one")
    old = await hub.resolve(repository)
    await hub.commit(ada, repository, "main", [AddFile("README.md", b"owl")], "Change")
    await indexed(hub, repository)
    await hub.listings.index(old)
    assert await names(hub, search="foxes") == []


async def test_what_is_deleted_leaves_the_index(hub: Hub, ada: Caller, database: Database) -> None:
    repository = await made(hub, ada, "one")
    await hub.delete(ada, repository)
    assert await names(hub, search="one") == []
    async with database.read() as connection:
        match = "MATCH 'kmodel'" if database.dialect == "sqlite" else "IS NOT NULL"
        column = "listings_search" if database.dialect == "sqlite" else "found"
        assert (
            await connection.exec_driver_sql(f"SELECT count(*) FROM listings_search WHERE {column} {match}")
        ).scalar() == 0


async def test_kinds_are_kept_apart(hub: Hub, ada: Caller) -> None:
    await made(hub, ada, "one")
    await made(hub, ada, "two", kind="dataset")
    assert await names(hub, search="foxes") == ["one"]
    assert await names(hub, kind="dataset", tags=("language:en",)) == ["two"]


async def test_parameters_lie_between_bounds(hub: Hub, ada: Caller) -> None:
    await made(hub, ada, "small", **{"model.safetensors": tensors(a=("F32", [10]))})
    await made(hub, ada, "large", **{"model.safetensors": tensors(a=("F32", [1000]))})
    await made(hub, ada, "none")
    assert await names(hub, parameters=(None, 100)) == ["small"]
    assert await names(hub, parameters=(11, None)) == ["large"]
    assert await names(hub, parameters=(10, 1000)) == ["small", "large"]


async def test_gates_are_told_apart(hub: Hub, ada: Caller) -> None:
    await made(hub, ada, "open")
    await hub.update(ada, await made(hub, ada, "closed"), gated="manual")
    assert (await names(hub, gated=True), await names(hub, gated=False)) == (["closed"], ["open"])


async def test_nobodys_repositories_are_none(hub: Hub, ada: Caller) -> None:
    await made(hub, ada, "one")
    assert await names(hub, author="nobody") == []
    assert await names(hub, author="ADA") == ["one"]


async def paged(hub: Hub, wanted: Wanted) -> list[str]:
    found: list[str] = []
    for _ in range(20):
        page = await hub.listings.find(ANONYMOUS, wanted)
        found += [one.name for one in page.repositories]
        if page.following is None:
            return found
        wanted = replace(wanted, cursor=page.following)
    raise AssertionError(found)


@pytest.mark.parametrize("sort", ["createdAt", "lastModified", "downloads", "likes", "trendingScore"])
@pytest.mark.parametrize("few", [{}, {"tags": ("fox",)}, {"search": "foxes", "author": "ada"}])
async def test_pages_leave_nothing_out_and_repeat_nothing(hub: Hub, ada: Caller, sort: str, few: dict[str, Any]) -> None:
    made_names = [(await made(hub, ada, f"m{number}")).name for number in range(5)]
    forth = await paged(hub, Wanted("model", sort=sort, descending=False, limit=2, **few))
    back = await paged(hub, Wanted("model", sort=sort, limit=2, **few))
    assert (forth, back) == (made_names, made_names[::-1])


async def test_orders_and_kinds_that_there_are_not_are_named(hub: Hub) -> None:
    with pytest.raises(InvalidInput, match="createdAt"):
        await hub.listings.find(ANONYMOUS, Wanted("model", sort="size"))
    with pytest.raises(InvalidInput):
        await hub.listings.find(ANONYMOUS, Wanted("paper"))


WANTED: list[dict[str, Any]] = [
    {"tags": ("fox",)}, {"search": "foxes"}, {"search": "m1 winter"}, {"author": "ada", "tags": ("en",), "limit": 1},
    {"parameters": (1, 20)}, {"search": "foxes", "parameters": (1, 20)},
    {"names": frozenset({"ada/m1", "ADA/M2", "ada/no"})},
]  # fmt: skip


async def test_both_ways_of_finding_find_the_same(hub: Hub, ada: Caller, database: Database) -> None:
    for number in range(4):
        weights = {"model.safetensors": tensors(a=("F32", [10 * number]))}
        await made(hub, ada, f"m{number}", CARD if number % 2 else "plain", **weights)
    async with database.read() as connection:
        for wanted in WANTED:
            asked = Wanted("model", **wanted)
            collected, walked = [await find(connection, ANONYMOUS, asked, few) for few in (100, 0)]
            assert collected == walked
            assert collected.repositories, wanted


async def test_who_has_just_committed_finds_it(hub: Hub, ada: Caller) -> None:
    repository = await hub.create(ada, "model", None, "new")
    await hub.commit(ada, repository, "main", [AddFile("README.md", CARD.encode())], "Add")
    assert await names(hub, search="foxes") == await names(hub, tags=("fox",)) == ["new"]


async def test_where_much_waits_a_job_reads_it(hub: Hub, ada: Caller) -> None:
    for number in range(AT_HAND + 1):
        repository = await hub.create(ada, "model", None, f"m{number}")
        await hub.commit(ada, repository, "main", [AddFile("README.md", CARD.encode())], "Add")
    assert await names(hub, search="foxes") == []
    await hub.listings.handlers()["index_listings"]({}, _untold)
    assert len(await names(hub, search="foxes")) == AT_HAND + 1


async def _untold(*_: Any) -> None:
    return None


async def test_tags_are_told_by_type_with_how_many_have_them(hub: Hub, ada: Caller) -> None:
    await made(hub, ada, "one")
    await made(hub, ada, "two", CARD.replace("[en, es]", "[en]"))
    hidden = await made(hub, ada, "three", CARD.replace("[en, es]", "[fr]"))
    await hub.update(ada, hidden, visibility="private")
    found = await hub.listings.tags_by_type("model")
    assert found["language"] == [("en", 2), ("es", 1)]
    assert found["license"] == [("license:apache-2.0", 2)]
    assert found["pipeline_tag"] == [("text-generation", 2)]


# Downloads


async def counts(hub: Hub, repository: Repository) -> tuple[int, int, int]:
    found = await hub.by_id(repository.id)
    assert found is not None
    return found.downloads, found.downloads_all_time, found.trending


async def test_somebody_counts_once_an_hour_and_others_for_themselves(hub: Hub, ada: Caller, repository: Repository) -> None:
    for who in ("a", "a", "b", 7, 7):
        hub.listings.downloads.count(repository.id, who)
    assert await counts(hub, repository) == (0, 0, 0)  # nothing is written by a request
    await hub.listings.downloads.flush()
    assert await counts(hub, repository) == (3, 3, 3)


async def test_downloads_grow_old(
    hub: Hub, ada: Caller, repository: Repository, clock: SetClock, database: Database
) -> None:
    hub.listings.downloads.count(repository.id, "a")
    await hub.listings.downloads.close()
    for days, expected in ((6, (1, 1, 1)), (8, (1, 1, 0)), (29, (1, 1, 0)), (30, (0, 1, 0))):
        async with database.write() as connection:
            await recount(connection, clock.now().date() + timedelta(days=days))
        assert await counts(hub, repository) == expected, days


async def test_downloads_of_what_is_gone_are_left(hub: Hub, ada: Caller, repository: Repository) -> None:
    other = await hub.create(ada, "model", None, "other")
    hub.listings.downloads.count(repository.id, "a")
    hub.listings.downloads.count(other.id, "a")
    await hub.delete(ada, repository)
    await hub.listings.downloads.flush()
    assert await counts(hub, other) == (1, 1, 1)


def test_what_is_asked_is_written_in_letters_that_no_database_reads_otherwise() -> None:
    expression = tokens.expression_of("model", ["a' OR 1=1"], "x:* & | ! ( ) \" ' \\ ñ")
    for written in (tokens.for_sqlite(expression), tokens.for_postgresql(expression)):
        assert not set(written) & set("'\"\\!-")
