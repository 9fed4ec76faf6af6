"""Prompts and answers are in no file of an installation, whatever befalls them, unless it was decided to keep them."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import signal
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
from huggingface_hub import HfApi

from tests.serving.world import starter_file
from tests.support.server import Server

TRACED = find_spec("opentelemetry") is not None and find_spec("opentelemetry.exporter") is not None
SECRET = "zanzibar-quill-7741"  # planted in everything that a client says
KEPT = "marmalade-otter-5520"  # planted where it was decided that it is kept
MODEL = "operator/tiny"
#: What has a prompt in it, by route. `{}` stands for the secret.
ROUTES: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "{}"}], "max_tokens": 4, "user": "{}"},
    "/v1/completions": {"prompt": "{} {}", "max_tokens": 4},
    "/v1/embeddings": {"input": "{}"},
    "/v1/responses": {"input": "{}", "instructions": "{}", "max_output_tokens": 4, "metadata": {"about": "{}"}},
    "/v1/responses/input_tokens": {"input": "{}"},
    "/v1/conversations": {"items": [{"role": "user", "content": "{}"}], "metadata": {"about": "{}"}},
    "/v1/messages": {"messages": [{"role": "user", "content": "{}"}], "system": "{}", "max_tokens": 4},
    "/v1/messages/count_tokens": {"messages": [{"role": "user", "content": "{}"}]},
}
STREAMED = ("/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/messages")


@pytest.fixture(scope="module")
def spans() -> Iterator[tuple[str, list[bytes]]]:
    """A collector of traces: its address, and what was sent to it."""
    received: list[bytes] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            packed = self.headers.get("content-encoding") == "gzip"
            received.append(gzip.decompress(body) if packed else body)
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}", received
        listening.shutdown()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, spans: tuple[str, list[bytes]]) -> Iterator[Server]:
    """As talkative as it can be told to be."""
    folder, environment = tmp_path_factory.mktemp("privacy"), {"COMMONWEIGHT_LOG_LEVEL": "debug"}
    if TRACED:
        environment["COMMONWEIGHT_TRACES"] = spans[0]
    server = Server(folder / "home", environment=environment).start()
    api = HfApi(endpoint=server.address, token=server.admin_token)
    api.create_repo(MODEL)
    api.upload_file(path_or_fileobj=starter_file(), path_in_repo="tiny.gguf", repo_id=MODEL)
    yield server
    server.stop()


def filled(body: Any, word: str) -> Any:
    return json.loads(json.dumps({"model": MODEL, **body}).replace("{}", word))


def post(server: Server, path: str, body: Any) -> tuple[int, bytes]:
    status, _, answer = server.request(path, method="POST", token=server.admin_token, body=body)
    return status, answer


def holding(server: Server, word: str) -> list[str]:
    """Every file of the installation and of what its processes print that holds the word."""
    files = [path for path in server.home.parent.rglob("*") if path.is_file()]
    found = []
    for path in files:
        with contextlib.suppress(FileNotFoundError):
            if word.encode() in path.read_bytes():
                found.append(str(path.relative_to(server.home.parent)))
    return found


def engines(server: Server) -> list[psutil.Process]:
    children = psutil.Process(server.pid).children(recursive=True)
    return [child for child in children if any("llamacpp_main" in word for word in child.cmdline())]


def test_what_is_said_on_any_route_is_written_nowhere(server: Server) -> None:
    for path, body in ROUTES.items():
        status, answer = post(server, path, filled(body, SECRET))
        assert status in (200, 400), (path, status, answer)
    for path in STREAMED:
        status, _ = post(server, path, {**filled(ROUTES[path], SECRET), "stream": True})
        assert status == 200, path
    assert holding(server, SECRET) == []


def test_what_is_refused_is_written_nowhere(server: Server) -> None:
    for path, body in ROUTES.items():
        for wrong in (
            {**filled(body, SECRET), "temperature": SECRET},
            {**filled(body, SECRET), "model": "nobody/none"},
            {**filled(body, f"{SECRET} " * 4_000)},
            {**filled(body, SECRET), "messages": [{"role": SECRET}], "input": [{"type": SECRET}]},
        ):
            status, _ = post(server, path, wrong)
            assert 200 <= status < 500, path
        status, _, _ = server.request(path, method="POST", token=server.admin_token, body=f'{{"{SECRET}'.encode())
        assert status == 400, path
    assert holding(server, SECRET) == []


def test_what_breaks_off_is_written_nowhere(server: Server) -> None:
    """The client leaves in mid-stream; the engine is killed in mid-stream; the worker after it."""
    for path in STREAMED:
        for blow in (None, signal.SIGKILL):
            connection = http.client.HTTPConnection(urlsplit(server.address).netloc, timeout=60)
            body = {**filled(ROUTES[path], SECRET), "stream": True, "max_tokens": 400, "max_output_tokens": 400}
            headers = {"authorization": f"Bearer {server.admin_token}", "content-type": "application/json"}
            connection.request("POST", path, json.dumps(body), headers)
            answer = connection.getresponse()
            answer.read(64)
            for engine in engines(server) if blow else ():
                engine.send_signal(blow or 0)
            if blow:
                answer.read()
            connection.close()
    time.sleep(1)
    assert holding(server, SECRET) == []


@pytest.mark.skipif(not TRACED, reason="needs commonweight[otel]; make test-all installs it")
def test_no_trace_tells_what_was_said(server: Server, spans: tuple[str, list[bytes]]) -> None:
    status, _ = post(server, "/v1/chat/completions", filled(ROUTES["/v1/chat/completions"], SECRET))
    assert status == 200
    deadline = time.monotonic() + 30
    while not spans[1] and time.monotonic() < deadline:  # they are sent every few seconds
        time.sleep(0.2)
    sent = b"".join(spans[1])
    assert MODEL.encode() in sent
    assert SECRET.encode() not in sent


def test_what_was_decided_to_be_kept_is_kept_and_goes_with_its_decision(server: Server) -> None:
    line = server.command("retention", "allow", "--account", "operator", "--days", "1", "--reason", "a test")
    time.sleep(2.5)  # a running process knows of it after two seconds
    status, answer = post(server, "/v1/responses", filled(ROUTES["/v1/responses"], KEPT))
    assert status == 200
    assert json.loads(answer)["store"] is True
    status, answer = post(server, "/v1/conversations", filled(ROUTES["/v1/conversations"], KEPT))
    assert status == 200, answer
    assert [name for name in holding(server, KEPT) if "sqlite3" not in name] == []
    assert holding(server, KEPT) != []
    server.command("retention", "end", line.split()[0])
    assert holding(server, KEPT) == []


def test_the_search_would_find_it(server: Server, tmp_path: Path) -> None:
    (server.home / "planted.txt").write_text(f"…{SECRET}…")
    assert holding(server, SECRET) == ["home/planted.txt"]
    (server.home / "planted.txt").unlink()
