"""Which events are told, to whom, and what is said."""

from __future__ import annotations

import hashlib
import hmac

from commonweight.hub import AddFile, Repository
from commonweight.identity import Caller, Identity, Role
from tests.hub.test_drafts import administrator
from tests.webhooks.conftest import URL, Told, wanted


async def test_the_life_of_a_repository_is_told_in_its_order(told: Told, ada: Caller) -> None:
    await told.webhooks.create(ada, wanted())
    made = await told.hub.create(ada, "model", None, "new")
    await told.passes()
    commit = await told.hub.commit(ada, made, "main", [AddFile("a.txt", b"a")], "Add a")
    await told.passes()
    owner = administrator(ada)
    await told.hub.update(owner, made, gated="auto")
    await told.passes()
    moved = await told.hub.move(owner, made, "ada", "newer")
    await told.passes()
    await told.hub.delete(owner, moved)
    await told.passes()
    assert told.receiver.events == [
        "repo create", "repo.content update", "repo.config update", "repo move", "repo delete",
    ]  # fmt: skip
    created, content, _config, move, deleted = told.receiver.bodies
    assert created["repo"] | {"headSha": "", "id": ""} == {
        "type": "model",
        "name": "ada/new",
        "id": "",
        "private": False,
        "url": {"web": "http://house.test/ada/new", "api": "http://house.test/api/models/ada/new"},
        "owner": {"id": str(made.namespace_id)},
        "headSha": "",
    }
    assert content["updatedRefs"] == [{"ref": "refs/heads/main", "oldSha": commit.parents[0], "newSha": commit.id}]
    assert content["repo"]["headSha"] == commit.id
    assert (move["repo"]["name"], move["movedTo"]["name"]) == ("ada/new", "ada/newer")
    assert (deleted["repo"]["name"], "headSha" in deleted["repo"]) == ("ada/newer", False)
    assert {body["webhook"]["version"] for body in told.receiver.bodies} == {3}


async def test_branches_and_tags_are_told_with_what_they_were(told: Told, ada: Caller, repository: Repository) -> None:
    await told.webhooks.create(ada, wanted("model ADA/tiny"))
    await told.passes()
    told.receiver.came.clear()
    head = (await told.hub.resolve(repository)).commit
    await told.hub.branches.create(ada, await told.hub.resolve(repository), "side")
    await told.passes()
    await told.hub.branches.delete(ada, repository, "side")
    await told.passes()
    assert [body["updatedRefs"] for body in told.receiver.bodies] == [
        [{"ref": "refs/heads/side", "oldSha": None, "newSha": head}],
        [{"ref": "refs/heads/side", "oldSha": head, "newSha": None}],
    ]


async def test_discussions_and_comments_are_told(told: Told, ada: Caller, bob: Caller, repository: Repository) -> None:
    await told.webhooks.create(ada, wanted(domains=("discussion",)))
    talks = told.hub.discussions
    opened = await talks.open(bob, repository, "A question", "Why?")
    await told.passes()
    said = await talks.comment(bob, repository, opened.number, "Because")
    await told.passes()
    await talks.edit(bob, repository, opened.number, said.id, "Because!")
    await told.passes()
    await talks.change_status(ada, repository, opened.number, "closed")
    await told.passes()
    assert told.receiver.events == [
        "discussion create", "discussion.comment create", "discussion.comment update", "discussion update",
    ]  # fmt: skip
    first, second, third, closed = told.receiver.bodies
    assert (first["discussion"]["title"], first["comment"]["content"]) == ("A question", "Why?")
    assert second["comment"]["url"]["web"] == f"http://house.test/ada/tiny/discussions/1#entry-{said.id}"
    assert third["comment"]["content"] == "Because!"
    assert (closed["discussion"]["status"], "comment" in closed) == ("closed", False)


async def test_of_what_is_private_only_those_hear_who_belong_to_it(
    told: Told, ada: Caller, bob: Caller, identity: Identity
) -> None:
    for caller in (ada, bob):
        await told.webhooks.create(caller, wanted("user ada"))
    await told.hub.create(ada, "model", None, "hidden", "private")
    await told.passes()
    assert len(told.receiver.came) == 1
    await told.hub.create(ada, "model", None, "shown")
    await told.passes()
    assert len(told.receiver.came) == 3
    house = await identity.create_organisation("house")
    assert bob.account
    await told.webhooks.create(bob, wanted("org house"))
    await identity.set_member(house, bob.account, Role.WRITE)
    member = await identity.reader(bob.account.id)
    assert member.may_read(house.id)


async def test_only_what_is_watched_is_told_and_only_once(told: Told, ada: Caller, repository: Repository) -> None:
    await told.passes()
    await told.webhooks.create(ada, wanted("dataset ada/tiny", "user bob"))
    await told.webhooks.create(ada, wanted("model ada/tiny", domains=("discussion",)))
    await told.hub.commit(ada, repository, "main", [AddFile("a.txt", b"a")], "Add a")
    await told.passes()
    assert told.receiver.came == []


async def test_deliveries_carry_the_secret_and_a_signature_of_the_body(told: Told, ada: Caller) -> None:
    made = await told.webhooks.create(ada, wanted(secret="hush hush"))
    assert made.has_secret
    await told.hub.create(ada, "model", None, "new")
    await told.passes()
    [(url, body, headers)] = told.receiver.came
    assert url == URL
    assert headers["X-Webhook-Secret"] == "hush hush"
    expected = hmac.new(b"hush hush", body, hashlib.sha256).hexdigest()
    assert headers["X-Webhook-Signature"] == f"sha256={expected}"
