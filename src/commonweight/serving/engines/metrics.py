"""
What engines say of their load, in the text format of Prometheus (version 0.0.4).

Names, looked up in the programs themselves: llama.cpp of xllamacpp 2026.10 (`llamacpp:…`), vLLM 0.33 (`vllm:…`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from commonweight.serving.engines.spec import Metrics

_SAMPLE = re.compile(r"^(?P<name>[a-zA-Z_:][\w:]*)(?:\{[^}]*\})?\s+(?P<value>[-+.eE\d]+)", re.MULTILINE)


@dataclass(frozen=True)
class MetricNames:
    """What an engine calls what we want to know."""

    active: str
    queued: str
    tokens_per_second: str = ""


LLAMACPP = MetricNames("llamacpp:requests_processing", "llamacpp:requests_deferred", "llamacpp:predicted_tokens_seconds")
VLLM = MetricNames("vllm:num_requests_running", "vllm:num_requests_waiting")


def samples(text: str) -> Mapping[str, float]:
    """The value of every name, summed over its labels. Lines that are none are passed over."""
    found: dict[str, float] = {}
    for match in _SAMPLE.finditer(text):
        try:
            found[match["name"]] = found.get(match["name"], 0.0) + float(match["value"])
        except ValueError:
            continue
    return found


def read_metrics(text: str, names: MetricNames, slots: int | None, memory_bytes: int) -> Metrics:
    """What the engine's text says under these names."""
    values = samples(text)
    return Metrics(
        active=int(values.get(names.active, 0)),
        queued=int(values[names.queued]) if names.queued in values else None,
        slots=slots,
        tokens_per_second=values.get(names.tokens_per_second),
        memory_bytes=memory_bytes,
    )
