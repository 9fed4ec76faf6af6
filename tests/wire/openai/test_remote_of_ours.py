"""A second server of ours as a remote of the first: the same wire on both sides."""

from __future__ import annotations

from commonweight.db import Database
from commonweight.identity import Caller
from tests.serving.test_remote import ask, people  # noqa: F401 - a fixture
from tests.wire.openai.server import KEY
from tests.wire.openai.world import Gateway


async def test_a_server_of_ours_answers_as_a_remote(
    database: Database,
    people: dict[str, Caller],  # noqa: F811
    running: Gateway,
) -> None:
    document = await ask(database, people, f"{running.address}/v1", 60.0, "mock/plain", KEY)
    assert document["choices"][0]["message"]["content"].startswith("word0 word1")
    assert document["usage"]["completion_tokens"] > 0
