from __future__ import annotations

import json

from tests.web.reader import Reader


async def test_a_missing_page_says_what_was_asked_for(reader: Reader) -> None:
    answer = await reader.get("/ada/nothing")
    assert answer.status == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "ada/nothing" in answer.words


async def test_programs_get_a_problem_they_can_read(reader: Reader) -> None:
    answer = await reader.get("/ada/nothing", accept="application/json")
    assert answer.headers["content-type"] == "application/problem+json"
    assert json.loads(answer.body)["status"] == 404


async def test_bad_utf_8_in_a_path_is_refused_politely(reader: Reader) -> None:
    answer = await reader.get("/ada/%ff")
    assert answer.status == 400
    assert "UTF-8" in answer.words


async def test_every_page_is_closed_to_frames_and_inline_scripts(reader: Reader) -> None:
    for path in ("/", "/login", "/ada/nothing"):
        headers = (await reader.get(path)).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe-inline" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


async def test_a_bad_token_in_the_header_is_told_so(reader: Reader) -> None:
    assert (await reader.get("/", authorization="Bearer nonsense")).status == 401


async def test_whoever_is_signed_in_stays_so_on_an_error_page(ada: Reader) -> None:
    page = await ada.get("/ada/tiny/no/such/page")
    assert page.status == 404
    assert "Sign out" in page.words
