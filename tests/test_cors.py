"""Pages of other sites: those that are allowed may call /v1 from a browser, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from commonweight.cors import Cors, origins_of
from commonweight.errors import InvalidInput

APP = "https://app.example"


async def _inner(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"inner"})


async def call(origins: str, method: str, path: str, **headers: str) -> tuple[int, dict[str, str]]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope: dict[str, Any] = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "headers": given}
    await Cors(_inner, origins_of(origins))(scope, receive, send)
    return sent[0]["status"], {name.decode(): value.decode() for name, value in sent[0]["headers"]}


async def test_an_allowed_page_may_call_and_reads_the_headers_that_clients_need() -> None:
    status, headers = await call(APP, "POST", "/v1/chat/completions", origin=APP)
    assert (status, headers["access-control-allow-origin"], headers["vary"]) == (200, APP, "origin")
    told = headers["access-control-expose-headers"].split(", ")
    assert {"x-request-id", "retry-after", "x-ratelimit-remaining-tokens", "x-commonweight-terms"} <= set(told)
    assert "access-control-allow-credentials" not in headers


async def test_a_preflight_allows_what_the_official_client_sends() -> None:
    asked = "authorization, content-type, x-stainless-lang, openai-organization, anthropic-version, x-evil, cookie"
    preflight = {"origin": APP, "access_control_request_method": "POST", "access_control_request_headers": asked}
    status, headers = await call(f"http://localhost:3000, {APP}/", "OPTIONS", "/v1/models", **preflight)
    assert status == 204
    allowed = "authorization, content-type, x-stainless-lang, openai-organization, anthropic-version"
    assert headers["access-control-allow-headers"] == allowed
    assert "POST" in headers["access-control-allow-methods"]


@pytest.mark.parametrize(
    ("origins", "path", "origin"),
    [("", "/v1/models", APP), (APP, "/v1/models", "https://other.example"), (APP, "/v1x", APP), (APP, "/api/models", APP)],
)
async def test_everything_else_is_told_nothing(origins: str, path: str, origin: str) -> None:
    preflight = {"origin": origin, "access_control_request_method": "POST"}
    for method in ("GET", "OPTIONS"):
        status, headers = await call(origins, method, path, **preflight)
        assert status == 200
        assert not [name for name in headers if name.startswith("access-control")]


async def test_a_star_is_every_site_by_its_name() -> None:
    _, headers = await call("*", "GET", "/v1", origin=APP)
    assert headers["access-control-allow-origin"] == APP


@pytest.mark.parametrize("nonsense", ["app.example", "https://a.example/path", "https://"])
def test_what_is_no_origin_is_refused(nonsense: str) -> None:
    with pytest.raises(InvalidInput, match="origin"):
        origins_of(nonsense)
