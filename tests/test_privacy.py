"""Prompts and answers are in no file of an installation, whatever befalls them, unless it was decided to keep them."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
from huggingface_hub import HfApi
from openai import OpenAI

from tests.serving.world import starter_file
from tests.support.server import Server
from tests.support.tiny_models import write_tiny_embedding, write_tiny_reranker
from tests.support.tools import library

TRACED = find_spec("opentelemetry") is not None and find_spec("opentelemetry.exporter") is not None
SECRET = "zanzibar-quill-7741"  # planted in everything that a client says
KEPT = "marmalade-otter-5520"  # planted where it was decided that it is kept
BATCHED = "persimmon-lynx-3318"  # planted in the lines of a batch: its file is the client's own, and kept as such
FOUND = "quince-heron-9027@example.org"  # planted where guardrails find it
MODEL = "operator/tiny"
#: Those of routes that a model for chats does not answer.
MODELS = {"/v1/embeddings": "operator/vectors", "/v1/rerank": "operator/rank"}
#: What has a prompt in it, by route. `{}` stands for the secret.
ROUTES: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "{}"}], "max_tokens": 4, "user": "{}"},
    "/v1/completions": {"prompt": "{} {}", "max_tokens": 4},
    "/v1/embeddings": {"input": ["{}", "so {}"], "user": "{}"},
    "/v1/rerank": {"query": "{}", "documents": ["{}", "other"], "return_documents": True},
    "/v1/images/generations": {"prompt": "{}"},  # refused by this model; drawn in `test_media`
    "/v1/responses": {"input": "{}", "instructions": "{}", "max_output_tokens": 4, "metadata": {"about": "{}"}},
    "/v1/responses/input_tokens": {"input": "{}"},
    "/v1/conversations": {"items": [{"role": "user", "content": "{}"}], "metadata": {"about": "{}"}},
    "/v1/messages": {"messages": [{"role": "user", "content": "{}"}], "system": "{}", "max_tokens": 4},
    "/v1/messages/count_tokens": {"messages": [{"role": "user", "content": "{}"}]},
}
ANSWERED = (*MODELS, "/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/messages")
COUNTED = ("/v1/responses/input_tokens", "/v1/messages/count_tokens")  # nothing of them goes to anybody
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
    for model, write in zip(MODELS.values(), (write_tiny_embedding, write_tiny_reranker), strict=True):
        api.create_repo(model)
        made = write(tmp_path_factory.mktemp("models") / "tiny.gguf")
        api.upload_file(path_or_fileobj=made, path_in_repo="tiny.gguf", repo_id=model)
    yield server
    server.stop()


def filled(path: str, word: str) -> Any:
    return json.loads(json.dumps({"model": MODELS.get(path, MODEL), **ROUTES[path]}).replace("{}", word))


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
    for path in ROUTES:
        status, answer = post(server, path, filled(path, SECRET))
        assert status == 200 or (status < 500 and path not in ANSWERED), (path, status, answer)
    for path in STREAMED:
        status, _ = post(server, path, {**filled(path, SECRET), "stream": True})
        assert status == 200, path
    assert post(server, "/v1/moderations", {"model": MODEL, "input": SECRET})[0] == 200
    assert holding(server, SECRET) == []


def test_what_is_refused_is_written_nowhere(server: Server) -> None:
    for path in ROUTES:
        for wrong in (
            {**filled(path, SECRET), "temperature": SECRET},
            {**filled(path, SECRET), "model": "nobody/none"},
            {**filled(path, f"{SECRET} " * 4_000)},
            {**filled(path, SECRET), "messages": [{"role": SECRET}], "input": [{"type": SECRET}]},
        ):
            status, _ = post(server, path, wrong)
            assert 200 <= status < 500, path
        status, _, _ = server.request(path, method="POST", token=server.admin_token, body=f'{{"{SECRET}'.encode())
        assert status == 400, path
    assert holding(server, SECRET) == []


def test_what_breaks_off_is_written_nowhere(server: Server) -> None:
    """The client leaves in mid-stream; the engine is killed, aborts or faults, with whatever it prints of that."""
    for path, killed in zip(STREAMED, (signal.SIGKILL, signal.SIGABRT, signal.SIGSEGV, signal.SIGKILL), strict=True):
        for blow in (None, killed):
            connection = http.client.HTTPConnection(urlsplit(server.address).netloc, timeout=60)
            body = {**filled(path, SECRET), "stream": True, "max_tokens": 400, "max_output_tokens": 400}
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


def test_what_a_process_says_that_crashes_is_written_nowhere(server: Server) -> None:
    """Every process of the server aborts in mid-stream, one after the other; the supervisor starts it again."""
    for child in psutil.Process(server.pid).children(recursive=True):
        if not child.is_running() or any("llamacpp_main" in word for word in child.cmdline()):
            continue
        connection = http.client.HTTPConnection(urlsplit(server.address).netloc, timeout=60)
        body = {**filled("/v1/chat/completions", SECRET), "stream": True, "max_tokens": 400}
        headers = {"authorization": f"Bearer {server.admin_token}", "content-type": "application/json"}
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
            connection.getresponse().read(64)
        child.send_signal(signal.SIGABRT)
        connection.close()
        until(lambda: served(server))
    assert holding(server, SECRET) == []


def served(server: Server) -> bool:
    with contextlib.suppress(OSError, http.client.HTTPException):
        return post(server, "/v1/completions", {"model": MODEL, "prompt": "a", "max_tokens": 1})[0] == 200
    return False


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.3)


@pytest.mark.skipif(not TRACED, reason="needs commonweight[otel]; make test-all installs it")
def test_no_trace_tells_what_was_said(server: Server, spans: tuple[str, list[bytes]]) -> None:
    status, _ = post(server, "/v1/chat/completions", filled("/v1/chat/completions", SECRET))
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
    status, answer = post(server, "/v1/responses", filled("/v1/responses", KEPT))
    assert status == 200
    assert json.loads(answer)["store"] is True
    status, answer = post(server, "/v1/conversations", filled("/v1/conversations", KEPT))
    assert status == 200, answer
    assert [name for name in holding(server, KEPT) if "sqlite3" not in name] == []
    assert holding(server, KEPT) != []
    server.command("retention", "end", line.split()[0])
    assert holding(server, KEPT) == []


def test_the_lines_of_a_batch_are_in_the_file_of_its_client_and_nowhere_else(server: Server) -> None:
    """Of several routes, one of them refused. Deleting the file takes away the last of it."""
    with OpenAI(base_url=f"{server.address}/v1", api_key=server.admin_token) as client:
        for path in ("/v1/chat/completions", "/v1/responses", "/v1/embeddings"):
            bodies = [filled(path, BATCHED), {**filled(path, BATCHED), "temperature": BATCHED}]
            lines = [{"custom_id": f"{i}", "method": "POST", "url": path, "body": body} for i, body in enumerate(bodies)]
            written = "\n".join(map(json.dumps, lines)).encode()
            file = client.files.create(file=("lines.jsonl", written), purpose="batch")
            made = client.batches.create(input_file_id=file.id, endpoint=path, completion_window="24h")  # type: ignore[arg-type]
            until(lambda batch=made.id: client.batches.retrieve(batch).status in ("completed", "failed"))  # type: ignore[misc]
            ended = client.batches.retrieve(made.id)
            assert ended.status == "completed", ended
            assert [name for name in holding(server, BATCHED) if not name.startswith("home/objects/")] == []
            for one in filter(None, (file.id, ended.output_file_id, ended.error_file_id)):
                client.files.delete(one)
    until(lambda: holding(server, BATCHED) == [])


@pytest.mark.parametrize("action", ["mask", "refuse"])
def test_what_guardrails_find_is_written_nowhere(server: Server, spans: tuple[str, list[bytes]], action: str) -> None:
    library("detect_secrets", "guard")
    line = server.command(
        "guardrails", "add", "all", "--find", "personal", "--find", "secret", "--do", action, "--reason", "test"
    )
    time.sleep(2.5)  # a running process knows of it after two seconds
    for path in ROUTES:
        status, answer = post(server, path, filled(path, FOUND))
        assert status < 500, (path, answer)
        if action == "refuse" and path not in COUNTED:
            assert status == 400, (path, answer)
            assert FOUND.encode() not in answer
    for path in STREAMED if action != "refuse" else ():
        assert post(server, path, {**filled(path, FOUND), "stream": True})[0] == 200
    server.command("guardrails", "end", line.split()[0])
    assert holding(server, FOUND) == []
    assert FOUND.encode() not in b"".join(spans[1])


def test_the_search_would_find_it(server: Server, tmp_path: Path) -> None:
    (server.home / "planted.txt").write_text(f"…{SECRET}…")
    assert holding(server, SECRET) == ["home/planted.txt"]
    (server.home / "planted.txt").unlink()
