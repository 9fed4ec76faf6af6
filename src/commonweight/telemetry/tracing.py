"""
One span of OpenTelemetry per answer (extra `commonweight[otel]`), by the semantic conventions for generative AI.

It has names, sizes and times; never a prompt, an answer, a key or a name of a person. Spans leave in the background, over
OTLP; where nobody takes them they are dropped.
"""

from __future__ import annotations

import importlib
from typing import Any, Final

from commonweight import __version__
from commonweight.errors import CommonweightError
from commonweight.telemetry.answered import Answered

EXPORT_S: Final = 5  # for one batch, retries included: a process that ends waits no longer for a collector that is gone
NANOSECONDS: Final = 1_000_000_000
_REQUEST: Final = {
    "temperature": "gen_ai.request.temperature",
    "top_p": "gen_ai.request.top_p",
    "top_k": "gen_ai.request.top_k",
    "max_tokens": "gen_ai.request.max_tokens",
    "frequency_penalty": "gen_ai.request.frequency_penalty",
    "presence_penalty": "gen_ai.request.presence_penalty",
    "seed": "gen_ai.request.seed",
    "n": "gen_ai.request.choice.count",
}


class TracesNotInstalled(CommonweightError):
    code = "traces_not_installed"


class Traces:
    """Makes a span of each answer. `exporter` takes spans, in batches; `close` sends what is left."""

    def __init__(self, exporter: Any) -> None:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        resource = Resource.create({"service.name": "commonweight", "service.version": __version__})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("commonweight")
        self._context_of = TraceContextTextMapPropagator().extract

    def answered(self, one: Answered) -> None:
        """The span of a request that has ended, below the caller's where it named one."""
        from opentelemetry.trace import SpanKind, Status, StatusCode

        span = self._tracer.start_span(
            f"{one.operation} {one.model}",
            context=self._context_of(one.parent),
            kind=SpanKind.SERVER,
            attributes=_attributes(one),
            start_time=one.began_at,
        )
        if one.first_token is not None:
            span.add_event("gen_ai.first_token", timestamp=one.began_at + round(one.first_token * NANOSECONDS))
        if one.outcome not in ("done", "left"):
            span.set_status(Status(StatusCode.ERROR))
        span.end(one.began_at + round(one.seconds * NANOSECONDS))

    def close(self) -> None:
        """Waits some seconds for spans to leave."""
        self._provider.shutdown()


def start_traces(collector: str) -> Traces:
    """Traces to a collector (`http://host:4318`), by OTLP over HTTP. Raises TracesNotInstalled."""
    check_traces_installed()
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return Traces(OTLPSpanExporter(endpoint=f"{collector.rstrip('/')}/v1/traces", timeout=EXPORT_S))


def check_traces_installed() -> None:
    """Raises TracesNotInstalled, before anything is started for nothing."""
    try:
        importlib.import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    except ImportError:
        detail = "COMMONWEIGHT_TRACES names a collector, but the extra `otel` is not installed."
        hint = 'Install it: pip install "commonweight[otel]", or leave COMMONWEIGHT_TRACES empty.'
        raise TracesNotInstalled(detail, hint=hint) from None


def _attributes(one: Answered) -> dict[str, Any]:
    found: dict[str, Any] = {
        "gen_ai.operation.name": one.operation,
        "gen_ai.provider.name": one.engine or "commonweight",
        "gen_ai.request.model": one.model,
        "gen_ai.response.model": one.version,
    }
    if one.id:
        found["gen_ai.response.id"] = one.id
    if one.prompt_tokens:
        found["gen_ai.usage.input_tokens"] = one.prompt_tokens
        found["gen_ai.usage.output_tokens"] = one.completion_tokens
    if one.outcome != "done":
        found["error.type"] = one.outcome
    given = {name: one.parameters[name] for name in _REQUEST if isinstance(one.parameters.get(name), int | float)}
    return {**found, **{_REQUEST[name]: value for name, value in given.items()}}
