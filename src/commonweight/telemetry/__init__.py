"""
What an operator sees from outside: metrics in Prometheus' form, traces of OpenTelemetry. Never what was said.

    metrics = Metrics(folder)          metrics.answered(one)      metrics.render()
"""

from commonweight.telemetry.answered import Answered, Watch
from commonweight.telemetry.metrics import Gauge, Metrics, share_between_processes
from commonweight.telemetry.told import Told
from commonweight.telemetry.tracing import Traces, TracesNotInstalled, check_traces_installed, start_traces

__all__ = [
    "Answered",
    "Gauge",
    "Metrics",
    "Told",
    "Traces",
    "TracesNotInstalled",
    "Watch",
    "check_traces_installed",
    "share_between_processes",
    "start_traces",
]
