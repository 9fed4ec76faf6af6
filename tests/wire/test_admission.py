"""Every route that has a model work asks accounting first: what is refused there reaches no engine."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from starlette.requests import Request

from commonweight.asgi import Needs, Router
from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.identity import Account, Caller, Role, TokenInfo
from commonweight.inference import inference_groups
from commonweight.plans import Demand, RateLimited
from commonweight.retention import Retention
from commonweight.serving import MemoryCatalogue, Mode, Offer, Replicas, ServableModel
from commonweight.serving import Router as ReplicaRouter
from commonweight.wire.openai import Inference
from tests.support.tiny_whisper import tone

CHAT = [{"role": "user", "content": "hello"}]
#: How each route is called that has a model work. A new one belongs here.
BODIES: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"model": "a/chat", "messages": CHAT},
    "/v1/completions": {"model": "a/chat", "prompt": "hello"},
    "/v1/embeddings": {"model": "a/vectors", "input": "hello"},
    "/v1/rerank": {"model": "a/rank", "query": "hello", "documents": ["world"]},
    "/v1/moderations": {"model": "a/chat", "input": "hello"},
    "/v1/images/generations": {"model": "a/pictures", "prompt": "a fox"},
    "/v1/responses": {"model": "a/chat", "input": "hello", "store": False},
    "/v1/responses/input_tokens": {"model": "a/chat", "input": "hello"},
    "/v1/messages": {"model": "a/chat", "messages": CHAT, "max_tokens": 5},
    "/v1/messages/count_tokens": {"model": "a/chat", "messages": CHAT},
}
FORMS = ("/v1/audio/transcriptions", "/v1/audio/translations")
STREAMED = {"/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/messages"}
NO_MODEL_WORKS = {
    "/v1/chat/completions/{id}",
    "/v1/responses/{id}/cancel",
    "/v1/conversations",
    "/v1/conversations/{id}",
    "/v1/conversations/{id}/items",
    "/v1/images/edits",  # this one and those below say that nothing here offers it
    "/v1/images/variations",
    "/v1/audio/speech",
}


class Refusing:
    """Accounting that lets nobody in, and remembers who asked."""

    def __init__(self) -> None:
        self.demands: list[Demand] = []

    async def admit(self, caller: Caller, offer: Offer, demand: Demand) -> Any:
        self.demands.append(demand)
        raise RateLimited("Not today.", headers={"retry-after": "7"})

    async def signs(self, caller: Caller) -> bool:
        return False


def _offer(name: str, mode: Mode) -> Offer:
    return Offer(ServableModel(name, "c" * 40, "model.gguf", 1, "", mode=mode), (), "v")


@pytest.fixture
async def world(database: Database, clock: SetClock) -> AsyncIterator[tuple[Router, Refusing]]:
    async def authenticate(_: Request) -> Caller:
        return Caller(Account(1, "user", "ada", "Ada"), TokenInfo(1, "key", Role.READ))

    modes = {"a/chat": Mode.CHAT, "a/vectors": Mode.EMBEDDINGS, "a/rank": Mode.RERANK, "a/pictures": Mode.IMAGES}
    modes["a/ear"] = Mode.TRANSCRIPTION
    catalogue, refusing = MemoryCatalogue({name: _offer(name, mode) for name, mode in modes.items()}), Refusing()
    replicas = ReplicaRouter(Replicas(database, clock))
    async with aiohttp.ClientSession() as session:
        inference = Inference(
            authenticate=authenticate,
            catalogue=catalogue,
            router=replicas,
            session=session,
            accounting=refusing,  # type: ignore[arg-type]
        )
        yield Router(inference_groups(inference, Retention(database, clock))), refusing
    await replicas.close()


async def _post(router: Router, path: str, body: bytes, kind: bytes = b"application/json") -> tuple[int, dict[str, str]]:
    sent: list[Any] = []
    messages: list[Any] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        return messages.pop() if messages else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b""}
    headers = [(b"host", b"test"), (b"content-type", kind), (b"authorization", b"Bearer x")]
    await router({**scope, "scheme": "http", "server": ("test", 80), "headers": headers}, receive, send)
    return sent[0]["status"], {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}


async def test_every_inference_route_passes_admission(world: tuple[Router, Refusing]) -> None:
    router, refusing = world
    posts = {route.pattern for group in router.groups for route in group.routes if "POST" in route.methods}
    assert posts - NO_MODEL_WORKS == {*BODIES, *FORMS}
    assert all(route.needs is Needs.KEY for group in router.groups for route in group.routes)
    kinds = []
    for path, body in BODIES.items():
        for stream in (False, True) if path in STREAMED else (False,):
            refusing.demands.clear()
            asked = {**body, "stream": stream} if stream else body
            status, headers = await _post(router, path, json.dumps(asked).encode())
            assert (path, status, headers.get("retry-after")) == (path, 429, "7")
            assert [demand.name for demand in refusing.demands] == [body["model"]], path
        kinds.append(refusing.demands[0].kind)
    for path in FORMS:
        refusing.demands.clear()
        kind, form = _form({"model": b"a/ear", "file": tone(440, 1)})
        status, headers = await _post(router, path, form, kind)
        assert (path, status, headers.get("retry-after")) == (path, 429, "7")
        assert [demand.name for demand in refusing.demands] == ["a/ear"], path
        assert refusing.demands[0].prompt_tokens_at_most >= 50, "a second of sound"
        kinds.append(refusing.demands[0].kind)
    assert len(set(kinds)) == len(BODIES) + len(FORMS)


def _form(fields: dict[str, bytes]) -> tuple[bytes, bytes]:
    """A content type, and a form (RFC 7578) whose `file` has a name."""
    parts = []
    for name, value in fields.items():
        filename = '; filename="a.wav"' if name == "file" else ""
        parts.append(f'--x\r\ncontent-disposition: form-data; name="{name}"{filename}\r\n\r\n'.encode() + value + b"\r\n")
    return b"multipart/form-data; boundary=x", b"".join(parts) + b"--x--\r\n"
