"""What answers that are made of several requests to an engine come to in the ledger: exactly what their usage says."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import openai
import pytest

from tests.support.server import Server

pytestmark = pytest.mark.long

SAY: Any = [{"role": "user", "content": "What time is it?"}]
PARAMETERS = {"type": "object", "properties": {"utc": {"type": "boolean"}}, "required": ["utc"]}
TOOL: Any = {"type": "function", "function": {"name": "get_time", "parameters": PARAMETERS}}
SCORED: Any = {"model": "gpt-3.5-turbo-instruct", "prompt": ["one<|im_end|>", "two"]}

CALLS: dict[str, Callable[[openai.OpenAI], Any]] = {
    "embeddings": lambda c: c.embeddings.create(model="text-embedding-3-small", input=["a cat"] * 40),
    "scored": lambda c: c.completions.create(**SCORED, echo=True, logprobs=1, max_tokens=2, n=2),
    "best": lambda c: c.completions.create(**SCORED, best_of=6, n=2, max_tokens=3),
    "infill": lambda c: c.completions.create(model="gpt-3.5-turbo-instruct", prompt="a", suffix="b", max_tokens=3),
    "nothing": lambda c: c.completions.create(**SCORED, max_tokens=0),
    "choices": lambda c: c.chat.completions.create(model="gpt-6-astra", messages=SAY, n=9, max_tokens=4),
    "tools": lambda c: c.chat.completions.create(model="gpt-4o", messages=SAY, tools=[TOOL], tool_choice="required"),
}


def key_of(server: Server) -> dict[str, Any]:
    status, _, text = server.request("/cw/v1/keys", method="POST", token=server.admin_token, body={"name": "app"})
    assert status == 201, text
    made: dict[str, Any] = json.loads(text)
    return made


def used(server: Server, key: int) -> tuple[int, int, int]:
    """Requests, prompt tokens and completion tokens of a key, once they are in the ledger."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        _, _, text = server.request(f"/cw/v1/usage?by=key&key={key}", token=server.admin_token)
        if rows := json.loads(text)["rows"]:
            return rows[0]["requests"], rows[0]["prompt_tokens"], rows[0]["completion_tokens"]
        time.sleep(0.3)
    return 0, 0, 0


@pytest.mark.parametrize("what", CALLS)
def test_the_ledger_and_the_usage_say_the_same(server: Server, what: str) -> None:
    made = key_of(server)
    usage = CALLS[what](openai.OpenAI(base_url=f"{server.address}/v1", api_key=made["key"], max_retries=0)).usage
    assert usage.prompt_tokens > 0
    assert used(server, made["id"]) == (1, usage.prompt_tokens, getattr(usage, "completion_tokens", 0))


def test_a_moderation_is_charged(server: Server) -> None:
    made = key_of(server)
    openai.OpenAI(base_url=f"{server.address}/v1", api_key=made["key"]).moderations.create(input="I like trains.")
    requests, prompt, completion = used(server, made["id"])
    assert requests == 1
    assert prompt > 100
    assert completion > 13


def test_what_was_written_before_the_client_left_is_charged(server: Server) -> None:
    made = key_of(server)
    client = openai.OpenAI(base_url=f"{server.address}/v1", api_key=made["key"], max_retries=0)
    stream = client.chat.completions.create(model="gpt-6-astra", messages=SAY, n=64, max_tokens=400, stream=True)
    for _, _ in zip(range(20), stream, strict=False):
        pass
    stream.close()
    requests, prompt, completion = used(server, made["id"])
    assert (requests, prompt > 0) == (1, True)
    assert 0 < completion < 64 * 400
