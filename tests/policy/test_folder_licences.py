"""A licence in a folder binds what lies there, beside what binds the whole; and nothing gets milder by it."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from sqlalchemy import update

from commonweight.db.tables.hub import revision_facts
from commonweight.hub import Revision
from tests.policy.world import World

APACHE = files("commonweight.mirror").joinpath("starter_files", "LICENSE").read_text(encoding="utf-8")


async def licences(world: World, revision: Revision) -> dict[str, list[str]]:
    document = (await world.policy.subject_for(revision)).document
    node: dict[str, Any] = next(one for one in document["nodes"] if one["id"] == document["root"])
    found = {artefact: [row["key"] for row in rows] for artefact, rows in node.get("licences", {}).items()}
    return {"*": [row["key"] for row in node.get("licence", [])], **found}


async def test_a_licence_of_code_in_a_folder_does_not_reach_the_weights(world: World) -> None:
    texts = {"src/LICENSE": APACHE, "src/run.py": "1", "model.bin": "w"}
    revision = await world.publish("tiny", {"license": "cc-by-nc-4.0"}, **texts)
    assert await licences(world, revision) == {
        "*": ["cc-by-nc-4.0"], "inference_code": ["apache-2.0", "cc-by-nc-4.0"],
    }  # fmt: skip
    assert (await world.policy.standing_verdict(revision)).terms == ("cc-by-nc-4.0",)


async def test_a_licence_of_some_weights_stands_beside_that_of_the_whole(world: World) -> None:
    revision = await world.publish(
        "tiny", {"license": "mit"}, **{"vae/LICENSE": APACHE, "vae/model.bin": "w", "unet.bin": "w"}
    )
    assert await licences(world, revision) == {"*": ["mit"], "weights": ["apache-2.0", "mit"]}
    assert (await world.policy.standing_verdict(revision)).terms == ("apache-2.0", "mit")


async def test_where_only_some_weights_have_a_licence_the_rest_has_none(world: World) -> None:
    texts = {"vae/LICENSE": APACHE, "vae/model.bin": "w", "unet.bin": "w"}
    some = await world.publish("some", {"tags": ["x"]}, **texts)
    whole = await world.publish("whole", {"tags": ["x"]}, **{path: text for path, text in texts.items() if "vae" in path})
    assert await licences(world, some) == {"*": [], "weights": ["apache-2.0", "none"]}
    assert (await world.policy.standing_verdict(some)).value == "unknown"
    assert await licences(world, whole) == {"*": [], "weights": ["apache-2.0"]}


async def test_a_tokenizer_with_a_licence_of_its_own_counts(world: World) -> None:
    texts = {"tokenizer/LICENSE": APACHE, "tokenizer/vocab.json": "{}", "model.bin": "w"}
    revision = await world.publish("tiny", {"license": "mit"}, **texts)
    assert (await world.policy.standing_verdict(revision)).terms == ("apache-2.0", "mit")


async def test_a_folder_that_holds_only_the_licence_speaks_of_everything(world: World) -> None:
    revision = await world.publish("tiny", {"tags": ["x"]}, **{"legal/LICENSE": APACHE, "model.bin": "w"})
    assert await licences(world, revision) == {"*": ["apache-2.0"]}


async def test_facts_read_by_an_earlier_version_are_read_again(world: World) -> None:
    texts = {"vae/LICENSE": APACHE, "vae/model.bin": "w", "unet.bin": "w"}
    revision = await world.publish("tiny", {"license": "mit"}, **texts)
    facts = await world.hub.facts(revision)
    async with world.database.write() as connection:
        row = (await connection.execute(revision_facts.select())).one()
        old = [{key: one[key] for key in ("path", "oid", "size")} for one in row.facts["licence_files"]]
        rest = {key: value for key, value in row.facts.items() if key != "elsewhere"}
        await connection.execute(update(revision_facts).values(facts={**rest, "licence_files": old}))
    assert await world.hub.facts(revision) == facts


async def test_a_text_that_nobody_has_read_speaks_where_no_other_does(world: World) -> None:
    texts = {
        "LICENSE": "Ask us.",
        "vae/LICENSE": APACHE,
        "vae/model.bin": "w",
        "src/LICENSE": "Ask them.",
        "src/run.py": "1",
    }
    revision = await world.publish("tiny", {"tags": ["x"]}, **texts, **{"unet.bin": "w"})
    assert await licences(world, revision) == {
        "*": ["unidentified-text"],
        "weights": ["apache-2.0", "unidentified-text"],
        "inference_code": ["unidentified-text"],
    }
