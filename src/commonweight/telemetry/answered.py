"""What is told of one answer when it has ended: sizes, times and names, never what was said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


class Answered(NamedTuple):
    """
    One request to a model that has ended. `outcome` is done, left (its client went away) or the code of an error; times are
    in seconds, `began_at` in nanoseconds since 1970; `first_token` is None where the answer was not streamed, or none came.
    """

    operation: str  # the words of OpenTelemetry: chat, text_completion
    model: str  # namespace/name
    version: str  # namespace/name@commit
    engine: str  # its name without its build; empty where none answered
    id: str  # of the answer; empty where there is none
    outcome: str
    began_at: int
    seconds: float
    first_token: float | None
    prompt_tokens: int
    completion_tokens: int
    parameters: Mapping[str, Any]  # numbers of the request
    parent: Mapping[str, str]  # headers of the trace that it belongs to (W3C: traceparent, tracestate)


Watch = Callable[[Answered], None]
