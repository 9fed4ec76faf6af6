from __future__ import annotations

import pytest

from commonweight.tuning import TunedModel
from tests.policy.world import World
from tests.web.reader import Reader
from tests.web.tuning_world import TuningWorld

PAGES = ("", "/tree/main", "/blob/main/README.md", "/commits/main", "/rights", "/chat")


async def test_every_page_of_a_model_opens(ada: Reader, world: World) -> None:
    revision = await world.publish("tiny", {"license": "mit"}, notes="one\ntwo")
    await world.add_gguf(revision.repository)
    for page in PAGES:
        answer = await ada.get(f"/ada/tiny{page}")
        assert answer.status == 200, page


@pytest.mark.parametrize("page", PAGES)
async def test_a_private_repository_looks_missing_to_others(reader: Reader, world: World, page: str) -> None:
    await world.publish("hidden", {"license": "mit"}, visibility="private")
    there = await reader.get(f"/ada/hidden{page}")
    nowhere = await reader.get(f"/ada/nowhere{page}")
    assert there.status == nowhere.status == 404
    assert (
        there.words.replace("hidden", "X").rpartition("Request")[0]
        == (nowhere.words.replace("nowhere", "X").rpartition("Request")[0])
    )


async def test_a_broken_card_is_shown_with_what_is_wrong(reader: Reader, world: World) -> None:
    await world.publish("odd", None, **{"README.md": "---\nlicense: [mit\n---\n# Still here\n"})
    page = await reader.get("/ada/odd")
    assert page.status == 200
    assert "front matter cannot be read" in page.words
    assert "Still here" in page.words


async def test_a_repository_without_a_card_says_so(reader: Reader, world: World) -> None:
    await world.publish("bare")
    assert "There is no card yet" in (await reader.get("/ada/bare")).words


async def test_a_file_is_shown_by_line_and_escaped(reader: Reader, world: World) -> None:
    await world.publish("tiny", None, **{"a/b c.txt": "<script>x</script>\nsecond"})
    page = await reader.get("/ada/tiny/blob/main/a/b%20c.txt")
    assert '<span id="L2">second</span>' in page.text
    assert "<script>x" not in page.text
    assert "/ada/tiny/resolve/main/a/b%20c.txt" in page.text


async def test_a_large_file_is_offered_with_its_hash_and_not_shown(reader: Reader, world: World) -> None:
    revision = await world.publish("tiny", {"license": "mit"})
    await world.add_gguf(revision.repository, "weights.bin")
    page = await reader.get("/ada/tiny/blob/main/weights.bin")
    assert "sha256" in page.words
    assert "Too large to be shown" in page.words


async def test_a_missing_revision_or_file_is_said_plainly(reader: Reader, world: World) -> None:
    await world.publish("tiny", {"license": "mit"})
    for path, word in (("tree/mian", "mian"), ("blob/main/nothing.txt", "nothing.txt")):
        page = await reader.get(f"/ada/tiny/{path}")
        assert page.status == 404
        assert word in page.words


async def test_a_branch_with_a_slash_is_one_segment(ada: Reader, world: World) -> None:
    await world.publish("tiny", {"license": "mit"})
    assert (await ada.get("/ada/tiny/tree/refs%2Fheads%2Fmain")).status == 200


async def test_whoever_is_not_signed_in_is_asked_to_before_chatting(reader: Reader, world: World) -> None:
    revision = await world.publish("tiny", {"license": "mit"})
    await world.add_gguf(revision.repository)
    page = await reader.get("/ada/tiny/chat")
    assert "Sign in to talk to it" in page.words
    assert "chat.js" not in page.text


async def test_a_namespace_shows_what_one_may_see(reader: Reader, ada: Reader, world: World) -> None:
    await world.publish("open", {"license": "mit"})
    await world.publish("hidden", {"license": "mit"}, visibility="private")
    assert "ada/hidden" not in (await reader.get("/ada")).text
    assert "ada/hidden" in (await ada.get("/ada")).text
    assert (await reader.get("/nobody-of-that-name")).status == 404


async def test_a_new_repository_is_made_by_form(ada: Reader, world: World) -> None:
    token = (await ada.get("/new")).csrf
    fields = {"csrf": token, "kind": "dataset", "namespace": "ada", "name": "poems", "visibility": "public"}
    answer = await ada.post("/new", fields)
    assert (answer.status, answer.headers["location"]) == (303, "/datasets/ada/poems")
    assert (await ada.get("/datasets/ada/poems")).status == 200
    again = await ada.post("/new", fields)
    assert again.status == 409
    assert 'value="poems"' in again.text


async def test_nobody_makes_repositories_for_others(ada: Reader) -> None:
    token = (await ada.get("/new")).csrf
    fields = {"csrf": token, "kind": "model", "namespace": "bob", "name": "x", "visibility": "public"}
    assert (await ada.post("/new", fields)).status == 403


async def test_a_tuned_model_is_used_by_its_name_and_files_by_theirs(ada: Reader, world: World, tuned: TuningWorld) -> None:
    made = await world.publish("made", {"license": "mit"})
    for path in ("gguf/adapter.gguf", "gguf/base-F16.gguf", "gguf/checkpoint-step-9.gguf", "gguf/model-Q8_0.gguf"):
        made = await world.add_gguf(made.repository, path)
    account = (await world.caller("ada")).account
    assert account
    for name, path in (("ft:tiny:ada::1:ckpt-step-9", "checkpoint-step-9"), ("ft:tiny:ada::1", "adapter")):
        where = (made.repository.id, made.commit, f"gguf/{path}.gguf", True, {})
        await tuned.names.put(TunedModel(name, account.id, None, *where, world.clock.now()))
    await world.hub.carry(made.repository, [(await world.publish("base"), "gguf/base-F16.gguf")])
    page = await ada.get("/ada/made")
    assert "model=&#34;ft:tiny:ada::1&#34;" in page.text
    assert "model=&#34;ada/made&#34;" not in page.text
    shown = ["The adapter on its base", "ft:tiny:ada::1", "As it was after 9 steps", "ft:tiny:ada::1:ckpt-step-9"]
    shown += ["ada/made:gguf/model-Q8_0.gguf", "The base itself, unchanged", "ada/made:gguf/base-F16.gguf"]
    listed = page.words[page.words.index("What can be called") :]
    at = 0
    for text in shown:
        at = listed.index(text, at)
    assert "ada/made:gguf/adapter.gguf" not in page.words
    assert 'data-model="ft:tiny:ada::1"' in (await ada.get("/ada/made/chat")).text


async def test_a_repository_of_one_model_is_used_by_its_own_name(ada: Reader, world: World) -> None:
    one = await world.publish("one", {"license": "mit"})
    await world.add_gguf(one.repository)
    page = await ada.get("/ada/one")
    assert "model=&#34;ada/one&#34;" in page.text
    assert "What can be called" not in page.words


async def test_what_waits_behind_another_model_says_so(ada: Reader, reader: Reader, world: World) -> None:
    base, made = await world.publish("base"), await world.publish("made", {"license": "mit"})
    made = await world.add_gguf(made.repository)
    await world.hub.carry(made.repository, [(base, "")])
    assert "It carries the weights" not in (await ada.get("/ada/made")).words
    await world.hub.update(await world.caller("ada"), base.repository, visibility="private")
    assert "It carries the weights of ada/base" in (await ada.get("/ada/made")).words
    assert "It carries the weights of another model" in (await reader.get("/ada/made")).words


async def test_a_model_is_liked_and_not_liked_any_more_by_its_button(ada: Reader, reader: Reader, world: World) -> None:
    await world.publish("tiny", {"license": "mit"})
    for liked, words in (("yes", "Liked 1"), ("no", "Like 0")):
        token = (await ada.get("/ada/tiny")).csrf
        assert (await ada.post("/ada/tiny/like", {"csrf": token, "liked": liked})).headers["location"] == "/ada/tiny"
        assert words in (await ada.get("/ada/tiny")).words
    assert (await reader.post("/ada/tiny/like", {"liked": "yes"})).status == 401
    assert (await ada.post("/ada/tiny/like", {"liked": "yes"})).status == 403
