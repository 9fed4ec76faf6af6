"""What the files of a repository say of its licence, over the own API."""

from __future__ import annotations

from commonweight.hub import AddFile
from tests.policy.world import World
from tests.vetting.text_world import MIT_AS_WRITTEN, Desk, FakeMatcher, identified, near
from tests.wire.test_cw import Client, catalogues, client, is_problem, records, world  # noqa: F401 - fixtures


async def test_a_reading_comes_with_its_score_and_what_differs(client: Client, world: World) -> None:  # noqa: F811
    desk = Desk(world, FakeMatcher({"MIT": near("mit")}))
    revision = await world.publish("tiny", {"license": "apache-2.0"}, LICENSE=MIT_AS_WRITTEN)
    before = (await client("GET", "/models/ada/tiny/licence-texts")).json
    assert (before["progress"], before["texts"][0]["state"]) == ({"read": 0, "of": 1}, "not_compared")
    assert "commonweight[licences]" in before["install"]
    await desk.run()
    after = (await client("GET", f"/models/ada/tiny/licence-texts?revision={revision.commit}")).json
    (text,) = after["texts"]
    assert (text["state"], text["by"], text["licences"][0]["record"], text["licences"][0]["score"]) == (
        "near", "matcher", "mit", 0.8,
    )  # fmt: skip
    assert {"kind": "foreign", "text": "not"} in text["diff"]
    assert after["declared"][0]["key"] == "apache-2.0"
    assert [row["key"] for row in after["effective"]["*"]] == ["apache-2.0", "unidentified-text"]
    (disagreement,) = after["disagreements"]
    assert [(side["path"], side["by"]) for side in disagreement["sides"]] == [("README.md", "tag"), ("LICENSE", "file")]


async def test_two_files_that_differ_are_shown_as_such_and_both_count(client: Client, world: World) -> None:  # noqa: F811
    desk = Desk(world, FakeMatcher({"one": identified("mit"), "two": identified("apache-2.0")}))
    await world.publish("tiny", {"tags": ["x"]}, **{"LICENSE": "one", "LICENSE.txt": "two", "LICENSE-CODE": "two too"})
    await desk.run()
    answer = (await client("GET", "/models/ada/tiny/licence-texts")).json
    (disagreement,) = answer["disagreements"]
    assert disagreement["artefact"] == "*"
    assert [(side["path"], side["licences"]) for side in disagreement["sides"]] == [
        ("LICENSE", ["mit"]), ("LICENSE.txt", ["apache-2.0"]),
    ]  # fmt: skip
    assert [row["key"] for row in answer["effective"]["*"]] == ["apache-2.0", "mit"]
    assert [row["key"] for row in answer["effective"]["inference_code"]] == ["apache-2.0"]


async def test_a_folders_licence_says_of_what_it_speaks(client: Client, world: World) -> None:  # noqa: F811
    desk = Desk(world, FakeMatcher({"one": identified("mit")}))
    await world.publish("tiny", {"license": "apache-2.0"}, **{"vae/LICENSE": "one", "vae/model.bin": "w"})
    await desk.run()
    answer = (await client("GET", "/models/ada/tiny/licence-texts")).json
    assert (answer["texts"][0]["folder"], answer["texts"][0]["artefacts"]) == ("vae", ["weights"])
    assert [one["artefact"] for one in answer["disagreements"]] == ["weights"]


async def test_data_sets_have_them_too(client: Client, world: World) -> None:  # noqa: F811
    ada = await world.caller("ada")
    data = await world.hub.create(ada, "dataset", "ada", "poems", "public")
    await world.hub.commit(ada, data, "main", [AddFile("LICENSE", b"Read them aloud.")], title="Add")
    answer = (await client("GET", "/datasets/ada/poems/licence-texts")).json
    assert (answer["model"], [text["path"] for text in answer["texts"]]) == ("datasets/ada/poems", ["LICENSE"])


async def test_a_private_models_texts_are_missing_for_others(client: Client, world: World) -> None:  # noqa: F811
    desk = Desk(world, FakeMatcher({"MIT": near("mit")}))
    await world.publish("secret", {"license": "mit"}, visibility="private", LICENSE=MIT_AS_WRITTEN)
    await desk.run()
    assert (await client("GET", "/models/ada/secret/licence-texts", by="ada")).status == 200
    assert is_problem(await client("GET", "/models/ada/secret/licence-texts", by="bob"), 404, "model_unknown")
    assert is_problem(await client("GET", "/models/xai/grok-1/licence-texts"), 400, "invalid_input")


async def test_who_may_not_have_the_files_is_not_told_their_words(client: Client, world: World) -> None:  # noqa: F811
    desk = Desk(world, FakeMatcher({"MIT": near("mit")}))
    revision = await world.publish("gated", {"license": "mit"}, LICENSE=MIT_AS_WRITTEN)
    await world.hub.update(await world.caller("ada"), revision.repository, gated="manual")
    await desk.run()
    mine = (await client("GET", "/models/ada/gated/licence-texts", by="ada")).json["texts"][0]
    others = (await client("GET", "/models/ada/gated/licence-texts", by="bob")).json["texts"][0]
    assert (mine["state"], others["state"], bool(mine["diff"]), others["diff"]) == ("near", "near", True, [])
