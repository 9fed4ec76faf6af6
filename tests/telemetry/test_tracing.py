"""Traces: one span per answer, with names and sizes and nothing that was said."""

from __future__ import annotations

import sys

import pytest

from commonweight.telemetry import Answered, Traces, TracesNotInstalled, start_traces
from tests.support.tools import library

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def ended(outcome: str = "done") -> Answered:
    said = {"temperature": 0.5, "messages": [{"role": "user", "content": "hush"}], "stop": "hush", "seed": 3}
    parent = {"traceparent": f"00-{TRACE}-{SPAN}-01"}
    began = 1_700_000_000_000_000_000
    return Answered(
        "chat", "ada/tiny", "ada/tiny@c", "llama.cpp", "chatcmpl-1", outcome, began, 2.0, 0.5, 7, 9, said, parent
    )


def test_a_span_has_the_names_of_the_field_and_the_parent_of_the_caller() -> None:
    memory = library("opentelemetry.sdk.trace.export.in_memory_span_exporter", "otel")
    exporter = memory.InMemorySpanExporter()
    traces = Traces(exporter)
    traces.answered(ended())
    traces.answered(ended("engine_lost"))
    traces.close()
    good, bad = exporter.get_finished_spans()
    assert good.name == "chat ada/tiny"
    assert (good.end_time - good.start_time, good.events[0].timestamp - good.start_time) == (2_000_000_000, 500_000_000)
    assert f"{good.context.trace_id:032x}" == TRACE
    assert f"{good.parent.span_id:016x}" == SPAN
    assert dict(good.attributes) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "llama.cpp",
        "gen_ai.request.model": "ada/tiny",
        "gen_ai.response.model": "ada/tiny@c",
        "gen_ai.response.id": "chatcmpl-1",
        "gen_ai.usage.input_tokens": 7,
        "gen_ai.usage.output_tokens": 9,
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.seed": 3,
    }
    assert "hush" not in good.to_json()
    assert (bad.attributes["error.type"], bad.status.is_ok) == ("engine_lost", False)


def test_a_collector_without_the_extra_is_told_of_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(TracesNotInstalled, match="extra `otel`"):
        start_traces("http://127.0.0.1:4318")
