"""The command `commonweight rights`."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from commonweight.cli.documents import WIDTH, wrapped
from commonweight.cli.rights import rights
from commonweight.cli.verdict_text import verdict_text
from commonweight.errors import CommonweightError, NotAuthenticated, Unavailable
from commonweight.rights import Question, decide, load_records, parse_document

CASES = Path(__file__).parent / "cases"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(rights, list(arguments))


@contextmanager
def server(status: int, body: dict[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A server that gives one answer to everything and keeps what it was sent."""
    seen: list[dict[str, Any]] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            self._answer(json.loads(self.rfile.read(int(self.headers["content-length"]))))

        def _answer(self, sent: Any) -> None:
            seen.append({"path": self.path, "token": self.headers["authorization"], "body": sent})
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *arguments: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as listening:
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.server_port}", seen
        finally:
            listening.shutdown()
            thread.join()


@pytest.fixture
def use(tmp_path: Path) -> str:
    file = tmp_path / "use.yaml"
    file.write_text("acts: [evaluate]\ndate: 2026-11-23\n")
    return str(file)


def verdict() -> dict[str, Any]:
    document = parse_document((CASES / "T05.yaml").read_text())
    return decide(Question.from_document(document), load_records()).to_document()


def test_decide_prints_the_answer_its_clause_and_the_disclaimer() -> None:
    text = run("decide", str(CASES / "T02.yaml")).output
    assert text.startswith("NEEDS PERMISSION")
    assert "llama-2 2  [text, record checked]" in text
    assert "Ask Meta for a licence" in text
    assert "not legal advice" in text


def test_decide_prints_the_same_json_every_time() -> None:
    first, second = (run("decide", str(CASES / "T07.yaml"), "--json").output for _ in range(2))
    assert first == second
    assert json.loads(first)["value"] == "allowed_with_duties"


def test_every_worked_case_can_be_printed() -> None:
    records = load_records()
    for file in CASES.glob("*.yaml"):
        if not file.name.endswith(".expected.yaml"):
            found = decide(Question.from_document(parse_document(file.read_text())), records)
            text = verdict_text(found.to_document())
            assert text.startswith(found.value.value.replace("_", " ").upper()), file.name
            assert max(map(len, text.splitlines())) <= WIDTH, file.name


def test_decide_names_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text("use: {acts: [fly]}\nsubject: {nodes: [{id: a}]}\n")
    error = run("decide", str(file)).exception
    assert isinstance(error, CommonweightError)
    assert "wrong.yaml.use.acts[0]: got 'fly'" in error.sentence


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "bytes.yaml"
    file.write_bytes(b"\xff\xfe\x00")
    assert isinstance(run("decide", str(file)).exception, CommonweightError)


def test_check_sends_the_model_and_the_use_and_prints_the_verdict(use: str) -> None:
    with server(200, verdict()) as (url, seen):
        result = run("check", "ada/model@main", "--use", use, "--url", url, "--token", "t")
    assert result.output.startswith("PROHIBITED")
    body = {"model": "ada/model@main", "use": {"acts": ["evaluate"], "date": "2026-11-23"}}
    assert seen == [{"path": "/cw/v1/verdicts", "token": "Bearer t", "body": body}]


def test_check_hands_on_what_the_server_said(use: str) -> None:
    with server(401, {"detail": "The token is not known.", "next_step": "Make one."}) as (url, _):
        error = run("check", "ada/model", "--use", use, "--url", url).exception
    assert isinstance(error, NotAuthenticated)
    assert error.sentence == "The token is not known. Make one."


def test_check_without_a_server_says_how_to_start_one(use: str) -> None:
    error = run("check", "ada/model", "--use", use, "--url", "http://127.0.0.1:1").exception
    assert isinstance(error, Unavailable)
    assert "commonweight up" in error.sentence


def test_a_name_from_elsewhere_cannot_command_the_terminal() -> None:
    lines = wrapped("x\x1b[31mred\x07 and\x9b plain", "  - ")
    assert lines == ["  - x\ufffd[31mred\ufffd and\ufffd plain"]
