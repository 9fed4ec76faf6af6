"""Conversations by the official client: kept by a decision, gone on from by responses."""

from __future__ import annotations

from typing import Any

import openai
import pytest
from openai import OpenAI

HELLO: Any = {"type": "message", "role": "user", "content": "My name is Ada."}
ASK: Any = {"model": "tiny/chat", "max_output_tokens": 4, "temperature": 0}


def test_without_a_decision_no_conversation_is_kept(strict: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="retention decision"):
        strict.conversations.create(items=[HELLO])
    with pytest.raises(openai.NotFoundError, match="retention decision"):
        strict.conversations.retrieve("conv_none")
    with pytest.raises(openai.NotFoundError, match="retention decision"):
        strict.responses.create(**ASK, input="x", conversation="conv_none")


def test_a_conversation_is_made_changed_and_deleted(keeping: OpenAI, strict: OpenAI) -> None:
    made = keeping.conversations.create(items=[HELLO], metadata={"team": "a"})
    assert made.metadata == {"team": "a"}
    assert keeping.conversations.retrieve(made.id) == made
    assert keeping.conversations.update(made.id, metadata={"team": "b"}).metadata == {"team": "b"}
    with pytest.raises(openai.NotFoundError):
        strict.conversations.retrieve(made.id)
    assert keeping.conversations.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError):
        keeping.conversations.items.list(made.id)


def test_items_are_added_listed_read_and_deleted(keeping: OpenAI) -> None:
    made = keeping.conversations.create(items=[HELLO])
    call: Any = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
    result: Any = {"type": "function_call_output", "call_id": "c1", "output": "42"}
    added = keeping.conversations.items.create(made.id, items=[call, result])
    assert [item.type for item in added.data] == ["function_call", "function_call_output"]
    listed = list(keeping.conversations.items.list(made.id, order="asc", limit=2))
    assert [item.type for item in listed] == ["message", "function_call", "function_call_output"]
    first: Any = keeping.conversations.items.retrieve(listed[0].id, conversation_id=made.id)
    assert first.content[0].text == "My name is Ada."
    assert keeping.conversations.items.delete(listed[0].id, conversation_id=made.id).id == made.id
    with pytest.raises(openai.NotFoundError):
        keeping.conversations.items.retrieve(listed[0].id, conversation_id=made.id)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("store", [False, True])
def test_a_response_goes_on_from_a_conversation_and_adds_to_it(keeping: OpenAI, stream: bool, store: bool) -> None:
    made = keeping.conversations.create(items=[HELLO])
    if stream:
        with keeping.responses.create(**ASK, input="Who am I?", conversation=made.id, store=store, stream=True) as events:
            answer: Any = list(events)[-1].response  # type: ignore[union-attr]
    else:
        answer = keeping.responses.create(**ASK, input="Who am I?", conversation={"id": made.id}, store=store)
    assert answer.conversation.id == made.id
    alone = keeping.responses.create(**ASK, input="Who am I?", store=False)
    both: Any = [HELLO, {"role": "user", "content": "Who am I?"}]
    assert answer.usage.input_tokens == keeping.responses.create(**ASK, input=both, store=False).usage.input_tokens
    assert answer.usage.input_tokens > alone.usage.input_tokens
    assert keeping.responses.input_tokens.count(model="tiny/chat", conversation=made.id, input="x").input_tokens > 0
    items: Any = list(keeping.conversations.items.list(made.id, order="asc"))
    assert [item.role for item in items] == ["user", "user", "assistant"]
    assert items[-1].content[0].text == answer.output_text
    if store:
        assert keeping.responses.retrieve(answer.id).conversation.id == made.id
    else:
        with pytest.raises(openai.NotFoundError):
            keeping.responses.retrieve(answer.id)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"items": [HELLO] * 21}, "at most 20"),
    ({"items": "Hello"}, "an array"),
    ({"items": [{"type": "item_reference", "id": "x"}]}, "no references"),
    ({"items": [{"type": "web_search_call"}]}, "web_search_call"),
    ({"items": [{"role": "user", "content": [{"type": "input_file", "file_id": "f"}]}]}, "cannot be read"),
    ({"metadata": {"a": 1}}, "a string"),
]


@pytest.mark.parametrize(("body", "said"), WRONG, ids=[said for _, said in WRONG])
def test_what_no_response_could_go_on_from_is_refused(keeping: OpenAI, body: dict[str, Any], said: str) -> None:
    with pytest.raises(openai.BadRequestError, match=said):
        keeping.conversations.create(**body)


@pytest.mark.parametrize("beside", [{"previous_response_id": "resp_1"}, {"background": True}])
def test_it_does_not_stand_beside_another_beginning_or_in_the_background(keeping: OpenAI, beside: Any) -> None:
    made = keeping.conversations.create()
    with pytest.raises(openai.BadRequestError, match="do not go together"):
        keeping.responses.create(**ASK, input="x", conversation=made.id, **beside)
