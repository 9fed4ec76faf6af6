"""Access follows the weights: what carries those of another repository is for whoever may have that one's files."""

from __future__ import annotations

from dataclasses import replace

import pytest

from commonweight.hub import CarriesPrivate, GatedRepository, Hub, Repository, Revision
from commonweight.identity import Account, Caller, MemberRole, Role, TokenInfo
from tests.hub.test_drafts import administrator


class Line:
    """ada's base, and what bob made of it."""

    def __init__(self, hub: Hub, ada: Caller, bob: Caller) -> None:
        self.hub = hub
        self.ada = administrator(ada)
        self.bob = administrator(bob)

    async def base(self, visibility: str = "public", name: str = "base") -> Repository:
        return await self.hub.create(self.ada, "model", None, name, visibility)

    async def child(self, parent: Repository, name: str = "child", visibility: str = "public") -> Repository:
        made = await self.hub.create(self.bob, "model", None, name, visibility)
        await self.hub.carry(made, [(Revision(parent, "c" * 40), "")])
        return await self.again(made)

    async def again(self, repository: Repository) -> Repository:
        found = await self.hub.by_id(repository.id)
        assert found
        return found

    async def gives(self, repository: Repository, caller: Caller) -> bool:
        """By both ways in which it is asked."""
        try:
            await self.hub.check_files(caller, repository)
            asked = True
        except GatedRepository:
            asked = False
        assert await self.hub.may_read_scope(caller, repository.scope) is asked
        return asked


@pytest.fixture
def line(hub: Hub, ada: Caller, bob: Caller) -> Line:
    return Line(hub, ada, bob)


async def test_what_carries_open_weights_is_open_and_what_carries_none_asks_nothing(line: Line) -> None:
    base = await line.base()
    child = await line.child(base)
    assert (child.carries, base.carries) == (True, False)
    assert await line.gives(child, Caller())
    assert await line.gives(base, Caller())


@pytest.mark.parametrize("closing", [{"visibility": "private"}, {"gated": "manual"}])
async def test_a_base_that_is_closed_or_gated_later_takes_its_children_along_and_opens_them_again(
    line: Line, closing: dict[str, str]
) -> None:
    base = await line.base()
    child = await line.child(base)
    assert await line.gives(child, line.bob)
    await line.hub.update(line.ada, base, **closing)
    assert not await line.gives(child, line.bob)
    assert not await line.gives(child, Caller())
    assert await line.gives(child, line.ada)
    await line.hub.update(line.ada, base, visibility="public", gated="")
    assert await line.gives(child, line.bob)


async def test_the_gate_reaches_over_all_steps(line: Line) -> None:
    base = await line.base()
    grandchild = await line.child(await line.child(base), "grandchild")
    assert await line.hub.gate(grandchild) == ""
    await line.hub.update(line.ada, base, gated="auto")
    assert not await line.gives(grandchild, line.bob)
    assert await line.hub.gate(grandchild) == "manual"


async def test_members_of_an_organisation_have_what_carries_its_weights(line: Line) -> None:
    base = await line.base("private")
    child = await line.child(base)
    account = line.ada.account
    assert account
    member = replace(
        line.bob, organisations={account.id: (Account(account.id, "organisation", "ada", "Ada"), MemberRole.READ)}
    )
    assert await line.gives(child, member)
    assert not await line.gives(child, line.bob)


async def test_a_refusal_names_what_it_waits_for_and_no_private_name(line: Line) -> None:
    base = await line.base()
    child = await line.child(base)
    await line.hub.update(line.ada, base, gated="manual")
    with pytest.raises(GatedRepository, match="carries the weights of ada/base"):
        await line.hub.check_files(line.bob, child)
    await line.hub.update(line.ada, base, visibility="private")
    with pytest.raises(GatedRepository, match="carries the weights of another model"):
        await line.hub.check_files(line.bob, child)


async def test_a_base_that_is_deleted_leaves_its_gate_and_those_above_it(line: Line) -> None:
    above = await line.base("private", "above")
    base = await line.child(above, "base")
    child = await line.child(base)
    await line.hub.delete(line.bob, base)
    assert not await line.gives(await line.again(child), line.bob)
    assert await line.gives(await line.again(child), line.ada)
    await line.hub.update(line.ada, above, visibility="public")
    assert await line.gives(await line.again(child), line.bob)
    await line.hub.update(line.ada, above, gated="manual")
    await line.hub.delete(line.ada, above)
    assert not await line.gives(await line.again(child), line.bob)
    assert await line.gives(await line.again(child), line.ada)


async def test_an_open_base_that_is_deleted_closes_nothing(line: Line) -> None:
    base = await line.base()
    child = await line.child(base)
    await line.hub.delete(line.ada, base)
    assert await line.gives(await line.again(child), Caller())


async def test_bytes_that_were_never_its_own_are_not_referred_to_after_a_deletion(line: Line) -> None:
    base = await line.base("private")
    child, plain = await line.child(base), await line.hub.create(line.bob, "model", None, "plain")
    for one in (child, plain):
        await line.hub.delete(line.bob, one)
    assert await line.hub.may_read_scope(line.bob, plain.scope)
    assert not await line.hub.may_read_scope(line.bob, child.scope)


async def test_what_carries_private_weights_is_not_opened_until_they_are(line: Line) -> None:
    base = await line.base("private")
    closed = await line.child(base, visibility="private")
    draft = await line.hub.create(line.bob, "model", None, "draft", draft=True)
    await line.hub.carry(draft, [(Revision(base, "c" * 40), "gguf/base.gguf")])
    with pytest.raises(CarriesPrivate, match="another model, which is private"):
        await line.hub.update(line.bob, closed, visibility="public")
    with pytest.raises(CarriesPrivate):
        await line.hub.accept(line.bob, draft, "public")
    await line.hub.update(line.ada, base, visibility="public", gated="manual")
    assert not (await line.hub.accept(line.bob, draft, "public")).is_private
    assert not await line.gives(await line.again(draft), line.bob)


async def test_an_administrator_may_have_everything(line: Line) -> None:
    child = await line.child(await line.base("private"))
    account = line.bob.account
    assert account
    root = Caller(replace(account, is_admin=True), TokenInfo(9, "root", Role.ADMIN))
    assert await line.gives(child, root)
