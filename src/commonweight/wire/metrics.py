"""`GET /metrics`: for Prometheus, or whatever reads its form."""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from commonweight.asgi import Group, Needs, Route, client_of, dress_as_problem
from commonweight.errors import NotAllowed, NotAuthenticated
from commonweight.identity import Caller
from commonweight.serving import Seen
from commonweight.telemetry import Gauge, Metrics

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_ABOUT = ("gen_ai_request_model", "gen_ai_provider_name")
_FORWARDED = ("x-forwarded-for", "forwarded")


class MetricsWire:
    """
    Numbers of this host's processes, and of all engines. They tell which models are used and how much: so they are for this
    machine, for whoever has `token` (empty: nobody), and for administrators.
    """

    def __init__(
        self,
        metrics: Metrics,
        look: Callable[[], Awaitable[Seen]],
        authenticate: Callable[[Request], Awaitable[Caller]],
        token: str,
    ) -> None:
        self._metrics = metrics
        self._look = look
        self._authenticate = authenticate
        self._token = token.encode()

    def group(self) -> Group:
        return Group("/metrics", (Route(("GET",), "/metrics", self.read, Needs.OPERATOR),), dress_as_problem)

    async def read(self, request: Request) -> Response:
        """Raises NotAuthenticated, NotAllowed."""
        if not _is_local(request) and not self._has_token(request):
            await self._check_administrator(request)
        now = _of_engines(await self._look())
        body = await asyncio.to_thread(self._metrics.render, now)  # files of other processes
        return Response(body, headers={"content-type": CONTENT_TYPE, "cache-control": "no-store"})

    def _has_token(self, request: Request) -> bool:
        given = request.headers.get("authorization", "").removeprefix("Bearer ").encode()
        return bool(self._token) and secrets.compare_digest(given, self._token)

    async def _check_administrator(self, request: Request) -> None:
        caller = await self._authenticate(request)
        if caller.is_anonymous:
            hint = "Ask from the machine itself, or send COMMONWEIGHT_METRICS_TOKEN or an administrator's token as a bearer."
            raise NotAuthenticated("Metrics are not for everybody.", hint=hint)
        if not caller.is_admin:
            raise NotAllowed("Metrics are for administrators.")


def _is_local(request: Request) -> bool:
    """Whether it came from this machine and not through a proxy on it, which would make all the world local."""
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(client_of(request)).is_loopback
    except ValueError:
        return False


def _of_engines(seen: Seen) -> list[Gauge]:
    """What runs where and who waits, from the rows that all hosts share."""
    sums = {name: Counter[tuple[str, ...]]() for name in ("states", "memory", "working", "speed", "queued")}
    for model in seen.models:
        sums["queued"][model.model.repository,] += model.queued
        for engine in model.engines:
            row = engine.replica
            about = (row.model.repository, row.engine.partition("/")[0])
            sums["states"][*about, row.state.value] += 1
            sums["memory"][about] += row.memory_bytes
            sums["working"][about] += engine.under_way
            sums["speed"][about] += round(engine.tokens_per_second)
    held: dict[tuple[str, ...], float] = {(host.facts.host,): host.held_bytes for host in seen.hosts}
    budget: dict[tuple[str, ...], float] = {(host.facts.host,): host.facts.budget_bytes for host in seen.hosts}
    return [
        Gauge("commonweight_replicas", "Engines of a model, by state, on all hosts.", (*_ABOUT, "state"), sums["states"]),
        Gauge("commonweight_replica_memory_bytes", "Memory that the engines of a model hold.", _ABOUT, sums["memory"]),
        Gauge("commonweight_replica_requests", "Requests that engines are working on.", _ABOUT, sums["working"]),
        Gauge("commonweight_replica_tokens_per_second", "Tokens that engines generate a second.", _ABOUT, sums["speed"]),
        Gauge("commonweight_queue_requests", "Requests that wait for a place at an engine.", _ABOUT[:1], sums["queued"]),
        Gauge("commonweight_host_engine_memory_bytes", "Memory that the engines of a host hold.", ("host",), held),
        Gauge("commonweight_host_engine_budget_bytes", "Memory that they may hold.", ("host",), budget),
    ]
