"""Metrics: bounded names, shared by the processes of a host."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from commonweight.telemetry import Answered, Gauge, Metrics
from commonweight.telemetry.metrics import MAX_MODELS, SHARED

PROGRAM = """
import sys
from commonweight.telemetry import Answered, Metrics
metrics = Metrics()
for _ in range(int(sys.argv[1])):
    metrics.requested("GET", "/healthz", 200, 0.002)
sys.stdout.buffer.write(metrics.render())
"""


def ended(model: str = "ada/tiny", outcome: str = "done", first_token: float | None = None) -> Answered:
    version = f"{model}@{'c' * 40}"
    return Answered("chat", model, version, "llama.cpp", "id", outcome, 0, 1.5, first_token, 30, 11, {"seed": 1}, {})


def lines(metrics: Metrics, *words: str) -> list[str]:
    found = metrics.render().decode().splitlines()
    return [line for line in found if not line.startswith("#") and all(word in line for word in words)]


def test_an_answer_is_counted_by_the_names_of_the_field() -> None:
    metrics = Metrics()
    metrics.answered(ended(first_token=0.5))
    about = 'gen_ai_operation_name="chat",gen_ai_provider_name="llama.cpp",gen_ai_request_model="ada/tiny"'
    assert lines(metrics, "gen_ai_server_request_duration_seconds_sum", about) == [
        f'gen_ai_server_request_duration_seconds_sum{{error_type="",{about}}} 1.5'
    ]
    assert lines(metrics, "gen_ai_server_time_to_first_token_seconds_sum", about)[0].endswith(" 0.5")
    assert lines(metrics, "gen_ai_server_time_per_output_token_seconds_sum", about)[0].endswith(" 0.1")
    assert lines(metrics, "gen_ai_client_token_usage_sum", about, 'gen_ai_token_type="input"')[0].endswith(" 30.0")
    assert lines(metrics, "gen_ai_client_token_usage_sum", about, 'gen_ai_token_type="output"')[0].endswith(" 11.0")


def test_a_failure_is_counted_by_its_code() -> None:
    metrics = Metrics()
    metrics.answered(ended(outcome="engine_lost"))
    assert lines(metrics, "request_duration_seconds_count", 'error_type="engine_lost"')[0].endswith(" 1.0")


def test_neither_models_nor_methods_can_grow_it_without_bound() -> None:
    metrics = Metrics()
    for number in range(MAX_MODELS + 20):
        metrics.answered(ended(f"ada/m{number}"))
        metrics.requested(f"METHOD{number}", "/healthz", 405, 0.1)
    assert len(lines(metrics, "gen_ai_server_request_duration_seconds_sum")) == MAX_MODELS + 1
    assert len(lines(metrics, "http_server_request_duration_seconds_sum")) == 1


def test_numbers_as_they_are_now_stand_beside() -> None:
    now = Gauge("commonweight_replicas", "help", ("model",), {("ada/tiny",): 2})
    assert b'commonweight_replicas{model="ada/tiny"} 2.0' in Metrics().render([now])


def test_processes_of_a_host_count_together(tmp_path: Path) -> None:
    environment = {**os.environ, SHARED: str(tmp_path)}
    for count in ("3", "4"):
        run = subprocess.run([sys.executable, "-c", PROGRAM, count], env=environment, capture_output=True, check=True)
    counted = [
        line for line in run.stdout.decode().splitlines() if line.startswith("http_server_request_duration_seconds_count")
    ]
    assert [line.rpartition(" ")[2] for line in counted] == ["7.0"]
