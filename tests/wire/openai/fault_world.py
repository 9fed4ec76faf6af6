"""A gateway in the test's own process with mock engines that fail when they are told to: nothing between but functions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from starlette.requests import Request

from commonweight.asgi import Router as RouteTable
from commonweight.clock import SystemClock
from commonweight.db import Database
from commonweight.db.tables.accounting import ledger
from commonweight.identity import Account, Caller
from commonweight.inference import inference_groups
from commonweight.plans import Accounting, Limits, OpenEntitlements, TermsOfKeys
from commonweight.retention import Retention
from commonweight.serving import MemoryCatalogue, MockBehaviour, Offer, Order, Replica, Router, State
from commonweight.wire.openai import Inference, Patience
from tests.serving.world import PACE, World, mock, model, serving_world

BOUND_S = 30.0  # whatever fails fails long before; what takes longer hangs. A busy machine takes seconds to start an engine
MODEL = "ada/tiny"
PATH = "/v1/chat/completions"


@dataclass
class Told:
    """What a client got."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    is_whole: bool = False  # the body has its end

    @property
    def events(self) -> Sequence[str]:
        return [line[6:] for line in self.body.decode().splitlines() if line.startswith("data: ")]

    def outcome(self) -> str:
        """`done`, or the code of an error, which has to be as OpenAI's clients know it."""
        assert self.is_whole, "it was told nothing, or half of it"
        if self.headers["content-type"].startswith("text/event-stream"):
            if self.events[-1] == "[DONE]":
                return "done"
            error = json.loads(self.events[-1])["error"]
        elif self.status == 200:
            assert json.loads(self.body)["choices"][0]["finish_reason"] == "length"
            return "done"
        else:
            error = json.loads(self.body)["error"]
        assert set(error) == {"message", "type", "param", "code"}
        assert error["message"]
        assert error["type"]
        return str(error["code"])


@dataclass
class FaultWorld:
    serving: World
    router: Router
    accounting: Accounting
    database: Database
    app: RouteTable

    async def ask(
        self,
        words: str = "hello",
        *,
        stream: bool = False,
        tokens: int = 5,
        wait: int | None = None,
        leave: int | None = None,
    ) -> Told:
        """One chat. `leave`: hang up after so many events. Raises TimeoutError where it hangs."""
        body = {"model": MODEL, "messages": [{"role": "user", "content": words}], "max_tokens": tokens, "stream": stream}
        said, left = [json.dumps(body).encode()], asyncio.Event()
        told = Told()

        async def receive() -> Any:
            if said:
                return {"type": "http.request", "body": said.pop(), "more_body": False}
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                told.status = message["status"]
                told.headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
            else:
                told.body += message.get("body", b"")
                told.is_whole = not message.get("more_body", False)
                if leave is not None and len(told.events) >= leave:
                    left.set()

        headers = [(b"host", b"test"), (b"content-type", b"application/json")]
        headers += [(b"x-commonweight-wait", str(wait).encode())] if wait is not None else []
        scope = {"type": "http", "method": "POST", "path": PATH, "raw_path": PATH.encode(), "query_string": b""}
        if leave == 0:
            asyncio.get_running_loop().call_later(0.3, left.set)
        async with asyncio.timeout(BOUND_S):
            await self.app({**scope, "scheme": "http", "server": ("test", 80), "headers": headers}, receive, send)
        return told

    async def ready(self, count: int = 1) -> Sequence[Replica]:
        """The replicas, once there are so many."""
        await self.serving.replicas.orders.set(Order(model(), least=count, most=count))
        async with asyncio.timeout(BOUND_S):
            while True:
                rows = [row for row in await self.serving.replicas.of(model().key) if row.state is State.READY]
                if len(rows) == count:
                    return rows
                await asyncio.sleep(0.05)

    async def sicken(self, replica: Replica, words: str) -> None:
        """Tell one engine to fail from now on."""
        body = {"messages": [{"role": "user", "content": f"{words}-always"}], "max_tokens": 1}
        headers = {"authorization": f"Bearer {replica.api_key}"}
        async with self.serving.session.post(replica.base_url + PATH, json=body, headers=headers) as answer:
            assert answer.status == 200

    def pid(self, replica: Replica) -> int:
        """Of its engine."""
        (holding,) = [one for one in self.serving.pool.holdings if one.id == replica.id]
        assert holding.engine is not None
        pid: int = holding.engine.pid  # type: ignore[attr-defined]
        return pid

    async def charged(self) -> tuple[int, int]:
        """Requests and tokens of answers in the ledger, once it has everything."""
        await self.accounting.close()
        sums = [func.coalesce(func.sum(ledger.c[name]), 0) for name in ("requests", "completion_tokens")]
        async with self.database.read() as connection:
            requests, tokens = (await connection.execute(select(*sums))).one()
        return int(requests), int(tokens)

    async def nothing_is_held(self) -> None:
        """The one slot and the one place of the payer are free: requests go through, streamed and not."""
        for stream in (True, False):
            assert (await self.ask(stream=stream)).outcome() == "done"


async def authenticate(request: Request) -> Caller:
    return Caller(Account(1, "user", "ada", "Ada"))


@asynccontextmanager
async def fault_world(
    database: Database,
    home: Path,
    behaviour: MockBehaviour | None = None,
    *,
    at_once: int = 1,
    queue_length: int = 8,
    journal: Path | None = None,
) -> AsyncIterator[FaultWorld]:
    """`at_once`: requests of the payer under way; an engine computes one."""
    kind = mock(home, replace(behaviour or MockBehaviour(), slots=1))
    async with serving_world(database, home, kind, pace=replace(PACE, health=0.1)) as serving:
        router = Router(serving.replicas, queue_length)
        entitlements = OpenEntitlements(Limits(concurrent_requests=at_once))
        accounting = Accounting(database, SystemClock(), journal or home / "journal", TermsOfKeys(database), entitlements)
        inference = Inference(
            authenticate=authenticate,
            catalogue=MemoryCatalogue({MODEL: Offer(model(), ("apache-2.0",), "v")}),
            router=router,
            session=serving.session,
            accounting=accounting,
            patience=Patience(hold_whole=BOUND_S, hold_stream=BOUND_S, grace=0.2, ping=0.3),
        )
        app = RouteTable(inference_groups(inference, Retention(database, SystemClock())))
        try:
            yield FaultWorld(serving, router, accounting, database, app)
        finally:
            await router.close()
            await accounting.close()
