"""Who may read metrics: this machine, whoever has the token, administrators."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.types import Message

from commonweight.asgi import Router
from commonweight.identity import ANONYMOUS, Account, Caller, Role, TokenInfo
from commonweight.serving import EngineSeen, HostSeen, Mode, ModelSeen, Replica, Seen, ServableModel, State, WorkerFacts
from commonweight.telemetry import Metrics
from commonweight.wire.metrics import MetricsWire

MODEL = ServableModel("ada/tiny", "c" * 40, "m.gguf", 10, "1:x", mode=Mode.CHAT)


async def look() -> Seen:
    row = Replica("r", MODEL, State.READY, engine="llama.cpp/1", memory_bytes=5)
    return Seen([HostSeen(WorkerFacts("host:1", 9, 2), 5)], [ModelSeen(MODEL, [EngineSeen(row, 3, 41.7)], 2, None)])


async def authenticate(request: Any) -> Caller:
    name = request.headers.get("authorization", "").removeprefix("Bearer ")
    if name not in ("root", "ada"):
        return ANONYMOUS
    return Caller(Account(1, "user", name, name, is_admin=name == "root"), TokenInfo(1, "t", Role.ADMIN))


async def read(client: str = "203.0.113.9", token: str = "sesame", **headers: str) -> tuple[int, str]:
    metrics = Metrics()
    wire = MetricsWire(metrics, look, authenticate, token)
    router = Router([wire.group()], requested=metrics.requested)
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": "/metrics", "raw_path": b"/metrics", "query_string": b"",
             "headers": given, "client": (client, 1), "server": ("test", 80), "scheme": "http"}  # fmt: skip
    await router(dict(scope), receive, send)
    await router({**scope, "headers": [(b"authorization", b"Bearer sesame")]}, receive, send)
    return sent[0]["status"], sent[-1].get("body", b"").decode()


@pytest.mark.parametrize("client", ["127.0.0.1", "::1"])
async def test_this_machine_may(client: str) -> None:
    assert (await read(client))[0] == 200


async def test_a_proxy_on_this_machine_makes_nobody_local() -> None:
    assert (await read("127.0.0.1", x_forwarded_for="198.51.100.1"))[0] == 401


async def test_others_need_the_token_or_to_be_an_administrator() -> None:
    assert (await read())[0] == 401
    assert (await read(authorization="Bearer sesame"))[0] == 200
    assert (await read(authorization="Bearer root"))[0] == 200
    assert (await read(authorization="Bearer ada"))[0] == 403
    assert (await read(authorization="Bearer ", token=""))[0] == 401


async def test_it_says_what_runs_and_counts_its_own_reading() -> None:
    status, text = await read("127.0.0.1")
    assert status == 200
    assert 'commonweight_replica_memory_bytes{gen_ai_provider_name="llama.cpp",gen_ai_request_model="ada/tiny"} 5.0' in text
    of = '{gen_ai_provider_name="llama.cpp",gen_ai_request_model="ada/tiny"}'
    assert f"commonweight_replica_requests{of} 3.0" in text
    assert f"commonweight_replica_tokens_per_second{of} 42.0" in text
    assert 'commonweight_queue_requests{gen_ai_request_model="ada/tiny"} 2.0' in text
    assert 'commonweight_host_engine_budget_bytes{host="host"} 9.0' in text
    assert 'http_request_method="GET",http_response_status_code="200",http_route="/metrics"' in text
