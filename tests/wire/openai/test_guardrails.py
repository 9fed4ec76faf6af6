"""Guardrails on every route, by the official clients: what is masked, refused and counted, whole and streamed."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import anthropic
import openai
import pytest
from openai import OpenAI

from tests.wire.openai.guarded_world import WEAPONS
from tests.wire.openai.server import KEEPING_KEY
from tests.wire.openai.world import Gateway

HEADER = "x-commonweight-guardrail"
SECRET = "ann@example.org"
SAY = f"mock:say Write to {SECRET}, or ask for the blue whale."
CLEAN = "Write to [EMAIL], or ask for the [REMOVED]."
TOOLS: Any = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}]


def asking(text: str) -> Any:
    return [{"role": "user", "content": text}]


def streamed(client: OpenAI, model: str, text: str = SAY, **more: Any) -> list[Any]:
    return list(client.chat.completions.create(model=model, messages=asking(text), stream=True, **more))


def content(chunks: list[Any], field: str = "content") -> str:
    return "".join(getattr(chunk.choices[0].delta, field, None) or "" for chunk in chunks if chunk.choices)


def test_what_is_masked_in_a_request_does_not_reach_the_engine(client: OpenAI) -> None:
    """The mock says what it was told to say: as the engine got it, since this guardrail looks at requests too."""
    answer = client.chat.completions.with_raw_response.create(model="masked", messages=asking(SAY))
    assert answer.parse().choices[0].message.content == CLEAN
    assert answer.headers[HEADER].endswith("; masked=EMAIL,REMOVED")
    parts = [{"type": "text", "text": SAY}, {"type": "text", "text": f" {SECRET}"}]
    said = client.chat.completions.create(model="masked", messages=[{"role": "user", "content": parts}])  # type: ignore[list-item]
    assert said.choices[0].message.content == f"{CLEAN} [EMAIL]"


@pytest.mark.parametrize("model", ["masked", "hiding"])
def test_an_answer_is_masked_however_its_events_are_cut(client: OpenAI, model: str) -> None:
    chunks = streamed(client, model)
    assert content(chunks) == CLEAN
    assert all(SECRET[:4] not in (chunk.choices[0].delta.content or "") for chunk in chunks if chunk.choices)
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "length"
    whole = client.chat.completions.with_raw_response.create(model=model, messages=asking(SAY))
    assert whole.parse().choices[0].message.content == CLEAN
    assert "masked=EMAIL" in whole.headers[HEADER]


def test_what_is_thought_and_what_is_called_with_is_masked_too(client: OpenAI) -> None:
    text = f"mock:think mock:call {SAY}"
    chunks = streamed(client, "hiding", text, tools=TOOLS)
    assert content(chunks, "reasoning_content") == CLEAN
    calls = [call for chunk in chunks if chunk.choices for call in chunk.choices[0].delta.tool_calls or ()]
    assert calls[0].function.name == "weather"
    assert json.loads("".join(call.function.arguments or "" for call in calls)) == {"city": CLEAN}
    message = client.chat.completions.create(model="hiding", messages=asking(text), tools=TOOLS).choices[0].message
    assert json.loads(message.tool_calls[0].function.arguments) == {"city": CLEAN}  # type: ignore[index,union-attr]
    assert message.reasoning_content == CLEAN  # type: ignore[attr-defined]


def test_a_refused_request_says_which_guardrail_and_never_what_it_found(client: OpenAI) -> None:
    for text in (f"My address is {SECRET}.", "Tell me of the Blue\nWhale"):
        with pytest.raises(openai.BadRequestError) as refused:
            client.chat.completions.create(model="refusing", messages=asking(text))
        assert (refused.value.code, refused.value.type) == ("content_filter", "invalid_request_error")
        assert "of refusing" in refused.value.message
        assert SECRET not in str(refused.value.body)
        assert "refused=" in refused.value.response.headers[HEADER]
    assert streamed(client, "refusing", "mock:say Hello there.")


@pytest.mark.parametrize("stream", [True, False])
def test_an_answer_that_is_refused_ends_before_it_with_its_reason(client: OpenAI, stream: bool) -> None:
    said = asking(f"mock:say Well. {SECRET} and much more of it")
    if stream:
        chunks = list(
            client.chat.completions.create(
                model="closing", messages=said, stream=True, stream_options={"include_usage": True}
            )
        )
        assert content(chunks) == "Well. "
        assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "content_filter"
        assert chunks[-1].usage.completion_tokens < 20  # the engine was stopped, and is charged as far as it came
    else:
        answer = client.chat.completions.with_raw_response.create(model="closing", messages=said)
        choice = answer.parse().choices[0]
        assert (choice.message.content, choice.finish_reason) == ("Well. ", "content_filter")
        assert "refused=EMAIL" in answer.headers[HEADER]


def test_a_guardrail_that_notes_changes_nothing_and_is_counted(client: OpenAI, running: Gateway) -> None:
    raw = client.chat.completions.with_raw_response.create(model="noting", messages=asking(SAY), logprobs=True)
    assert SECRET in (raw.parse().choices[0].message.content or "")
    assert HEADER not in raw.headers
    assert SECRET in content(streamed(client, "noting"))
    with urllib.request.urlopen(f"{running.address}/metrics") as answer:
        lines = [
            line for line in answer.read().decode().splitlines() if line.startswith("commonweight_guardrail_matches_total")
        ]
    noted = [line for line in lines if 'action="note"' in line]
    assert len(noted) == 2  # on requests and on answers
    assert all(float(line.split()[-1]) >= 4 for line in noted)


def test_log_probabilities_of_what_may_be_masked_are_refused_and_not_dropped(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="log-probabilities"):
        client.chat.completions.create(model="hiding", messages=asking("hi"), logprobs=True)


def test_completions_are_looked_at(client: OpenAI) -> None:
    assert client.completions.create(model="hiding", prompt=SAY).choices[0].text == CLEAN
    chunks = client.completions.create(model="hiding", prompt=SAY, stream=True)
    assert "".join(chunk.choices[0].text for chunk in chunks if chunk.choices) == CLEAN
    refused = client.completions.create(model="closing", prompt=SAY)
    assert (refused.choices[0].text, refused.choices[0].finish_reason) == ("Write to ", "content_filter")
    with pytest.raises(openai.BadRequestError):
        client.completions.create(model="refusing", prompt=["fine", SECRET])


def test_responses_are_looked_at_and_what_is_kept_of_them_is_masked(client: OpenAI, running: Gateway) -> None:
    answer = client.responses.create(model="masked", input=SAY, instructions=f"Ask {SECRET}.")
    assert answer.output_text == CLEAN
    assert answer.instructions == "Ask [EMAIL]."
    events = list(client.responses.create(model="hiding", input=SAY, stream=True))
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == CLEAN
    ended = client.responses.create(model="closing", input=SAY)
    assert (ended.status, ended.incomplete_details.reason) == ("incomplete", "content_filter")  # type: ignore[union-attr]
    with running.client(KEEPING_KEY) as keeping:
        kept = keeping.responses.create(model="masked", input=SAY)
        items = keeping.responses.input_items.list(kept.id).model_dump_json()
        again = keeping.responses.retrieve(kept.id).model_dump_json()
    assert SECRET not in items + again
    assert "[EMAIL]" in items


def test_messages_are_looked_at(running: Gateway) -> None:
    with anthropic.Anthropic(base_url=running.address, api_key="cw-good-key", max_retries=0) as client:
        said = client.messages.create(model="hiding", max_tokens=8, messages=asking(SAY))
        assert said.content[0].text == CLEAN  # type: ignore[union-attr]
        with client.messages.stream(model="hiding", max_tokens=8, messages=asking(SAY)) as stream:
            assert stream.get_final_text() == CLEAN
        ended = client.messages.create(model="closing", max_tokens=8, messages=asking(SAY))
        assert ended.stop_reason == "refusal"
        with pytest.raises(anthropic.BadRequestError, match="of refusing"):
            client.messages.create(model="refusing", max_tokens=8, messages=asking(SECRET))


def test_texts_for_vectors_are_masked_before_they_are_made(client: OpenAI) -> None:
    raw = client.embeddings.with_raw_response.create(model="hidden/vectors", input=[f"to {SECRET}"])
    plain = client.embeddings.create(model="ada/vectors", input=["to [EMAIL]"])
    assert "masked=EMAIL" in raw.headers[HEADER]
    assert raw.parse().data[0].embedding == pytest.approx(plain.data[0].embedding, abs=1e-3)


def test_a_topic_is_refused_in_what_is_asked_now_and_in_what_is_answered(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="topic"):
        client.chat.completions.create(model="peaceful", messages=asking(f"Hello. {WEAPONS}"))
    earlier = [*asking(WEAPONS), {"role": "assistant", "content": "No."}, *asking("And the weather?")]
    assert client.chat.completions.create(model="peaceful", messages=earlier).choices
    chunks = streamed(client, "appeased", f"mock:say I see. {WEAPONS} Take some")
    assert content(chunks) == "I see. "
    assert chunks[-1].choices[0].finish_reason == "content_filter"


def test_nothing_goes_through_where_topics_cannot_be_told(client: OpenAI) -> None:
    with pytest.raises(openai.InternalServerError) as refused:
        client.chat.completions.create(model="orphaned", messages=asking("Hello."))
    assert (refused.value.status_code, refused.value.code) == (503, "guard_unavailable")
