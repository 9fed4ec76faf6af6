"""Moderations through a chat model."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest
from openai import OpenAI

from commonweight.wire.openai.moderations import CATEGORIES
from tests.wire.openai.world import Gateway


def test_a_text_is_judged_in_each_category(client: OpenAI) -> None:
    answer = client.moderations.create(model="starter", input="I like trains.")
    [result] = answer.results
    told = result.category_scores.to_dict()
    assert set(told) == set(CATEGORIES)
    assert all(0 <= score <= 1 for score in told.values())
    flags = result.categories.to_dict()
    assert flags == {name: score >= 0.5 for name, score in told.items()}
    assert result.flagged == any(flags.values())
    assert answer.id.startswith("modr-")
    assert answer.model.startswith("ada/tiny@")


def test_the_default_model_is_an_alias_and_parts_are_one_input(running: Gateway, client: OpenAI) -> None:
    body: dict[str, Any] = {"input": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}
    status, _, document = running.raw("POST", "/v1/moderations", json.dumps(body).encode())
    assert (status, document["error"]["param"]) == (404, "model")
    assert "omni-moderation-latest" in document["error"]["message"]
    assert len(client.moderations.create(model="starter", input=body["input"]).results) == 1


@pytest.mark.parametrize("value", [[], [1], 5, [{"type": "image_url", "image_url": {"url": "x"}}], ["a"] * 33])
def test_nonsense_is_refused_and_named(client: OpenAI, value: Any) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.moderations.create(model="starter", input=value)
    assert (caught.value.param or "").startswith("input")
