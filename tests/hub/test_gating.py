"""Gates: who is let in, by which terms, and that whoever is put out is out at once."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from commonweight.errors import InvalidInput
from commonweight.hub import (
    AccessRejected,
    AccessRequestNotFound,
    AccessState,
    AddFile,
    GatedRepository,
    Hub,
    MayNotWrite,
    NotGated,
    Repository,
    RepositoryNotFound,
    Revision,
    TermsChanged,
)
from commonweight.identity import AccountMissing, Caller, Role, TokenInfo
from tests.hub.test_drafts import administrator

CARD = """---
license: llama3.1
extra_gated_heading: Our conditions
extra_gated_prompt: "Be **kind**."
extra_gated_button_content: I will be
extra_gated_fields:
  Company: text
  Born: date_picker
  Why:
    type: select
    options: [Research, {label: Something else, value: other}]
  I am kind: checkbox
---
# Tiny
"""
FILLED_IN = {"Company": "ACME", "Born": "1990-02-28", "Why": "other", "I am kind": True}


class Gated:
    """ada's repository `tiny` behind a gate, and bob before it."""

    def __init__(self, hub: Hub, ada: Caller, bob: Caller, repository: Repository) -> None:
        self.hub, self.gates = hub, hub.gates
        self.ada, self.bob = administrator(ada), bob
        self.repository = repository

    async def gate(self, gated: str, card: str = "") -> None:
        self.repository = await self.hub.update(self.ada, self.repository, gated=gated)
        if card:
            await self.commit("README.md", card)

    async def commit(self, path: str, text: str) -> None:
        await self.hub.commit(self.ada, self.repository, "main", [AddFile(path, text.encode())], "Say more")

    async def is_in(self, caller: Caller, repository: Repository | None = None) -> bool:
        """By both ways in which it is asked."""
        asked = repository or self.repository
        try:
            await self.hub.check_files(caller, asked)
            may = True
        except GatedRepository:
            may = False
        assert await self.hub.may_read_scope(caller, asked.scope) is may
        return may


@pytest.fixture
def gated(hub: Hub, ada: Caller, bob: Caller, repository: Repository) -> Gated:
    return Gated(hub, ada, bob, repository)


async def test_an_automatic_gate_lets_in_whoever_accepts_and_a_manual_one_waits_for_a_decision(gated: Gated) -> None:
    await gated.gate("auto")
    assert not await gated.is_in(gated.bob)
    assert (await gated.gates.ask(gated.bob, gated.repository, {})).status == "accepted"
    assert await gated.is_in(gated.bob)
    await gated.gates.withdraw(gated.bob, gated.repository)
    assert not await gated.is_in(gated.bob)
    assert await gated.gates.standing(gated.bob, gated.repository) is None
    await gated.gate("manual")
    assert (await gated.gates.ask(gated.bob, gated.repository, {})).status == "pending"
    assert not await gated.is_in(gated.bob)
    await gated.gates.decide(gated.ada, gated.repository, "BOB", "accepted")
    assert await gated.is_in(gated.bob)


@pytest.mark.parametrize("status", ["rejected", "pending"])
async def test_whoever_is_put_out_is_out_at_once_and_does_not_come_back_by_asking_anew(gated: Gated, status: str) -> None:
    await gated.gate("auto")
    await gated.gates.ask(gated.bob, gated.repository, {})
    await gated.gates.decide(gated.ada, gated.repository, "bob", status, "No more")
    assert not await gated.is_in(gated.bob)
    with pytest.raises((AccessRejected, AccessState)):
        await gated.gates.ask(gated.bob, gated.repository, {})
    if status == "rejected":
        with pytest.raises(AccessState):
            await gated.gates.withdraw(gated.bob, gated.repository)
        with pytest.raises(AccessRejected, match="No more"):
            await gated.gates.ask(gated.bob, gated.repository, {})
    else:
        await gated.gates.withdraw(gated.bob, gated.repository)
        assert (await gated.gates.ask(gated.bob, gated.repository, {})).status == "pending"
    assert not await gated.is_in(gated.bob)


async def test_access_follows_the_weights_of_what_is_gated(gated: Gated) -> None:
    await gated.gate("manual")
    child = await gated.hub.create(gated.bob, "model", None, "child")
    await gated.hub.carry(child, [(Revision(gated.repository, "c" * 40), "")])
    child = await gated.hub.by_id(child.id) or child
    assert not await gated.is_in(gated.bob, child)
    await gated.gates.grant(gated.ada, gated.repository, "bob")
    assert await gated.is_in(gated.bob, child)
    await gated.gates.decide(gated.ada, gated.repository, "bob", "rejected")
    assert not await gated.is_in(gated.bob, child)


async def test_a_private_repository_lets_nobody_in_by_its_gate(gated: Gated) -> None:
    await gated.gate("auto")
    await gated.gates.ask(gated.bob, gated.repository, {})
    gated.repository = await gated.hub.update(gated.ada, gated.repository, visibility="private")
    assert not await gated.hub.may_read_scope(gated.bob, gated.repository.scope)
    for deed in (gated.hub.check_files, gated.gates.terms):
        with pytest.raises(RepositoryNotFound):
            await deed(gated.bob, gated.repository)


async def test_what_was_accepted_is_kept_word_for_word_with_the_licence_texts(gated: Gated) -> None:
    await gated.gate("auto", CARD)
    await gated.commit("LICENSE", "Do as you like.\n")
    terms = await gated.gates.terms(gated.bob, gated.repository)
    await gated.gates.ask(gated.bob, gated.repository, FILLED_IN, terms.hash)
    await gated.commit("README.md", CARD.replace("kind", "cruel"))
    await gated.commit("LICENSE", "Ask us.\n")
    [kept] = await gated.gates.acceptances(gated.ada, gated.repository)
    assert (kept.user, kept.commit, kept.licence, kept.fields, kept.is_shown) == (
        "bob", terms.commit, "llama3.1", FILLED_IN, True,
    )  # fmt: skip
    text = await gated.gates.accepted_text(gated.ada, gated.repository, kept.terms)
    assert hashlib.sha256(text.encode()).hexdigest() == kept.terms
    for words in ("Our conditions", "Be **kind**.", "I will be", "- Why (select: Research, Something else)"):
        assert words in text
    [licence] = kept.licence_texts
    assert licence["path"] == "LICENSE"
    assert await gated.gates.accepted_text(gated.bob, gated.repository, licence["hash"]) == "Do as you like.\n"


async def test_an_accepted_text_is_for_who_accepted_it_and_who_administers(gated: Gated, identity: object, hub: Hub) -> None:
    await gated.gate("auto", CARD)
    terms = await gated.gates.terms(gated.bob, gated.repository)
    await gated.gates.ask(gated.bob, gated.repository, FILLED_IN)
    for caller in (Caller(), replace(gated.ada, token=TokenInfo(3, "t", Role.READ))):
        with pytest.raises(AccessRequestNotFound):
            await gated.gates.accepted_text(caller, gated.repository, terms.hash)
    with pytest.raises(MayNotWrite):
        await gated.gates.acceptances(gated.bob, gated.repository)


async def test_conditions_that_have_changed_since_they_were_shown_are_shown_again(gated: Gated) -> None:
    await gated.gate("auto", CARD)
    shown = (await gated.gates.terms(gated.bob, gated.repository)).hash
    await gated.commit("LICENSE", "Something new.\n")
    with pytest.raises(TermsChanged):
        await gated.gates.ask(gated.bob, gated.repository, FILLED_IN, shown)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"Company": " "}, "'Company' is not filled in"),
        ({"I am kind": False}, "is not ticked"),
        ({"Born": "yesterday"}, "expected a date"),
        ({"Why": "Something else"}, "expected one of the options"),
        ({"Age": "3"}, "'Age' is not asked for"),
    ],
)
async def test_the_form_has_to_be_filled_in(gated: Gated, change: dict[str, object], said: str) -> None:
    await gated.gate("auto", CARD)
    with pytest.raises(InvalidInput, match=said):
        await gated.gates.ask(gated.bob, gated.repository, FILLED_IN | change)


async def test_states_are_set_once_and_requests_are_listed_by_state(gated: Gated) -> None:
    await gated.gate("manual")
    owner, where = gated.ada, gated.repository
    granted = await gated.gates.grant(owner, where, "bob")
    assert (granted.status, granted.has_accepted_terms, granted.decided_by) == ("accepted", False, "ada")
    with pytest.raises(AccessState):
        await gated.gates.grant(owner, where, "bob")
    for status in ("rejected", "pending", "accepted"):
        decided = await gated.gates.decide(owner, where, granted.id, status, "Because")
        assert decided.reason == ("Because" if status == "rejected" else "")
        with pytest.raises(AccessState, match=f"is {status} already"):
            await gated.gates.decide(owner, where, "bob", status)
        listed = {one: [found.user for found in await gated.gates.list(owner, where, one)] for one in ("pending", status)}
        assert listed[status] == ["bob"]
        assert await gated.gates.counts(owner, where) == {status: 1}
    asked = await gated.gates.ask(gated.bob, where, {})
    assert (asked.status, asked.has_accepted_terms) == ("accepted", True)


async def test_only_people_ask_and_only_where_there_is_something_to_ask_for(gated: Gated) -> None:
    with pytest.raises(NotGated):
        await gated.gates.ask(gated.bob, gated.repository, {})
    with pytest.raises(NotGated):
        await gated.gates.grant(gated.ada, gated.repository, "bob")
    await gated.gate("auto")
    for caller in (Caller(), replace(gated.bob, token=TokenInfo(3, "key", Role.WRITE, is_key=True))):
        with pytest.raises(MayNotWrite):
            await gated.gates.ask(caller, gated.repository, {})
    with pytest.raises(AccessState, match="You belong to ada"):
        await gated.gates.ask(gated.ada, gated.repository, {})
    with pytest.raises(AccountMissing):
        await gated.gates.grant(gated.ada, gated.repository, "nobody")
    with pytest.raises(AccessRequestNotFound):
        await gated.gates.decide(gated.ada, gated.repository, "bob", "accepted")
    for deed in (gated.gates.grant(gated.bob, gated.repository, "bob"), gated.gates.counts(gated.bob, gated.repository)):
        with pytest.raises(MayNotWrite):
            await deed


async def test_the_request_of_another_repository_is_not_found_by_its_number(gated: Gated) -> None:
    await gated.gate("auto")
    asked = await gated.gates.ask(gated.bob, gated.repository, {})
    other = await gated.hub.create(gated.bob, "model", None, "mine")
    with pytest.raises(AccessRequestNotFound):
        await gated.gates.decide(administrator(gated.bob), other, asked.id, "rejected")
