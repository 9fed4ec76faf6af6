"""Keys, limits and usage of a whole installation: two web processes, the real starter model, the official client."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openai
import psutil
import pytest
from click.testing import CliRunner

from commonweight.cli.receipt import receipt
from tests.support.server import Server, running

STARTER = "commonweight/SmolLM2-135M-Instruct-GGUF"
QUESTION: Any = [{"role": "user", "content": "Name three rivers."}]
CLIENTS = 64
TAKEN_OVER_S = 40.0  # a dead process's journal is looked for every ten seconds, on a machine that may be busy


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, own_database: dict[str, str]) -> Iterator[Server]:
    environment = {**own_database, "COMMONWEIGHT_WEB_PROCESSES": "2"}
    with running(tmp_path_factory.mktemp("accounting") / "home", starter=True, environment=environment) as server:
        _client(server, server.admin_token).chat.completions.create(model=STARTER, messages=QUESTION, max_tokens=1)
        yield server


def _client(server: Server, key: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{server.address}/v1", api_key=key, admin_api_key=key, max_retries=0, timeout=120)


def _key(server: Server, **terms: Any) -> dict[str, Any]:
    body = {"name": "app", **terms}
    status, _, text = server.request("/cw/v1/keys", method="POST", token=server.admin_token, body=body)
    assert status == 201, text
    made: dict[str, Any] = json.loads(text)
    return made


def _used(server: Server, key: int) -> tuple[int, int]:
    """Requests and tokens of a key, in the ledger."""
    _, _, text = server.request(f"/cw/v1/usage?by=key&key={key}", token=server.admin_token)
    rows = json.loads(text)["rows"]
    return (rows[0]["requests"], rows[0]["prompt_tokens"] + rows[0]["completion_tokens"]) if rows else (0, 0)


def _until(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not (done := condition()) and time.monotonic() < deadline:
        time.sleep(0.5)
    return done


def test_a_key_is_used_listed_and_revoked(server: Server) -> None:
    made = _key(server, models=["commonweight/*"], networks=["127.0.0.0/8", "::1"])
    client = _client(server, made["key"])
    answer = client.chat.completions.create(model=STARTER, messages=QUESTION, max_tokens=4)
    assert answer.usage is not None
    listed = json.loads(server.request("/cw/v1/keys", token=server.admin_token)[2])
    assert next(one for one in listed if one["id"] == made["id"])["key"] is None
    used = answer.usage.total_tokens
    assert _until(lambda: _used(server, made["id"]) == (1, used), 10)
    server.request(f"/cw/v1/keys/{made['id']}", method="DELETE", token=server.admin_token)
    assert _until(lambda: _status(client) == 401, 10)


def _status(client: openai.OpenAI) -> int:
    try:
        client.chat.completions.create(model=STARTER, messages=QUESTION, max_tokens=1)
    except openai.APIStatusError as error:
        return error.status_code
    return 200


def test_a_key_does_not_reach_beyond_its_terms(server: Server) -> None:
    assert _status(_client(server, _key(server, models=["acme/*"])["key"])) == 403
    assert _status(_client(server, _key(server, networks=["192.0.2.0/24"])["key"])) == 403
    poor = _client(server, _key(server, budget={"unit": "tokens", "amount": 10, "period": "total"})["key"])
    with pytest.raises(openai.RateLimitError) as refused:
        poor.chat.completions.create(model=STARTER, messages=QUESTION, max_tokens=1)
    assert refused.value.code == "insufficient_quota"
    assert refused.value.type == "insufficient_quota"
    assert refused.value.response.headers["x-should-retry"] == "false"


def test_a_key_makes_no_keys_and_opens_no_session(server: Server) -> None:
    key = _key(server, role="write")["key"]
    assert server.request("/cw/v1/keys", method="POST", token=key, body={"name": "more"})[0] == 403


def test_sixty_four_clients_of_two_processes_never_pass_a_budget_and_are_counted_exactly(server: Server) -> None:
    budget = 1500
    made = _key(server, budget={"unit": "tokens", "amount": budget, "period": "total"})
    client = _client(server, made["key"])

    def call(number: int) -> int:
        try:
            done = client.chat.completions.create(model=STARTER, messages=QUESTION, max_tokens=4)
        except openai.RateLimitError:
            return 0
        assert done.usage is not None
        return done.usage.total_tokens

    with ThreadPoolExecutor(CLIENTS) as pool:
        told = list(pool.map(call, range(CLIENTS)))
    assert 0 < sum(told) <= budget
    assert 0 in told
    expected = (sum(tokens > 0 for tokens in told), sum(told))
    assert _until(lambda: _used(server, made["id"]) == expected, 10)


def test_a_stream_that_is_broken_off_is_charged_as_far_as_it_went(server: Server) -> None:
    made = _key(server)
    with _client(server, made["key"]).chat.completions.create(
        model=STARTER, messages=QUESTION, max_tokens=400, stream=True, seed=1
    ) as stream:
        for pieces, _ in enumerate(stream):
            if pieces == 8:
                break
    assert _until(lambda: _used(server, made["id"])[0] == 1, 10)
    _, _, text = server.request(f"/cw/v1/usage?by=key&key={made['id']}", token=server.admin_token)
    row = json.loads(text)["rows"][0]
    assert row["prompt_tokens"] > 10
    assert 7 <= row["completion_tokens"] < 100


def test_a_killed_web_process_loses_no_usage_that_was_acknowledged(server: Server) -> None:
    made = _key(server, budget={"unit": "tokens", "amount": 1_000_000, "period": "total"})
    client, done, failed = _client(server, made["key"]), [], []

    def call(number: int) -> None:
        for _ in range(6):
            try:
                answer = client.chat.completions.create(model=STARTER, messages=QUESTION, max_tokens=4)
            except openai.OpenAIError:
                failed.append(1)
                time.sleep(0.3)
            else:
                assert answer.usage is not None
                done.append(answer.usage.total_tokens)

    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(call, number) for number in range(8)]
        _until(lambda: len(done) >= 10, 60)
        for process in _web_processes(server)[:1]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        for one in calls:
            one.result()
    assert done
    assert _until(lambda: _used(server, made["id"])[0] >= len(done), TAKEN_OVER_S)
    requests, tokens = _used(server, made["id"])
    assert len(done) <= requests <= len(done) + len(failed)
    assert sum(done) <= tokens <= sum(done) + len(failed) * max(done)


def _web_processes(server: Server) -> list[psutil.Process]:
    """Children of the supervisor that listen on the server's port, or have been forked to do so."""
    port = int(server.address.rpartition(":")[2])
    found = []
    for child in psutil.Process(server.pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if any(connection.laddr and connection.laddr.port == port for connection in child.net_connections()):
                found.append(child)
    return found


def test_the_official_client_reads_usage_costs_and_keys(server: Server) -> None:
    client = _client(server, server.admin_token)
    begin = int(time.time()) - 3600
    page = client.admin.organization.usage.completions(start_time=begin, group_by=["model", "project_id"], bucket_width="1h")
    results = [result for bucket in page.data for result in bucket.results]
    assert {result.model for result in results} == {STARTER}  # type: ignore[union-attr]
    assert sum(result.num_model_requests for result in results) > 10  # type: ignore[union-attr]
    assert page.has_more is False
    closely = client.admin.organization.usage.completions(start_time=begin, bucket_width="1m", limit=120)
    assert sum(one.num_model_requests for bucket in closely.data for one in bucket.results) == sum(  # type: ignore[union-attr]
        result.num_model_requests
        for result in results  # type: ignore[union-attr]
    )
    costs = client.admin.organization.usage.costs(start_time=begin)
    assert [result.object for bucket in costs.data for result in bucket.results] == ["organization.costs.result"]
    made = client.admin.organization.admin_api_keys.create(name="from the client")
    assert made.value.startswith("cw_")
    assert made.id in [one.id for one in client.admin.organization.admin_api_keys.list()]
    assert client.admin.organization.admin_api_keys.delete(made.id).deleted


def test_a_key_that_signs_every_answer_signs_those_that_nobody_asked_to_sign(server: Server, tmp_path: Path) -> None:
    made = _key(server, signed=True)
    client = _client(server, made["key"])
    raw = client.chat.completions.with_raw_response.create(model=STARTER, messages=QUESTION, max_tokens=4)
    with client.chat.completions.with_streaming_response.create(
        model=STARTER, messages=QUESTION, max_tokens=4, stream=True
    ) as streamed:
        list(streamed.parse())
        second = streamed.headers["x-commonweight-receipt"]
    listed = json.loads(server.request("/cw/v1/receipts?limit=2", token=made["key"])[2])
    assert [one["id"] for one in listed] == [second, raw.headers["x-commonweight-receipt"]]
    answer = raw.parse()
    found = json.loads(server.request(f"/cw/v1/receipts?answer={answer.id}", token=server.admin_token)[2])
    assert [one["id"] for one in found] == [raw.headers["x-commonweight-receipt"]]
    (tmp_path / "receipt.json").write_bytes(server.request(f"/cw/v1/receipts/{found[0]['id']}", token=made["key"])[2])
    (tmp_path / "answer.json").write_text(raw.text)
    (tmp_path / "keys.json").write_bytes(server.request("/.well-known/commonweight-keys.json")[2])
    files = [str(tmp_path / name) for name in ("receipt.json", "answer.json", "keys.json")]
    checked = CliRunner().invoke(receipt, ["verify", files[0], "--output", files[1], "--key", files[2]])
    assert checked.exit_code == 0, checked.output
    plain = _client(server, server.admin_token).chat.completions.with_raw_response
    assert "x-commonweight-receipt" not in plain.create(model=STARTER, messages=QUESTION, max_tokens=1).headers


def test_the_command_makes_keys_and_tells_usage(server: Server) -> None:
    key = server.command("keys", "create", "cron", "--user", "operator", "--budget", "5000 tokens", "--days", "30")
    assert key.startswith("cw_")
    line = next(one for one in server.command("keys", "list", "--user", "operator").splitlines() if "\tcron\t" in one)
    assert "5000 tokens per month" in line
    server.command("keys", "revoke", line.partition("\t")[0], "--user", "operator")
    assert f"operator\t{STARTER}\t" in server.command("usage")
