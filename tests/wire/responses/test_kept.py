"""Responses and completions that are kept, by the official client."""

from __future__ import annotations

import time
from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.wire.openai.world import Gateway

ASK: Any = {"model": "ada/tiny", "input": "Say hello.", "max_output_tokens": 5, "temperature": 0}


def finished(client: OpenAI, response_id: str) -> Any:
    """The response in the background, once it is over."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        answer = client.responses.retrieve(response_id)
        if answer.status not in ("queued", "in_progress"):
            return answer
        time.sleep(0.1)
    raise AssertionError("it took too long")


def test_without_a_decision_nothing_is_kept_and_the_response_says_so(strict: OpenAI) -> None:
    answer: Any = strict.responses.create(**ASK)
    assert answer.store is False
    with pytest.raises(openai.NotFoundError, match="retention decision"):
        strict.responses.retrieve(answer.id)
    with pytest.raises(openai.BadRequestError, match="retention decision") as caught:
        strict.responses.create(**ASK, previous_response_id=answer.id)
    assert caught.value.code == "previous_response_not_found"
    with pytest.raises(openai.BadRequestError, match="retention decision"):
        strict.responses.create(**ASK, background=True)


def test_a_kept_response_is_retrieved_with_its_input_and_deleted(keeping: OpenAI, strict: OpenAI) -> None:
    answer = keeping.responses.create(**ASK, metadata={"team": "a"})
    again = keeping.responses.retrieve(answer.id)
    assert again.model_dump() == answer.model_dump()
    (item,) = keeping.responses.input_items.list(answer.id).data
    assert item.type == "message"
    assert item.content[0].type == "input_text"
    assert item.content[0].text == "Say hello."
    with pytest.raises(openai.NotFoundError):
        strict.responses.retrieve(answer.id)
    with pytest.raises(openai.NotFoundError):
        strict.responses.delete(answer.id)
    keeping.responses.delete(answer.id)
    with pytest.raises(openai.NotFoundError):
        keeping.responses.retrieve(answer.id)


def test_store_false_is_honoured(keeping: OpenAI) -> None:
    answer = keeping.responses.create(**ASK, store=False)
    with pytest.raises(openai.NotFoundError):
        keeping.responses.retrieve(answer.id)


def test_a_response_follows_another_and_its_items_can_be_referred_to(keeping: OpenAI) -> None:
    first = keeping.responses.create(**ASK)
    follows = keeping.responses.create(**{**ASK, "input": "And again."}, previous_response_id=first.id)
    assert follows.previous_response_id == first.id
    spelt: Any = [
        {"role": "user", "content": "Say hello."},
        {"role": "assistant", "content": first.output_text},
        {"role": "user", "content": "And again."},
    ]
    whole = keeping.responses.create(**{**ASK, "input": spelt})
    assert follows.usage is not None
    assert whole.usage is not None
    assert follows.usage.input_tokens == whole.usage.input_tokens
    said = keeping.responses.input_items.list(first.id).data[0]
    referred: Any = [{"type": "item_reference", "id": item.id} for item in (said, first.output[0])]
    third = keeping.responses.create(**{**ASK, "input": [*referred, {"role": "user", "content": "And again."}]})
    assert third.usage is not None
    assert third.usage.input_tokens == whole.usage.input_tokens
    assert follows.output_text == whole.output_text == third.output_text


@pytest.mark.parametrize("streamed", [True, False])
def test_events_of_a_kept_response_can_be_had_again_from_any_number(keeping: OpenAI, streamed: bool) -> None:
    if streamed:
        events = list(keeping.responses.create(**ASK, stream=True))
        created = events[0]
        assert created.type == "response.created"
        response_id = created.response.id
    else:
        response_id = keeping.responses.create(**ASK).id
    again = list(keeping.responses.retrieve(response_id, stream=True))
    assert again[-1].type == "response.incomplete"
    assert [event.sequence_number for event in again] == list(range(len(again)))
    if streamed:
        assert [event.type for event in again] == [event.type for event in events]
    rest = list(keeping.responses.retrieve(response_id, stream=True, starting_after=3))
    assert [event.sequence_number for event in rest] == list(range(4, len(again)))


def test_a_response_in_the_background_is_made_by_the_worker(keeping: OpenAI) -> None:
    queued = keeping.responses.create(**ASK, background=True)
    assert queued.status == "queued"
    done = finished(keeping, queued.id)
    assert (done.id, done.status, done.background) == (queued.id, "incomplete", True)
    assert done.output_text == keeping.responses.create(**ASK).output_text
    events = list(keeping.responses.retrieve(queued.id, stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))


def test_a_response_in_the_background_can_be_followed_as_it_is_made(keeping: OpenAI) -> None:
    asked: Any = {"model": "mock/slow", "input": "Go on.", "max_output_tokens": 20}
    events = list(keeping.responses.create(**asked, background=True, stream=True))
    assert events[0].type == "response.created"
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text.split() == [f"word{i}" for i in range(20)]
    assert events[-1].type == "response.incomplete"


def test_a_cancelled_response_stops_its_engine(keeping: OpenAI, running: Gateway) -> None:
    asked: Any = {"model": "mock/slow", "input": "Go on.", "max_output_tokens": 2000}
    queued = keeping.responses.create(**asked, background=True)
    deadline = time.monotonic() + 20
    while keeping.responses.retrieve(queued.id).status == "queued" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert keeping.responses.cancel(queued.id).status == "cancelled"
    assert keeping.responses.cancel(queued.id).status == "cancelled"
    again = keeping.responses.create(**{**asked, "max_output_tokens": 1}, background=True)
    assert finished(keeping, again.id).status == "incomplete"  # the one runner of this gateway is free again
    with pytest.raises(openai.BadRequestError, match="background"):
        keeping.responses.cancel(keeping.responses.create(**ASK).id)


def test_a_response_whose_engine_dies_every_time_has_failed(keeping: OpenAI) -> None:
    queued = keeping.responses.create(model="mock/plain", input="mock:crash", background=True)
    done = finished(keeping, queued.id)
    assert done.status == "failed"
    assert done.error.code == "server_error"


def test_completions_are_kept_where_they_ask_for_it_and_a_decision_allows_it(keeping: OpenAI, strict: OpenAI) -> None:
    chat: Any = {"model": "ada/tiny", "messages": [{"role": "user", "content": "Hi."}], "max_tokens": 3}
    raw = strict.chat.completions.with_raw_response.create(**chat, store=True)
    assert raw.headers["x-commonweight-stored"] == "false"
    made = [keeping.chat.completions.create(**chat, store=True, metadata={"n": str(i)}) for i in range(3)]
    streamed = list(keeping.chat.completions.create(**chat, store=True, stream=True))
    keeping.chat.completions.create(**chat)
    listed = list(keeping.chat.completions.list(limit=2))
    assert [one.id for one in listed] == [*(one.id for one in made), streamed[0].id]
    assert [one.id for one in keeping.chat.completions.list(metadata={"n": "1"})] == [made[1].id]
    assert keeping.chat.completions.retrieve(made[0].id).choices == made[0].choices
    changed: Any = keeping.chat.completions.update(made[0].id, metadata={"n": "9"})
    assert changed.metadata == {"n": "9"}
    raw_messages: Any = keeping.chat.completions.messages.with_raw_response.list(made[0].id).http_response.json()
    assert raw_messages["data"][0]["content"] == "Hi."
    with pytest.raises(openai.NotFoundError):
        strict.chat.completions.retrieve(made[0].id)
    for one in listed:
        assert keeping.chat.completions.delete(one.id).deleted
    assert list(keeping.chat.completions.list()) == []
