"""What `/v1/models` tells besides OpenAI's own fields."""

from __future__ import annotations

from openai import OpenAI

from tests.wire.openai.server import CONTEXT


def test_a_model_tells_what_is_known_without_running_it(client: OpenAI) -> None:
    chat = client.models.retrieve("tiny/chat").to_dict()
    assert chat["object"] == "model"
    assert chat["terms"] == ["apache-2.0", "llama-3.1"]
    assert (chat["context_length"], chat["base_models"]) == (CONTEXT, ["ada/base"])
    assert chat["capabilities"] == {"chat": True, "completions": True}
    assert client.models.retrieve("tiny/cut").to_dict()["capabilities"] == {"embeddings": True, "dimensions": True}
    assert client.models.retrieve("tiny/rank").to_dict()["capabilities"] == {"rerank": True}


def test_the_list_and_the_model_say_the_same(client: OpenAI) -> None:
    listed = {one.id: one.to_dict() for one in client.models.list()}
    for name in ("tiny/chat", "ada/vectors"):
        assert {**listed[name], "created": 0} == {**client.models.retrieve(name).to_dict(), "created": 0}
