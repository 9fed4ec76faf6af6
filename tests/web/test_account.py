from __future__ import annotations

import re

import pytest

from commonweight.identity import Role
from tests.policy.world import World
from tests.web.reader import Reader


async def test_a_new_token_is_shown_once_and_works(ada: Reader, world: World) -> None:
    csrf = (await ada.get("/settings/tokens")).csrf
    page = await ada.post("/settings/tokens", {"csrf": csrf, "name": "laptop", "role": "read"})
    token = re.search(r"cw_[\w-]{20,}", page.text)
    assert token
    caller = await world.identity.authenticate(f"Bearer {token[0]}")
    assert caller.token is not None
    assert caller.token.role is Role.READ
    assert token[0] not in (await ada.get("/settings/tokens")).text


async def test_a_revoked_token_is_gone_from_the_page(ada: Reader, world: World) -> None:
    account = await world.identity.account("ada")
    await world.identity.create_token(account, "old laptop", Role.READ)
    token_id = next(token.id for token in await world.identity.tokens_of(account) if token.name == "old laptop")
    csrf = (await ada.get("/settings/tokens")).csrf
    assert (await ada.post(f"/settings/tokens/{token_id}/revoke", {"csrf": csrf})).status == 303
    assert "old laptop" not in (await ada.get("/settings/tokens")).text


@pytest.mark.parametrize("given", ["999999", "x", "99999999999999999999999"])
async def test_a_token_that_is_not_ones_own_cannot_be_revoked(ada: Reader, given: str) -> None:
    csrf = (await ada.get("/settings/tokens")).csrf
    assert (await ada.post(f"/settings/tokens/{given}/revoke", {"csrf": csrf})).status == 404


async def test_a_session_makes_no_token_that_reaches_further_than_its_own(reader: Reader, world: World) -> None:
    small = await world.identity.create_token(await world.identity.account("ada"), "small", Role.READ)
    await reader.sign_in(small)
    csrf = (await reader.get("/settings/tokens")).csrf
    answer = await reader.post("/settings/tokens", {"csrf": csrf, "name": "large", "role": "admin"})
    assert answer.status == 403
    assert "cw_" not in answer.words


async def test_a_fine_grained_token_is_made_on_the_page_and_told_by_its_names(ada: Reader, world: World) -> None:
    csrf = (await ada.get("/settings/tokens")).csrf
    form = {
        "csrf": csrf,
        "name": "CI",
        "role": "fine",
        "only-0": "ada",
        "scope-0": ["read", "write"],
        "expires": "2030-01-31",
    }
    page = await ada.post("/settings/tokens", form)
    token = re.search(r"cw_[\w-]{20,}", page.text)
    assert token, page.words
    caller = await world.identity.authenticate(f"Bearer {token[0]}")
    assert caller.account is not None
    assert caller.may_write(caller.account.id)
    assert not caller.may_administer(caller.account.id)
    assert "until 2030-01-31" in (await ada.get("/settings/tokens")).words


async def test_what_cannot_be_a_token_is_told_with_what_was_typed(ada: Reader) -> None:
    csrf = (await ada.get("/settings/tokens")).csrf
    form = {"csrf": csrf, "name": "CI", "role": "fine", "only-1": "strangers", "scope-1": "read"}
    page = await ada.post("/settings/tokens", form)
    assert (page.status, 'value="strangers"' in page.text) == (400, True)
    assert "neither your account nor an organisation" in page.words
