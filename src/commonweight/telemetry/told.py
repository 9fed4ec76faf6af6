"""Who is told what happens in a process: metrics, and traces where a collector takes them."""

from __future__ import annotations

from commonweight.telemetry.answered import Answered
from commonweight.telemetry.metrics import Metrics
from commonweight.telemetry.tracing import Traces, start_traces


class Told:
    """One per process. `close` it at the end, so that the last spans leave."""

    def __init__(self, metrics: Metrics, traces: Traces | None = None) -> None:
        self.metrics = metrics
        self._traces = traces

    @classmethod
    def start(cls, collector: str) -> Told:
        """For a process of the product; `collector` is the setting `traces`. Raises TracesNotInstalled."""
        return cls(Metrics(), start_traces(collector) if collector else None)

    def answered(self, one: Answered) -> None:
        self.metrics.answered(one)
        if self._traces is not None:
            self._traces.answered(one)

    def close(self) -> None:
        self.metrics.hand_on()
        if self._traces is not None:
            self._traces.close()
