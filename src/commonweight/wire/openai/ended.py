"""What is told of an answer when it has ended: to metrics and traces, never what was said."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any, Final

from commonweight.serving import Offer
from commonweight.telemetry import Answered
from commonweight.wire.openai.asked import Asked

_OPERATIONS: Final = {"completions": "text_completion"}  # as OpenTelemetry calls them, where it is no chat
_TRACE: Final = frozenset({b"traceparent", b"tracestate"})  # W3C Trace Context
NANOSECONDS: Final = 1_000_000_000


def trace_of(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """The trace that a request belongs to, as its caller names it."""
    return {name.decode(): value.decode("latin-1") for name, value in headers if name in _TRACE}


def ended(
    route: str,
    offer: Offer,
    engine: str,
    id: str,
    outcome: str,
    times: tuple[float, float | None],
    usage: Mapping[str, Any],
    asked: Asked,
    parent: Mapping[str, str],
) -> Answered:
    """`times`: seconds that it took, and seconds to its first token. See `Answered`."""
    seconds, first_token = times
    return Answered(
        _OPERATIONS.get(route, "chat"),
        offer.name.partition("@")[0],
        offer.name,
        engine,
        id,
        outcome,
        time.time_ns() - round(seconds * NANOSECONDS),
        seconds,
        first_token,
        usage.get("prompt_tokens", 0),
        usage.get("completion_tokens", 0),
        asked.upstream,
        parent,
    )
