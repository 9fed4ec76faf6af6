"""What the supervisor says while the server comes up."""

from __future__ import annotations

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from commonweight.settings import Settings
from commonweight.supervisor import greet, health_of


class Healthy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


def test_the_greeting_comes_however_late_the_server_answers(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    greeting = threading.Thread(target=greet, args=(f"http://127.0.0.1:{port}/healthz", "Here I am.", 0.2))
    greeting.start()
    time.sleep(1)
    with HTTPServer(("127.0.0.1", port), Healthy) as server:
        server.handle_request()
    greeting.join(30)
    told = capsys.readouterr().out.splitlines()
    assert told[0] == f"  Nothing answers at http://127.0.0.1:{port}/healthz yet; still waiting."
    assert told[-1] == "Here I am."


def test_one_that_listens_everywhere_is_asked_on_this_machine() -> None:
    assert health_of(Settings(host="0.0.0.0", port=8484)) == "http://127.0.0.1:8484/healthz"
    assert health_of(Settings(host="::1", port=8484)) == "http://[::1]:8484/healthz"
