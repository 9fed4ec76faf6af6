from __future__ import annotations

import pytest

from commonweight.web.visits import MAX_FORM_BYTES, local_path
from tests.policy.world import World
from tests.web.reader import Reader


async def test_a_token_opens_a_session_that_scripts_cannot_read(reader: Reader, world: World) -> None:
    answer = await reader.sign_in(world.tokens["ada"])
    assert (answer.status, answer.headers["location"]) == (303, "/")
    assert "HttpOnly" in reader.set_cookie
    assert "SameSite=lax" in reader.set_cookie
    assert world.tokens["ada"] not in reader.set_cookie
    assert "ada" in (await reader.get("/")).words


async def test_a_wrong_token_is_told_so_and_opens_nothing(reader: Reader) -> None:
    answer = await reader.sign_in("cw_wrong")
    assert answer.status == 401
    assert "does not work here" in answer.words
    assert reader.cookies == {}


async def test_a_one_time_link_works_once(reader: Reader, new_reader, world: World) -> None:  # type: ignore[no-untyped-def]
    caller = await world.caller("root")
    assert caller.token is not None
    code = world.identity.sign_in_code(caller.token)
    assert (await reader.get(f"/login?code={code}")).status == 303
    again = await new_reader().get(f"/login?code={code}")
    assert again.status == 401
    assert "has been used" in again.words


async def test_signing_out_ends_the_session(ada: Reader) -> None:
    cookies = dict(ada.cookies)
    token = (await ada.get("/settings")).csrf
    assert (await ada.post("/logout", {"csrf": token})).status == 303
    assert ada.cookies == {}
    ada.cookies = cookies  # kept by a thief: the server has forgotten it
    assert (await ada.get("/settings")).status == 303


@pytest.mark.parametrize("path", ["/logout", "/settings/tokens", "/settings/tokens/1/revoke", "/new"])
async def test_a_form_without_its_sessions_token_does_nothing(root: Reader, path: str) -> None:
    answer = await root.post(path, {"name": "x", "role": "read"})
    assert answer.status == 403
    assert "CSRF" in answer.words


@pytest.mark.parametrize("headers", [{"sec_fetch_site": "cross-site"}, {"origin": "https://evil.example"}])
async def test_another_site_cannot_sign_a_reader_in(reader: Reader, world: World, headers: dict[str, str]) -> None:
    answer = await reader.post("/login", {"token": world.tokens["bob"]}, **headers)
    assert answer.status == 403
    assert reader.cookies == {}


async def test_a_form_that_is_too_large_is_refused(reader: Reader) -> None:
    assert (await reader.post("/login", {"token": "x" * MAX_FORM_BYTES})).status == 413


@pytest.mark.parametrize(("given", "taken"), [("/ada/tiny?x=1", "/ada/tiny?x=1"), ("//evil.example", "/"), ("/\\evil", "/"),
                                              ("https://evil.example", "/"), ("", "/"), ("/a\r\nx: y", "/")])  # fmt: skip
def test_sign_in_leads_to_this_server_only(given: str, taken: str) -> None:
    assert local_path(given) == taken


async def test_a_page_for_accounts_leads_to_sign_in_and_back(reader: Reader) -> None:
    answer = await reader.get("/settings?x=1")
    assert (answer.status, answer.headers["location"]) == (303, "/login?next=%2Fsettings%3Fx%3D1")


async def test_characters_that_no_code_has_are_a_code_that_does_not_work(reader: Reader, ada: Reader) -> None:
    assert (await reader.get("/login?code=1.2.%C3%A9")).status == 401
    assert (await ada.post("/logout", {"csrf": "é"})).status == 403
