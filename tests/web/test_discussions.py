"""The pages of discussions and pull requests."""

from __future__ import annotations

import re

import pytest

from commonweight.hub import AddFile, AddLarge, Repository
from tests.policy.world import World
from tests.web.reader import Answer, Reader

TALKS = "/ada/tiny/discussions"


@pytest.fixture
async def repository(world: World) -> Repository:
    return (await world.publish("tiny", {"license": "mit"}, notes="one\ntwo\n")).repository


@pytest.fixture
async def bob(app, world: World) -> Reader:  # type: ignore[no-untyped-def]
    bob = Reader(app)
    await bob.sign_in(world.tokens["bob"])
    return bob


async def opened(reader: Reader, title: str = "A question", text: str = "Why?") -> Answer:
    token = (await reader.get(f"{TALKS}/new")).csrf
    return await reader.post(TALKS, {"csrf": token, "title": title, "text": text})


async def proposed(world: World, repository: Repository, name: str = "notes", text: str = "one\n2\n") -> int:
    bob = await world.caller("bob")
    return (await world.hub.propose(bob, repository, "main", [AddFile(name, text.encode())], "Two is 2"))[1]


async def sent(reader: Reader, number: int, deed: str, **fields: str) -> Answer:
    token = (await reader.get(f"{TALKS}/{number}")).csrf
    return await reader.post(f"{TALKS}/{number}/{deed}", {"csrf": token, **fields})


async def test_a_discussion_is_opened_answered_and_closed(
    ada: Reader, bob: Reader, reader: Reader, repository: Repository
) -> None:
    answer = await opened(bob, "Which <b>format</b>?", "I **wonder**.\n\n<script>alert(1)</script>")
    assert (answer.status, answer.headers["location"]) == (303, f"{TALKS}/1")
    assert (await sent(ada, 1, "comment", text="ChatML")).status == 303
    assert (await sent(bob, 1, "status", status="closed", text="Thanks")).status == 303
    page = await reader.get(f"{TALKS}/1")
    for words in ("Which &lt;b&gt;format&lt;/b&gt;?", "<strong>wonder</strong>", "ChatML", "Thanks", "closed"):
        assert words in page.text
    assert "<script>alert" not in page.text
    assert "Sign in to take part" in page.words


async def test_the_tab_counts_what_is_open(bob: Reader, reader: Reader, repository: Repository) -> None:
    assert "Community" in (await reader.get("/ada/tiny")).words
    await opened(bob)
    await opened(bob)
    await sent(bob, 2, "status", status="closed")
    for page in ("/ada/tiny", "/ada/tiny/tree/main", TALKS):
        assert "Community 1" in (await reader.get(page)).words


async def test_a_list_is_filtered_and_keeps_its_filters(
    bob: Reader, reader: Reader, world: World, repository: Repository
) -> None:
    await opened(bob, "Talk of bob")
    await proposed(world, repository)
    await opened(bob, "Done")
    await sent(bob, 3, "status", status="closed")

    async def shown(query: str) -> list[str]:
        return re.findall(r'class="t" href="[^"]*">([^<]*)<', (await reader.get(f"{TALKS}{query}")).text)

    assert await shown("") == ["Two is 2", "Talk of bob"]
    assert await shown("?status=closed") == ["Done"]
    assert await shown("?status=all&type=discussion") == ["Done", "Talk of bob"]
    assert await shown("?type=pull_request&author=BOB") == ["Two is 2"]
    assert await shown("?author=nobody") == []
    page = await reader.get(f"{TALKS}?status=all&type=discussion")
    assert f'href="{TALKS}?status=all&amp;type=pull_request"' in page.text
    assert 'name="status" value="all"' in page.text
    assert (await reader.get(f"{TALKS}?status=odd")).status == 400


async def test_a_long_list_has_pages(bob: Reader, reader: Reader, world: World, repository: Repository) -> None:
    caller = await world.caller("bob")
    for n in range(31):
        await world.hub.discussions.open(caller, repository, f"No {n}", "")
    first, second = await reader.get(TALKS), await reader.get(f"{TALKS}?p=1")
    assert (first.text.count('class="t"'), second.text.count('class="t"')) == (30, 1)
    assert f'href="{TALKS}?p=1"' in first.text
    assert "No 0" in second.words


async def test_what_was_typed_comes_back_where_it_is_refused(bob: Reader, repository: Repository) -> None:
    answer = await opened(bob, "", "A long text")
    assert answer.status == 400
    assert "The title is empty." in answer.words
    assert "A long text" in answer.text
    await opened(bob)
    refused = await sent(bob, 1, "comment", text="x" * 65_537)
    assert refused.status == 413
    assert "x" * 1000 in refused.text
    again = await sent(bob, 1, "status", status="open", text="I typed this")
    assert again.status == 409
    assert "is open already" in again.words
    assert "I typed this" in again.text


async def test_a_deed_without_a_session_keeps_what_was_typed(bob: Reader, reader: Reader, repository: Repository) -> None:
    await opened(bob)
    for address in (f"{TALKS}/1/comment", TALKS):
        answer = await reader.post(address, {"csrf": "x", "title": "T", "text": "Typed for long"})
        assert answer.status == 401
        assert "Typed for long" in answer.text
    assert (await bob.post(f"{TALKS}/1/comment", {"csrf": "0" * 64, "text": "Forged"})).status == 403
    assert "Forged" not in (await reader.get(f"{TALKS}/1")).words
    assert (await reader.get(f"{TALKS}/new")).status == 303


async def test_comments_are_edited_and_hidden_by_whom_the_page_offers_it(
    ada: Reader, bob: Reader, root: Reader, repository: Repository
) -> None:
    await opened(bob, text="My secret is 42")
    entry = re.search(r'id="entry-(\d+)"', (await bob.get(f"{TALKS}/1")).text)[1]  # type: ignore[index]
    edit, hide = f"comments/{entry}/edit", f"comments/{entry}/hide"
    offers = [(edit in page.text, hide in page.text) for page in [await one.get(f"{TALKS}/1") for one in (bob, ada)]]
    assert offers == [(True, True), (False, True)]
    assert (await sent(ada, 1, edit, text="Forged")).status == 403
    assert (await sent(bob, 1, edit, text="My secret is 43")).status == 303
    page = await bob.get(f"{TALKS}/1")
    assert "My secret is 43" in page.words
    assert "What it said before (1)" in page.words
    assert (await sent(ada, 1, hide)).status == 303
    page = await bob.get(f"{TALKS}/1")
    assert "This comment was hidden." in page.words
    assert "secret" not in page.text
    assert edit not in page.text


async def test_title_and_status_are_offered_to_its_author_and_writers(
    ada: Reader,
    bob: Reader,
    root: Reader,
    world: World,
    app,
    repository: Repository,  # type: ignore[no-untyped-def]
) -> None:
    await opened(ada, "Of Ada")
    assert "Change the title" in (await ada.get(f"{TALKS}/1")).words
    page = await bob.get(f"{TALKS}/1")
    assert "Change the title" not in page.words
    assert "Close it" not in page.words
    assert (await sent(bob, 1, "title", title="Of Bob")).status == 403
    assert (await sent(ada, 1, "title", title="Of Ada, still")).status == 303
    assert "Of Ada, still" in (await bob.get(f"{TALKS}/1")).words


async def test_a_pull_request_shows_what_it_changes_both_ways(reader: Reader, world: World, repository: Repository) -> None:
    caller = await world.caller("bob")
    source = world.folder / "big.bin"
    source.write_bytes(b"\1" * 300_000)
    large = await world.storage.ingest(await world.hub.upload_scope(caller, repository), source)
    changes = [AddFile("notes", b"one\n<2>\n"), AddFile("logo.png", b"\0\1\2"), AddLarge("big.bin", large.sha256)]
    await world.hub.propose(caller, repository, "main", changes, "Many things")
    for query in ("", "?view=side"):
        page = await reader.get(f"{TALKS}/1/files{query}")
        assert page.status == 200
        assert "+</span>&lt;2&gt;" in page.text
        assert "-</span>two" in page.text
        for words in ("This is no text.", "300 kB", "oid sha256:", "added", "changed"):
            assert words in page.words, words
    assert "What it changes" in (await reader.get(f"{TALKS}/1")).words


async def test_lines_of_a_gated_repository_are_for_who_may_have_its_files(
    ada: Reader, bob: Reader, world: World, repository: Repository
) -> None:
    number = await proposed(world, repository)
    await world.hub.update(await world.caller("ada"), repository, gated="manual")
    assert (await bob.get(f"{TALKS}/{number}")).status == 200
    assert (await bob.get(f"{TALKS}/{number}/files")).status == 403
    assert (await ada.get(f"{TALKS}/{number}/files")).status == 200


async def test_merging_is_offered_to_writers_and_done_once(
    ada: Reader, bob: Reader, world: World, repository: Repository
) -> None:
    number = await proposed(world, repository)
    assert f"{TALKS}/{number}/merge" not in (await bob.get(f"{TALKS}/{number}")).text
    page = await ada.get(f"{TALKS}/{number}")
    assert "It can be merged" in page.words
    head = re.search(r'name="head" value="([0-9a-f]{40})"', page.text)[1]  # type: ignore[index]
    assert (await sent(bob, number, "merge", head=head)).status == 403
    assert (await sent(ada, number, "merge", head=head)).status == 303
    page = await ada.get(f"{TALKS}/{number}")
    assert "It was merged as" in page.words
    assert (await sent(ada, number, "merge", head=head)).status == 409
    assert "2" in (await ada.get("/ada/tiny/blob/main/notes")).words


async def test_what_the_reader_has_not_seen_is_not_merged(ada: Reader, world: World, repository: Repository) -> None:
    number = await proposed(world, repository)
    page = await ada.get(f"{TALKS}/{number}")
    head = re.search(r'name="head" value="([0-9a-f]{40})"', page.text)[1]  # type: ignore[index]
    bob = await world.caller("bob")
    await world.hub.commit(bob, repository, f"refs/pr/{number}", [AddFile("evil", b"1")], "And this")
    answer = await sent(ada, number, "merge", head=head)
    assert answer.status == 412
    assert "was updated since you opened this page" in answer.words


async def test_conflicts_are_named_and_a_draft_says_so(ada: Reader, world: World, repository: Repository) -> None:
    number = await proposed(world, repository)
    await world.change(repository, notes="one\nTWO\n")
    page = await ada.get(f"{TALKS}/{number}")
    assert "Both sides have changed these files" in page.words
    assert "<code>notes</code>" in page.text
    assert f'action="{TALKS}/{number}/merge"' not in page.text
    draft = await world.hub.pulls.open(await world.caller("bob"), repository, "Draft", "")
    await world.hub.commit(await world.caller("bob"), repository, draft.ref, [AddFile("x", b"1")], "X")
    assert "It is a draft" in (await ada.get(f"{TALKS}/{draft.number}")).words
    assert (await sent(ada, draft.number, "status", status="open")).status == 303
    assert "It can be merged" in (await ada.get(f"{TALKS}/{draft.number}")).words


@pytest.mark.parametrize("path", ["/7", "/x", "/1/files", "/99999999999999999999", "/-1"])
async def test_what_is_not_there_is_said_plainly(bob: Reader, reader: Reader, repository: Repository, path: str) -> None:
    await opened(bob)
    assert (await reader.get(f"{TALKS}{path}")).status == 404


async def test_those_of_a_private_repository_look_missing(bob: Reader, world: World) -> None:
    await world.publish("hidden", {"license": "mit"}, visibility="private")
    for path in ("", "/new", "/1", "/1/files"):
        assert (await bob.get(f"/ada/hidden/discussions{path}")).status == 404
    assert (await bob.post("/ada/hidden/discussions", {"csrf": "x", "title": "t"})).status == 404


async def test_data_sets_have_them_too_and_pages_speak_spanish(ada: Reader, world: World) -> None:
    await world.hub.create(await world.caller("ada"), "dataset", "ada", "poems")
    base = "/datasets/ada/poems/discussions"
    token = (await ada.get(f"{base}/new")).csrf
    answer = await ada.post(base, {"csrf": token, "title": "Rhymes?", "text": ""})
    assert answer.headers["location"] == f"{base}/1"
    page = await ada.get(f"{base}/1?lang=es")
    for words in ("Comunidad", "Conversación", "Sin descripción.", "Su turno", "abierto"):
        assert words in page.words, words
