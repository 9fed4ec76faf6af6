from __future__ import annotations

from tests.web.reader import Reader


async def test_a_style_with_its_hash_may_be_kept_for_good(reader: Reader) -> None:
    page = await reader.get("/login")
    address = page.text.split('href="/static/base.css')[1].split('"')[0]
    answer = await reader.get(f"/static/base.css{address}")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/css")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_without_the_hash_it_is_asked_for_again_and_again(reader: Reader) -> None:
    first = await reader.get("/static/base.css")
    assert first.headers["cache-control"] == "no-cache"
    assert (await reader.get("/static/base.css", if_none_match=first.headers["etag"])).status == 304


async def test_nothing_but_our_own_files_is_given_out(reader: Reader) -> None:
    for path in (
        "/static/nothing.css",
        "/static/../rendering.py",
        "/static/%2e%2e/rendering.py",
        "/static/..%2Frendering.py",
    ):
        assert (await reader.get(path)).status in (400, 404)
