"""Routing on the raw path."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import JSONResponse

from commonweight.asgi import Group, Needs, Route, Router, dress_as_problem, split_raw_path
from commonweight.errors import CommonweightError, InvalidInput, MethodNotAllowed, NotFound


async def _echo(request: Request) -> JSONResponse:
    return JSONResponse(request.path_params)


def _router(*patterns: str, method: str = "GET") -> Router:
    return Router([Group("/", [Route((method,), pattern, _echo, Needs.NOTHING) for pattern in patterns], dress_as_problem)])


async def _call(router: Router, raw: bytes, method: str = "GET") -> tuple[int, dict[bytes, bytes], bytes]:
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "method": method, "path": "/", "raw_path": raw, "query_string": b"", "headers": []}
    await router(scope, receive, send)
    return sent[0]["status"], dict(sent[0]["headers"]), b"".join(m.get("body", b"") for m in sent[1:])


def test_an_encoded_slash_stays_inside_its_segment() -> None:
    router = _router("/api/models/{namespace}/{name}/tree/{revision}/{path...}")
    match = router.match("GET", b"/api/models/ada/tiny/tree/refs%2Fpr%2F1/sub%2Fdir")
    assert match.params == {"namespace": "ada", "name": "tiny", "revision": "refs/pr/1", "path": "sub/dir"}


def test_a_literal_wins_over_a_word_and_a_word_over_the_remainder() -> None:
    router = _router("/{namespace}/{name}", "/datasets/{namespace}", "/{all...}")
    assert router.match("GET", b"/datasets/ada").params == {"namespace": "ada"}
    assert router.match("GET", b"/models/ada").params == {"namespace": "models", "name": "ada"}
    assert router.match("GET", b"/a/b/c").params == {"all": "a/b/c"}


def test_another_method_is_told_which_are_possible() -> None:
    with pytest.raises(MethodNotAllowed) as caught:
        _router("/x", method="POST").match("GET", b"/x")
    assert caught.value.headers["allow"] == "POST"


async def test_nobody_else_takes_what_is_below_a_closed_prefix() -> None:
    def dress(request: Request, error: CommonweightError) -> JSONResponse:
        return JSONResponse({"error": error.code}, status_code=error.status)

    models = Group("/v1", [Route(("GET",), "/v1/models", _echo, Needs.KEY)], dress, closed=True)
    pages = Group("/", [Route(("GET",), "/{namespace}/{name}", _echo, Needs.NOTHING)], dress_as_problem)
    router = Router([pages, models])
    for raw, method in ((b"/v1/evals", "GET"), (b"/v1/evals", "POST"), (b"/v1/a/b/c", "GET"), (b"/v1", "GET")):
        status, _, body = await _call(router, raw, method)
        assert (status, body) == (404, b'{"error":"not_found"}'), raw
    assert (await _call(router, b"/v1/models"))[0] == 200
    assert (await _call(router, b"/ada/evals"))[0] == 200


@pytest.mark.parametrize("raw", [b"/%ff", b"/a%00b", b"/a/../b", b"/a/%2e%2e/b", b"/a/x%2F..%2Fy", b"/" + b"a" * 9000])
async def test_paths_that_hide_something_are_refused(raw: bytes) -> None:
    status, _, _ = await _call(_router("/{all...}"), raw)
    assert status == 400


def test_two_routes_cannot_claim_one_path() -> None:
    with pytest.raises(ValueError, match="claim"):
        _router("/{a}", "/{b}")


async def test_every_answer_carries_a_request_id_also_a_failure() -> None:
    async def fail(_: Request) -> JSONResponse:
        raise RuntimeError("secret detail")

    router = Router([Group("/", [Route(("GET",), "/x", fail, Needs.NOTHING)], dress_as_problem)])
    status, headers, body = await _call(router, b"/x")
    assert status == 500
    assert headers[b"x-request-id"] in body
    assert b"secret detail" not in body


async def test_the_longest_prefix_dresses_what_no_route_matches() -> None:
    def plain(_: Request, error: Any) -> JSONResponse:
        return JSONResponse({"plain": error.code}, error.status)

    router = Router([Group("/", [], dress_as_problem), Group("/xet", [], plain)])
    assert (await _call(router, b"/xet/v1/nothing"))[2] == b'{"plain":"not_found"}'
    assert b"urn:commonweight" in (await _call(router, b"/other"))[2]


@given(st.binary(max_size=200))
def test_any_bytes_are_split_or_refused(raw: bytes) -> None:
    router = _router("/a/{x}/{rest...}")
    try:
        segments = split_raw_path(b"/" + raw)
        router.match("GET", b"/" + raw)
    except (InvalidInput, NotFound):
        return
    assert segments[0] == "a"


@pytest.mark.parametrize("raw", [b"*", b"example.com:443"])
async def test_what_is_no_path_is_refused(raw: bytes) -> None:
    assert (await _call(_router("/{all...}"), raw, "OPTIONS"))[0] == 400


async def test_a_body_that_stops_coming_ends_the_request() -> None:
    async def read(request: Request) -> JSONResponse:
        return JSONResponse(len(await request.body()))

    router = Router([Group("/", [Route(("POST",), "/x", read, Needs.NOTHING)], dress_as_problem)], body_seconds=0.01)
    messages: list[Any] = [{"type": "http.request", "body": b"ab", "more_body": True}]
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop() if messages else await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/x", "raw_path": b"/x", "query_string": b"", "headers": []}
    await asyncio.wait_for(router(scope, receive, send), 10)
    assert sent == []


async def test_whose_route_was_meant_answers_also_for_a_path_that_cannot_be_decoded() -> None:
    def plain(_: Request, error: Any) -> JSONResponse:
        return JSONResponse({"plain": error.code}, error.status)

    files = Route(("GET",), "/{namespace}/{name}/resolve/{revision}/{path...}", _echo, Needs.NOTHING)
    router = Router([Group("/", [], dress_as_problem), Group("/api", [files], plain)])
    for raw in (b"/ada/tiny/resolve/main/%ff", b"/ada/tiny/resolve/main/a/../b"):
        assert (await _call(router, raw))[2] == b'{"plain":"invalid_input"}'
