"""A text is read once, after a commit, and what it is decides as a digest would; what it is only near to decides nothing."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from commonweight.db.tables import jobs as job_tables
from commonweight.hub import AddFile
from commonweight.rights.matching import IDENTIFIED, NEAR_BY, TOO_LONG, UNKNOWN, TextMatch
from commonweight.vetting import FAILED, NOT_COMPARED, WAITING, LicenceTexts
from tests.policy.world import World
from tests.support.shelf import Shelf
from tests.vetting.text_world import MIT_AS_WRITTEN, Desk, FakeMatcher, identified, is_like, near

ODD = "Please keep this model to yourself, whatever anybody says."


async def test_a_text_that_the_matcher_identifies_names_its_licence_by_file(world: World) -> None:
    desk = Desk(world, FakeMatcher({"MIT": identified("mit")}))
    revision = await world.publish("tiny", {"tags": ["x"]}, LICENSE=MIT_AS_WRITTEN)
    assert (await desk.told(revision))["LICENSE"].state == WAITING
    await desk.run()
    text = (await desk.told(revision))["LICENSE"]
    assert (text.state, text.by, [one.record for one in text.licences]) == (IDENTIFIED, "matcher", ["mit"])
    assert await desk.licences(revision) == [("mit", "file")]


async def test_what_stood_before_a_text_was_read_is_decided_again(world: World) -> None:
    desk = Desk(world, FakeMatcher({"MIT": identified("mit")}))
    revision = await world.publish("tiny", {"tags": ["x"]}, LICENSE=MIT_AS_WRITTEN)
    assert (await world.policy.standing_verdict(revision)).value == "unknown"
    await desk.run()
    (verdict,) = (await world.policy.standing_verdicts([revision])).values()  # as it stands: nobody looks again
    assert (verdict.value, verdict.terms) == ("allowed", ("mit",))


async def test_a_text_is_read_once_for_all_repositories(world: World) -> None:
    matcher = FakeMatcher({"MIT": identified("mit")})
    desk = Desk(world, matcher)
    first = await world.publish("one", {"tags": ["x"]}, LICENSE=MIT_AS_WRITTEN)
    second = await world.publish("two", {"tags": ["x"]}, **{"COPYING": MIT_AS_WRITTEN, "docs/LICENSE": MIT_AS_WRITTEN})
    assert (await world.policy.standing_verdict(second)).value == "unknown"
    await desk.run()
    assert matcher.asked == [MIT_AS_WRITTEN]
    assert [(await world.policy.standing_verdict(one)).terms for one in (first, second)] == [("mit",), ("mit",)]


async def test_a_text_that_its_digest_names_is_not_read(world: World) -> None:
    matcher = FakeMatcher()
    desk = Desk(world, matcher)
    revision = await world.publish_starter()
    await desk.run()
    text = (await desk.told(revision))["LICENSE"]
    assert (text.by, text.licences[0].record, matcher.asked) == ("digest", "apache-2.0", [])


async def test_a_licence_without_a_record_is_named_and_not_guessed_at(world: World) -> None:
    desk = Desk(world, FakeMatcher({"house": identified("house-of-models-1.0")}))
    revision = await world.publish("tiny", {"tags": ["x"]}, LICENSE="The house rules.")
    await desk.run()
    assert await desk.licences(revision) == [("house-of-models-1.0", "file")]
    verdict = await world.policy.standing_verdict(revision)
    assert verdict.value == "unknown"
    assert "text of licence 'house-of-models-1.0'" in str(verdict.document["questions"])


async def test_a_licence_without_a_record_never_gets_anothers_by_a_likeness_of_names(world: World) -> None:
    desk = Desk(world, FakeMatcher({"one": identified("openrail"), "two": identified("llama3.1")}))
    revision = await world.publish("tiny", {"tags": ["x"]}, LICENSE="one", COPYING="two")
    await desk.run()
    assert await desk.licences(revision) == [
        ("LicenseRef-scancode-llama3.1", "file"),
        ("LicenseRef-scancode-openrail", "file"),
    ]


async def test_a_text_that_is_only_near_is_not_taken_for_the_licence_on_the_label(world: World) -> None:
    desk = Desk(world, FakeMatcher({"MIT": near("mit")}))
    revision = await world.publish("tiny", {"license": "mit"}, LICENSE=MIT_AS_WRITTEN)
    before = await world.policy.standing_verdict(revision)
    assert before.value == "allowed"
    assert ["was not compared" in doubt["about"] for doubt in before.document["doubts"]] == [True]
    await desk.run()
    text = (await desk.told(revision))["LICENSE"]
    assert (text.state, [one.key for one in text.licences], text.names) == (NEAR_BY, ["mit"], ())
    assert [piece.kind for piece in text.diff] == ["same", "foreign"]
    assert await desk.licences(revision) == [("mit", "tag"), ("unidentified-text", "file")]
    after = await world.policy.standing_verdict(revision)
    assert (after.value, after.document["doubts"]) == ("unknown", [])


async def test_rules_of_use_are_no_licence(world: World) -> None:
    match = TextMatch(IDENTIFIED, (is_like("mit"), is_like("llama-4-aup", is_policy=True)))
    desk = Desk(world, FakeMatcher({"MIT": match}))
    revision = await world.publish("tiny", {"tags": ["x"]}, LICENSE=MIT_AS_WRITTEN)
    await desk.run()
    assert await desk.licences(revision) == [("mit", "file")]
    assert [one.is_policy for one in (await desk.told(revision))["LICENSE"].licences] == [False, True]


async def test_a_newer_matcher_reads_all_texts_again(world: World) -> None:
    revision = await world.publish("tiny", {"tags": ["x"]}, LICENSE=MIT_AS_WRITTEN)
    first = Desk(world, FakeMatcher({}))
    await first.reader.start()
    await first.run()
    assert (await first.told(revision))["LICENSE"].state == UNKNOWN
    second = Desk(world, FakeMatcher({"MIT": identified("mit")}, version="fake 2"))
    await second.reader.start()
    await second.run()
    assert await second.licences(revision) == [("mit", "file")]
    assert (await world.policy.standing_verdict(revision)).value == "allowed"


async def test_a_matcher_that_comes_late_reads_what_was_there_before_data_sets_too(world: World) -> None:
    ada = await world.caller("ada")
    data = await world.hub.create(ada, "dataset", "ada", "poems", "public")
    await world.hub.commit(ada, data, "main", [AddFile("LICENSE", MIT_AS_WRITTEN.encode())], title="Add")
    without = Desk(world, FakeMatcher(version=""))
    await without.reader.start()
    await without.run()
    head = await world.hub.resolve(data)
    assert (await without.told(head))["LICENSE"].state == NOT_COMPARED
    desk = Desk(world, matcher := FakeMatcher({"MIT": identified("mit")}))
    await desk.reader.start()
    await desk.run()
    assert (await desk.told(head))["LICENSE"].names[0].record == "mit"
    await desk.reader.start()
    await desk.run()
    assert len(matcher.asked) == 1


async def test_without_a_matcher_the_digest_and_the_tag_decide(world: World) -> None:
    desk = Desk(world, FakeMatcher(version=""))
    revision = await world.publish("tiny", {"license": "mit"}, LICENSE=ODD)
    await desk.run()
    assert (await desk.told(revision))["LICENSE"].state == NOT_COMPARED
    assert await desk.licences(revision) == [("mit", "tag")]


async def test_a_text_that_kills_the_matcher_fails_alone_and_is_tried_again_a_few_times(world: World) -> None:
    matcher = FakeMatcher({"MIT": identified("mit")}, deadly="to yourself")
    desk = Desk(world, matcher)
    revision = await world.publish("tiny", {"tags": ["x"]}, **{"LICENSE": ODD, "LICENSE.mit": MIT_AS_WRITTEN})
    await desk.run()
    told = await desk.told(revision)
    assert (told["LICENSE"].state, told["LICENSE"].problem) == (FAILED, "The matcher's process died at this text.")
    assert told["LICENSE.mit"].state == IDENTIFIED
    assert await desk.licences(revision) == [("mit", "file"), ("unidentified-text", "file")]
    for _ in range(4):
        world.clock.advance(timedelta(minutes=11))
        await desk.run()
    assert matcher.asked.count(ODD) == 3
    async with world.database.read() as connection:
        states = await connection.scalars(select(job_tables.jobs.c.state).where(job_tables.jobs.c.kind == "read_texts"))
        assert set(states) == {"done"}


async def test_a_text_whose_reading_failed_is_read_once_the_matcher_can(world: World) -> None:
    matcher = FakeMatcher({"MIT": identified("mit")}, deadly="MIT")
    desk = Desk(world, matcher)
    revision = await world.publish("tiny", {"tags": ["x"]}, LICENSE=MIT_AS_WRITTEN)
    await desk.run()
    matcher.deadly = "\0"
    world.clock.advance(timedelta(minutes=11))
    await desk.run()
    assert await desk.licences(revision) == [("mit", "file")]


async def test_a_file_longer_than_any_licence_is_not_even_given_to_the_matcher(world: World) -> None:
    matcher = FakeMatcher()
    desk = Desk(world, matcher)
    revision = await world.publish("tiny", {"license": "mit"}, LICENSE="words and more words " * 500_000)
    await desk.run()
    assert ((await desk.told(revision))["LICENSE"].state, matcher.asked) == (TOO_LONG, [])
    assert (await world.policy.standing_verdict(revision)).value == "unknown"


async def test_an_empty_file_says_nothing(world: World) -> None:
    desk = Desk(world, FakeMatcher())
    revision = await world.publish("tiny", {"license": "mit"}, LICENSE="")
    await desk.run()
    assert await desk.licences(revision) == [("mit", "tag")]


async def test_a_turn_ends_and_another_job_reads_the_rest(world: World) -> None:
    matcher = FakeMatcher({"MIT": identified("mit")})
    desk = Desk(world, matcher, turn_seconds=0.0)
    texts = {f"LICENSE.{n}": f"{MIT_AS_WRITTEN} {n}" for n in range(4)}
    revision = await world.publish("tiny", {"tags": ["x"]}, **texts)
    await desk.run()
    assert len(matcher.asked) == 4
    assert {text.state for text in (await desk.told(revision)).values()} == {IDENTIFIED}


async def test_a_repository_that_went_before_its_texts_were_read_is_left_alone(world: World) -> None:
    desk = Desk(world, matcher := FakeMatcher())
    revision = await world.publish("tiny", {"tags": ["x"]}, LICENSE=ODD)
    payload = {"repository_id": revision.repository.id, "commit": revision.commit}
    await world.hub.delete(await world.caller("ada"), revision.repository)
    await desk.reader.on_commit(payload, _nothing)
    await desk.reader.on_read_texts(payload, _nothing)
    await desk.run()
    assert matcher.asked == []


async def test_texts_without_a_place_for_readings_are_known_by_digest_alone(world: World) -> None:
    revision = await world.publish_starter()
    texts = LicenceTexts(world.hub, world.policy.records)
    (text,) = await texts.of(revision, await world.hub.facts(revision))
    assert text.licences[0].key == "apache-2.0"


async def _nothing(_fraction: float, _message: str) -> None:
    return


LONG = f"{MIT_AS_WRITTEN} {'It goes on for a while. ' * 20}"
CARD = f"---\nlicense: apache-2.0\n---\n# Tiny\n\n## License\n\n{LONG}\n\n## Use\n\nRun it.\n"


async def test_a_licence_in_a_section_of_the_card_is_read_as_a_text(world: World) -> None:
    desk = Desk(world, matcher := FakeMatcher({"MIT": identified("mit")}))
    revision = await world.publish("tiny", None, **{"README.md": CARD})
    await desk.run()
    (asked,) = matcher.asked
    assert asked.startswith(MIT_AS_WRITTEN)
    assert "Run it" not in asked
    assert await desk.licences(revision) == [("apache-2.0", "tag"), ("mit", "file")]


async def test_prose_about_a_licence_in_a_card_leaves_the_word_to_the_tag(world: World) -> None:
    desk = Desk(world, FakeMatcher({"MIT": near("mit")}))
    revision = await world.publish("tiny", None, **{"README.md": CARD})
    await desk.run()
    assert await desk.licences(revision) == [("apache-2.0", "tag")]


async def test_a_text_whose_bytes_are_gone_fails_alone(world: World, shelf: Shelf) -> None:
    desk = Desk(world, FakeMatcher({"MIT": identified("mit")}))
    texts = {"LICENSE": "x" * 100_000, "LICENSE.mit": MIT_AS_WRITTEN}  # the longer one lies in the storage of bytes
    revision = await world.publish("tiny", {"tags": ["x"]}, **texts)
    for key in shelf.lying():
        shelf.remove(key)
    await desk.run()
    told = await desk.told(revision)
    assert (told["LICENSE"].state, told["LICENSE.mit"].state) == (FAILED, IDENTIFIED)
    assert told["LICENSE"].problem
