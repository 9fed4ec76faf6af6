"""Batches by the official client, on a whole installation with its small model."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import openai
import psutil
import pytest
from openai import OpenAI
from openai.types import Batch

from tests.files.world import batch_line, jsonl
from tests.support.server import Server

MODEL = "commonweight/SmolLM2-135M-Instruct-GGUF"
ENDS = ("completed", "failed", "expired", "cancelled")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    environment = {"COMMONWEIGHT_PRIVATE_REMOTES": "1"}
    server = Server(tmp_path_factory.mktemp("batches") / "home", starter=True, environment=environment).start()
    yield server
    server.stop()


@pytest.fixture
def client(server: Server) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{server.address}/v1", api_key=server.admin_token, max_retries=6) as made:
        yield made


def make(client: OpenAI, lines: list[Any], endpoint: Any = "/v1/chat/completions", **said: Any) -> Batch:
    file = client.files.create(file=("requests.jsonl", jsonl(lines)), purpose="batch")
    return client.batches.create(input_file_id=file.id, endpoint=endpoint, completion_window="24h", **said)


def chats(count: int, model: str = MODEL, **said: Any) -> list[Any]:
    messages = [{"role": "user", "content": "Say hello."}]
    return [batch_line(f"line {i}", model=model, messages=messages, **({"max_tokens": 3} | said)) for i in range(count)]


def wait(client: OpenAI, batch: Batch, seconds: float = 120) -> Batch:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        batch = client.batches.retrieve(batch.id)
        if batch.status in ENDS:
            return batch
        time.sleep(0.2)
    raise AssertionError(f"still {batch.status} with {batch.request_counts}")


def read(client: OpenAI, file_id: str | None) -> dict[str, Any]:
    if file_id is None:
        return {}
    documents = [json.loads(line) for line in client.files.content(file_id).text.splitlines()]
    found = {document["custom_id"]: document for document in documents}
    assert len(found) == len(documents)
    return found


def test_a_batch_is_made_polled_and_read(client: OpenAI) -> None:
    batch = make(client, chats(6), metadata={"team": "a"})
    assert (batch.object, batch.status, batch.metadata) == ("batch", "validating", {"team": "a"})
    done = wait(client, batch)
    assert done.status == "completed"
    assert done.request_counts is not None
    assert (done.request_counts.total, done.request_counts.completed, done.request_counts.failed) == (6, 6, 0)
    assert (done.error_file_id, done.model) == (None, MODEL)
    answers = read(client, done.output_file_id)
    assert len(answers) == 6
    body = answers["line 0"]["response"]["body"]
    assert body["choices"][0]["message"]["content"]
    assert done.usage is not None
    assert done.usage.output_tokens == sum(a["response"]["body"]["usage"]["completion_tokens"] for a in answers.values())
    assert batch.id in [one.id for one in client.batches.list(limit=1)]


def test_lines_of_other_endpoints_run_too(client: OpenAI) -> None:
    completions = [batch_line("a", "/v1/completions", MODEL, prompt="Once upon", max_tokens=2)]
    responses = [batch_line("b", "/v1/responses", MODEL, input="Say hello.", max_output_tokens=2)]
    first, second = make(client, completions, "/v1/completions"), make(client, responses, "/v1/responses")
    assert read(client, wait(client, first).output_file_id)["a"]["response"]["body"]["object"] == "text_completion"
    assert read(client, wait(client, second).output_file_id)["b"]["response"]["body"]["object"] == "response"


def test_what_is_wrong_with_a_line_is_said_as_the_route_says_it(client: OpenAI) -> None:
    done = wait(client, make(client, chats(1, model="nobody/nothing")))
    assert done.status == "completed"
    error = read(client, done.error_file_id)["line 0"]["response"]
    assert (error["status_code"], error["body"]["error"]["code"]) == (404, "model_not_found")
    assert error["request_id"]


def test_a_key_pays_for_its_batches_until_its_budget_is_used_up(server: Server) -> None:
    """What the lines came to is in the ledger, and what is left over fails with its reason."""
    key = server.command("keys", "create", "app", "--user", "operator", "--budget", "2000 tokens", "--total")
    with OpenAI(base_url=f"{server.address}/v1", api_key=key, max_retries=6) as client:
        done = wait(client, make(client, chats(80)))
        assert done.request_counts is not None
        assert 0 < done.request_counts.completed < 80
        assert done.request_counts.completed + done.request_counts.failed == 80
        codes = {line["response"]["body"]["error"]["code"] for line in read(client, done.error_file_id).values()}
        assert codes == {"insufficient_quota"}
        assert done.usage is not None
        assert done.usage.total_tokens <= 2000


def test_a_cancelled_batch_keeps_what_is_done(client: OpenAI, server: Server) -> None:
    batch = make(client, chats(2000))
    while not (client.batches.retrieve(batch.id).request_counts or batch.request_counts).completed:  # type: ignore[union-attr]
        time.sleep(0.1)
    assert server.command("batches", "cancel", batch.id).startswith(f"{batch.id} is cancel")
    assert client.batches.cancel(batch.id).status in ("cancelling", "cancelled")
    over = wait(client, batch)
    assert over.status == "cancelled"
    assert over.request_counts is not None
    shown = server.command("batches", "show", batch.id)
    assert "status:       cancelled" in shown
    assert f"{batch.id}  " in server.command("batches", "list")
    assert 0 < len(read(client, over.output_file_id)) == over.request_counts.completed < 2000
    with pytest.raises(openai.NotFoundError):
        client.batches.cancel("batch_unknown")


def test_a_request_that_makes_no_batch_says_why(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="No such file"):
        client.batches.create(input_file_id="file-none", endpoint="/v1/completions", completion_window="24h")
    with pytest.raises(openai.BadRequestError, match="completion_window"):
        client.batches.create(input_file_id="x", endpoint="/v1/completions", completion_window="1h")  # type: ignore[arg-type]


class _Elsewhere(BaseHTTPRequestHandler):
    """Somebody else's server: it takes no more at first, and says when to come back."""

    refusals = 1
    asked = 0

    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers["content-length"])))
        kind, served = type(self), type(self).asked
        kind.asked += 1
        self.send_response(429 if served < self.refusals else 200)
        self.send_header("retry-after", "1")
        message = {"role": "assistant", "content": f"{said['model']} says hello"}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        usage = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
        body = json.dumps({"object": "chat.completion", "choices": [choice], "usage": usage}).encode()
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture
def elsewhere() -> Iterator[str]:
    listening = ThreadingHTTPServer(("127.0.0.1", 0), _Elsewhere)
    threading.Thread(target=listening.serve_forever).start()
    yield f"http://127.0.0.1:{listening.server_port}"
    listening.shutdown()
    listening.server_close()


def test_lines_go_to_a_remote_for_whom_an_administrator_allows_it_and_when_it_takes_them(
    server: Server, client: OpenAI, elsewhere: str
) -> None:
    server.command("remote", "add", "closed", elsewhere, "gpt-x", "--allow", "operator")
    done = wait(client, make(client, chats(5, model="closed")))
    answers = read(client, done.output_file_id)
    assert len(answers) == 5, read(client, done.error_file_id)
    assert answers["line 0"]["response"]["body"]["choices"][0]["message"]["content"] == "gpt-x says hello"
    assert done.usage is not None
    assert done.usage.total_tokens == 5 * 12
    asked = _Elsewhere.asked
    server.command("remote", "add", "closed", elsewhere, "gpt-x")  # for nobody any more
    time.sleep(3)  # longer than a process holds what it knows of remotes
    failed = wait(client, make(client, chats(2, model="closed")))
    codes = {one["response"]["body"]["error"]["code"] for one in read(client, failed.error_file_id).values()}
    assert (codes, _Elsewhere.asked) == ({"model_not_found"}, asked)


@pytest.mark.long
def test_a_batch_survives_a_kill_of_everything_in_it(client: OpenAI, server: Server) -> None:
    """The engine, the worker, then all processes at once; no line is answered twice, and none is lost."""
    batch = make(client, chats(150, max_tokens=8))
    for victim in ("llamacpp_main", "commonweight.worker"):
        _until_more(client, batch)
        _kill(server, victim)
    _until_more(client, batch)
    server.kill_everything()
    server.restart()
    done = wait(client, batch, 240)
    assert done.status == "completed"
    answers, errors = read(client, done.output_file_id), read(client, done.error_file_id)
    assert sorted([*answers, *errors]) == sorted(f"line {i}" for i in range(150))
    assert not errors
    assert done.request_counts is not None
    assert done.request_counts.completed == 150


def _until_more(client: OpenAI, batch: Batch) -> None:
    """Wait until a few more lines are done than now: something is under way then."""
    counts = client.batches.retrieve(batch.id).request_counts
    goal = (counts.completed if counts else 0) + 5
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        found = client.batches.retrieve(batch.id)
        if found.status in ENDS or (found.request_counts and found.request_counts.completed >= goal):
            return
        time.sleep(0.1)
    raise AssertionError("no line was answered any more")


def _kill(server: Server, word: str) -> None:
    for process in psutil.Process(server.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            if any(word in argument for argument in process.cmdline()):
                process.kill()
