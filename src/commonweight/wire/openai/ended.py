"""What is told of an answer when it has ended: to the log, metrics and traces, never what was said."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Final

from commonweight.telemetry import Answered

log = logging.getLogger("commonweight.inference")

_OPERATIONS: Final = {"completions": "text_completion"}  # as OpenTelemetry calls them, where it is no chat
TRACE_HEADERS: Final = frozenset({b"traceparent", b"tracestate"})  # W3C Trace Context


def trace_of(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """The trace that a request belongs to, as its caller names it."""
    return {name.decode(): value.decode("latin-1") for name, value in headers if name in TRACE_HEADERS}


def operation_of(route: str) -> str:
    """What OpenTelemetry calls what this route does."""
    return _OPERATIONS.get(route, "chat")


def log_ended(one: Answered, *, stream: bool) -> None:
    """One line per request."""
    log.info(
        "model=%s %s %s ms=%.0f prompt_tokens=%d completion_tokens=%d",
        one.version,
        "stream" if stream else "whole",
        one.outcome,
        one.seconds * 1000,
        one.prompt_tokens,
        one.completion_tokens,
    )
