"""`GET /metrics`: for Prometheus, or whatever reads its form."""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from starlette.requests import Request
from starlette.responses import Response

from commonweight.asgi import Group, Needs, Route, client_of, dress_as_problem
from commonweight.errors import NotAllowed, NotAuthenticated
from commonweight.identity import Caller
from commonweight.serving import Replica
from commonweight.telemetry import Gauge, Metrics

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_FORWARDED = ("x-forwarded-for", "forwarded")


class MetricsWire:
    """
    Numbers of this host's processes, and of all engines. They tell which models are used and how much: so they are for this
    machine, for whoever has `token` (empty: nobody), and for administrators.
    """

    def __init__(
        self,
        metrics: Metrics,
        replicas: Callable[[], Awaitable[Sequence[Replica]]],
        authenticate: Callable[[Request], Awaitable[Caller]],
        token: str,
    ) -> None:
        self._metrics = metrics
        self._replicas = replicas
        self._authenticate = authenticate
        self._token = token.encode()

    def group(self) -> Group:
        return Group("/metrics", (Route(("GET",), "/metrics", self.read, Needs.OPERATOR),), dress_as_problem)

    async def read(self, request: Request) -> Response:
        """Raises NotAuthenticated, NotAllowed."""
        if not _is_local(request) and not self._has_token(request):
            await self._check_administrator(request)
        now = _of_replicas(await self._replicas())
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


def _of_replicas(replicas: Sequence[Replica]) -> list[Gauge]:
    """What runs where, from the rows that all hosts share."""
    states: Counter[tuple[str, ...]] = Counter()
    memory: Counter[tuple[str, ...]] = Counter()
    for one in replicas:
        states[one.model.repository, one.engine.partition("/")[0], one.state.value] += 1
        memory[one.model.repository, one.engine.partition("/")[0]] += one.memory_bytes
    about = ("gen_ai_request_model", "gen_ai_provider_name")
    return [
        Gauge("commonweight_replicas", "Engines of a model, by state, on all hosts.", (*about, "state"), states),
        Gauge("commonweight_replica_memory_bytes", "Memory that the engines of a model hold.", about, memory),
    ]
