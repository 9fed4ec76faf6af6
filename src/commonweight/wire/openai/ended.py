"""What is told of an answer when it has ended: to the log, metrics and traces, never what was said."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from commonweight.serving import Offer
from commonweight.telemetry import Answered
from commonweight.wire.openai.asked import Asked

log = logging.getLogger("commonweight.inference")

_OPERATIONS: Final = {"completions": "text_completion"}  # as OpenTelemetry calls them, where it is no chat
_TRACE: Final = frozenset({b"traceparent", b"tracestate"})  # W3C Trace Context
NANOSECONDS: Final = 1_000_000_000


def trace_of(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """The trace that a request belongs to, as its caller names it."""
    return {name.decode(): value.decode("latin-1") for name, value in headers if name in _TRACE}


class Ended(NamedTuple):
    """
    A request to a model that has ended. `offer` is of what answered, `engine` its name without its build, `seconds` what it
    took, `first_token` the seconds until then of a stream, `usage` as the contract has it.
    """

    route: str
    offer: Offer
    engine: str
    id: str
    outcome: str
    seconds: float
    first_token: float | None
    usage: Mapping[str, Any]

    def told(self, asked: Asked, parent: Mapping[str, str]) -> Answered:
        """For metrics and traces; `parent` is the trace that it belongs to."""
        return Answered(
            operation=_OPERATIONS.get(self.route, "chat"),
            model=self.offer.name.partition("@")[0],
            version=self.offer.name,
            engine=self.engine,
            id=self.id,
            outcome=self.outcome,
            began_at=time.time_ns() - round(self.seconds * NANOSECONDS),
            seconds=self.seconds,
            first_token=self.first_token,
            prompt_tokens=self.usage.get("prompt_tokens", 0),
            completion_tokens=self.usage.get("completion_tokens", 0),
            parameters=asked.upstream,
            parent=parent,
        )

    def log(self, *, stream: bool) -> None:
        """One line per request."""
        log.info(
            "model=%s %s %s ms=%.0f prompt_tokens=%d completion_tokens=%d",
            self.offer.name,
            "stream" if stream else "whole",
            self.outcome,
            self.seconds * 1000,
            self.usage.get("prompt_tokens", 0),
            self.usage.get("completion_tokens", 0),
        )
