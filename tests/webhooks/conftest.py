"""The room of webhooks over a hub, with a receiver in the place of the network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson
import pytest

from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.hub import Hub
from commonweight.identity import Identity
from commonweight.jobs import Jobs, Runner
from commonweight.webhooks import Answer, Deliverer, Sealing, Sender, Teller, Wanted, Watched, Webhooks
from tests.hub.conftest import ada, bob, hub, identity, repository, storage  # noqa: F401 - fixtures

URL = "https://ci.example.org/hook"


@dataclass
class Receiver(Sender):
    """Takes what is sent, and answers as it is told."""

    answer: Answer = Answer(200, "ok")
    came: list[tuple[str, bytes, Mapping[str, str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        self.came.append((url, body, headers))
        return self.answer

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [orjson.loads(body) for _url, body, _headers in self.came]

    @property
    def events(self) -> list[str]:
        return [f"{one['event']['scope']} {one['event']['action']}" for one in self.bodies]


@dataclass
class Told:
    """What happens in the hub, and what is told of it."""

    hub: Hub
    webhooks: Webhooks
    receiver: Receiver
    runner: Runner
    clock: SetClock

    async def passes(self, **time: int) -> None:
        """Jobs that are due now run; then so much time passes."""
        await self.runner.run_until_empty()
        self.clock.advance(timedelta(**time))


def wanted(*watched: str, url: str = URL, domains: tuple[str, ...] = ("repo", "discussion"), secret: str = "") -> Wanted:
    names = [Watched(*one.split(" ")) for one in watched or ("user ada",)]
    return Wanted(url, names, domains, secret or None)


@pytest.fixture
def told(database: Database, hub: Hub, identity: Identity, clock: SetClock) -> Told:  # noqa: F811
    sealing, receiver = Sealing(b"s" * 32), Receiver()
    teller = Teller(database, hub, identity, clock, "http://house.test")
    deliverer = Deliverer(database, clock, sealing, receiver)

    async def nothing(_payload: Mapping[str, Any], _progress: Any = None) -> None:
        """Jobs of others."""

    handlers = {"read_revision": nothing, "repository_changed": nothing, **teller.handlers(), **deliverer.handlers()}
    runner = Runner(Jobs(database, clock, "test"), handlers)
    return Told(hub, Webhooks(database, clock, sealing, receiver), receiver, runner, clock)
