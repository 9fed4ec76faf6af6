"""
Metrics in Prometheus' form, for all processes of one host together.

Names are those of OpenTelemetry's semantic conventions (HTTP servers, generative AI) as Prometheus writes them; what has no
name there begins with `commonweight_`. Each process writes its counts into a file of its own below one folder, mapped into
memory; whoever is asked adds them up. The library decides by its environment, when it is first loaded, whether it does so:
`share_between_processes` has to come before.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from commonweight.telemetry.answered import Answered
from commonweight.telemetry.series import Series, SeriesGroup

if TYPE_CHECKING:
    from prometheus_client import Histogram

SHARED: Final = "PROMETHEUS_MULTIPROC_DIR"  # the library's own
MAX_MODELS: Final = 500  # told apart in metrics; each takes some thirty lines, and the rest is one `other`
OTHER: Final = "_OTHER"
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

# Buckets as the conventions ask for them.
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
_ANSWER: Final = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
_FIRST: Final = (0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
_PER_TOKEN: Final = (0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5)
_TOKENS: Final = tuple(4**power for power in range(14))
_ABOUT: Final = ("gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model")


def share_between_processes(folder: Path) -> None:
    """Called once by whoever starts the processes of this host: from now on they count together, from nothing."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ[SHARED] = str(folder)


class Gauge(NamedTuple):
    """A number as it is right now, read when somebody asks."""

    name: str
    help: str
    labels: tuple[str, ...]
    values: Mapping[tuple[str, ...], float]


class Metrics:
    """One per process."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Histogram  # not before its environment has been set

        self._shared = os.environ.get(SHARED, "")
        self._registry = CollectorRegistry()

        def histogram(name: str, help: str, labels: tuple[str, ...], buckets: tuple[float, ...]) -> Histogram:
            return Histogram(name, help, labels, registry=self._registry, buckets=buckets)

        self._http = histogram(
            "http_server_request_duration_seconds",
            "Duration of HTTP requests, to the last byte of the answer.",
            ("http_request_method", "http_route", "http_response_status_code"),
            _SECONDS,
        )
        self._duration = histogram(
            "gen_ai_server_request_duration_seconds", "Duration of requests to models.", (*_ABOUT, "error_type"), _ANSWER
        )
        self._first = histogram(
            "gen_ai_server_time_to_first_token_seconds", "From a streamed request to its first token.", _ABOUT, _FIRST
        )
        self._per_token = histogram(
            "gen_ai_server_time_per_output_token_seconds", "Time per token after the first, streamed.", _ABOUT, _PER_TOKEN
        )
        self._tokens = histogram(
            "gen_ai_client_token_usage", "Tokens of a request.", (*_ABOUT, "gen_ai_token_type"), _TOKENS
        )
        self._guarded = Counter(
            "commonweight_guardrail_matches",
            "What guardrails found, by number of the guardrail; never what it was.",
            ("guardrail", "action", "side"),
            registry=self._registry,
        )
        self._group = SeriesGroup()
        self._routes: dict[tuple[str, str, int], Series] = {}
        self._series: dict[tuple[str, str, str, str], tuple[Series, ...]] = {}
        self._models: set[str] = set()

    def requested(self, method: str, route: str, status: int, seconds: float) -> None:
        """Note an HTTP request that has ended; `route` is a pattern, never a path."""
        key = (method if method in METHODS else OTHER, route, status)
        found = self._routes.get(key)
        if found is None:
            found = self._routes[key] = Series(self._http.labels(key[0], route, str(status)), self._group)
        found.observe(seconds)

    def guarded(self, guardrail: int, action: str, side: str, matches: int) -> None:
        """Note what a guardrail found in a request or an answer."""
        self._guarded.labels(str(guardrail), action, side).inc(matches)

    def answered(self, one: Answered) -> None:
        """Note a request to a model that has ended."""
        key = (one.operation, one.engine, one.model, one.outcome)
        found = self._series.get(key)
        if found is None:
            found = self._series[key] = self._new_series(one)
        duration, first, per_token, asked, said = found
        duration.observe(one.seconds)
        if one.first_token is not None:
            first.observe(one.first_token)
            if one.completion_tokens > 1:
                per_token.observe((one.seconds - one.first_token) / (one.completion_tokens - 1))
        if one.prompt_tokens:
            asked.observe(one.prompt_tokens)
            said.observe(one.completion_tokens)

    def _new_series(self, one: Answered) -> tuple[Series, ...]:
        if len(self._models) < MAX_MODELS:
            self._models.add(one.model)
        about = (one.operation, one.engine, one.model if one.model in self._models else OTHER)
        histograms = (
            self._duration.labels(*about, "" if one.outcome == "done" else one.outcome),
            self._first.labels(*about),
            self._per_token.labels(*about),
            self._tokens.labels(*about, "input"),
            self._tokens.labels(*about, "output"),
        )
        return tuple([Series(histogram, self._group) for histogram in histograms])

    def hand_on(self) -> None:
        """Let all processes of the host know what was counted here, now and not within half a second."""
        self._group.hand_on()

    def render(self, now: Iterable[Gauge] = ()) -> bytes:
        """Everything in Prometheus' text form, with numbers as they are now. Reads files where processes count together."""
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        self.hand_on()
        counted = self._registry
        if self._shared:
            counted = CollectorRegistry()
            MultiProcessCollector(counted, path=self._shared)  # type: ignore[no-untyped-call]  # the library has no types here
        return generate_latest(counted) + _written(now)


def _written(gauges: Iterable[Gauge]) -> bytes:
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.core import GaugeMetricFamily

    class Now:
        def collect(self) -> Iterable[GaugeMetricFamily]:
            for gauge in gauges:
                family = GaugeMetricFamily(gauge.name, gauge.help, labels=gauge.labels)
                for labels, value in gauge.values.items():
                    family.add_metric(labels, value)
                yield family

    registry = CollectorRegistry()
    registry.register(Now())
    return generate_latest(registry)
