"""What engines say, put into the shape of the contract."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweight.wire.openai.answer import Head
from commonweight.wire.openai.chat_answer import ChatAnswer
from commonweight.wire.openai.completion_answer import CompletionAnswer
from commonweight.wire.openai.events import event
from commonweight.wire.openai.functions import FunctionAnswer
from commonweight.wire.openai.tally import Tally

HEAD = Head("chatcmpl-1", 1, "ada/tiny@c", "fp_1")


def said(delta: dict[str, Any], finish: str | None = None, index: int = 0, **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": index, "delta": delta, "finish_reason": finish, **more}]}


def deltas(answer: ChatAnswer, *raws: dict[str, Any]) -> list[dict[str, Any]]:
    return [choice["delta"] for raw in raws for choices in answer.choices(raw) for choice in choices]


def test_the_first_chunk_has_a_role_and_an_empty_string_whatever_the_engine_says() -> None:
    assert deltas(ChatAnswer(HEAD), said({"role": "assistant", "content": None}))[0] == {"role": "assistant", "content": ""}
    assert deltas(ChatAnswer(HEAD), said({"content": "hi"})) == [{"role": "assistant", "content": ""}, {"content": "hi"}]


def test_a_call_has_its_id_type_and_function_first_and_pieces_later() -> None:
    answer = ChatAnswer(HEAD)
    first = {"tool_calls": [{"index": 0, "id": "call_7", "function": {"name": "f", "arguments": ""}}]}
    later = {"tool_calls": [{"function": {"arguments": '{"a"'}}]}
    pieces = deltas(answer, said(first), said(later), said({"tool_calls": [{"index": 0, "function": {"arguments": ":1}"}}]}))
    assert pieces[1]["tool_calls"] == [
        {"index": 0, "id": "call_7", "type": "function", "function": {"name": "f", "arguments": ""}}
    ]
    assert pieces[2]["tool_calls"] == [{"index": 0, "function": {"arguments": '{"a"'}}]
    answer.choices(said({}, "tool_call"))
    choice = answer.whole(None)["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] is None
    assert choice["message"]["tool_calls"][0]["function"] == {"name": "f", "arguments": '{"a":1}'}


def test_a_message_without_calls_has_no_field_for_them() -> None:
    answer = ChatAnswer(HEAD)
    answer.choices(said({"content": "hi"}, "stop"))
    assert answer.whole(None)["choices"][0]["message"] == {"role": "assistant", "content": "hi", "refusal": None}


@pytest.mark.parametrize(
    ("raw", "known"), [("stop", "stop"), ("length", "length"), ("tool_call", "tool_calls"), ("abort", "stop")]
)
def test_a_finish_reason_is_one_of_the_five(raw: str, known: str) -> None:
    answer = ChatAnswer(HEAD)
    chunks = answer.choices(said({"content": "x"}, raw))
    assert chunks[-1][0] == {"index": 0, "delta": {}, "finish_reason": known}


def test_an_answer_is_finished_when_every_choice_is() -> None:
    answer = ChatAnswer(HEAD)
    assert not answer.finished
    answer.choices(said({"content": "a"}, "stop", index=0))
    answer.choices(said({"content": "b"}, index=1))
    assert not answer.finished
    answer.choices(said({}, "stop", index=1))
    assert answer.finished


def test_log_probabilities_without_alternatives_get_an_empty_list() -> None:
    answer = ChatAnswer(HEAD)
    token = {"id": 7, "token": "x", "logprob": -1.0, "bytes": [120]}
    answer.choices(said({"content": "x"}, "stop", logprobs={"content": [token]}))
    logprobs = answer.whole(None)["choices"][0]["logprobs"]
    assert logprobs["content"] == [{"token": "x", "logprob": -1.0, "bytes": [120], "top_logprobs": []}]


def test_an_unstreamed_answer_takes_the_same_shape() -> None:
    message = {"role": "assistant", "content": "hi", "tool_calls": None}
    answer = ChatAnswer(HEAD)
    answer.take_whole({"choices": [{"index": 0, "message": message, "finish_reason": "eos"}]})
    document = answer.whole(None)
    assert document["choices"][0]["message"] == {"role": "assistant", "content": "hi", "refusal": None}
    assert document["object"] == "chat.completion"


def test_every_event_repeats_the_head_and_says_null_usage_where_a_last_event_will_have_it() -> None:
    answer = ChatAnswer(HEAD, include_usage=True)
    answer.begin()
    events = answer.take(said({"content": "hi"}, "stop")) + answer.end({"total_tokens": 3})
    *chunks, done = events.removesuffix(b"\n\n").split(b"\n\n")
    documents = [orjson.loads(chunk.removeprefix(b"data: ")) for chunk in chunks]
    assert done == b"data: [DONE]"
    head = HEAD.document("chat.completion.chunk", ())
    assert [{**document, "choices": [], "usage": None} for document in documents] == [{**head, "usage": None}] * 4
    assert [document["usage"] for document in documents] == [None, None, None, {"total_tokens": 3}]


DELTAS = st.fixed_dictionaries(
    {},
    optional={
        "role": st.just("assistant"),
        "content": st.none() | st.text(),
        "reasoning_content": st.none() | st.text(max_size=3),
        "tool_calls": st.none() | st.just([{"index": 0, "id": "call_1", "function": {"name": "f", "arguments": "{}"}}]),
    },
)
CHOICES = st.fixed_dictionaries(
    {"delta": st.none() | DELTAS},
    optional={
        "index": st.integers(0, 2),
        "finish_reason": st.sampled_from([None, None, "stop", "tool_call"]),
        "logprobs": st.sampled_from([None, {"content": None}, {"content": [{"token": "x", "logprob": -1.0}]}]),
    },
)
RAWS = st.lists(st.fixed_dictionaries({"choices": st.none() | st.lists(CHOICES, max_size=2)}), max_size=8)


@settings(max_examples=300, deadline=None)
@given(raws=RAWS, functions=st.booleans(), include_usage=st.booleans())
def test_events_are_those_of_their_choices_also_where_a_quicker_way_was_taken(
    raws: list[dict[str, Any]], functions: bool, include_usage: bool
) -> None:
    kind = FunctionAnswer if functions else ChatAnswer
    quick, folded, slow = (kind(HEAD, include_usage) for _ in range(3))
    for raw in raws:
        expected = [HEAD.document("chat.completion.chunk", choices) for choices in slow.choices(raw)]
        usage = {"usage": None} if include_usage else {}
        assert quick.take(raw) == b"".join(event({**document, **usage}) for document in expected)
        folded.fold(raw)
    assert quick.whole(None) == folded.whole(None) == slow.whole(None)
    assert quick.finished == folded.finished == slow.finished


def test_an_echo_comes_once_before_each_choice() -> None:
    answer = CompletionAnswer(HEAD, "Once ")
    for text, finish in (("upon", None), (" a", "length")):
        answer.choices({"choices": [{"index": 0, "text": text, "finish_reason": finish}]})
    assert answer.whole(None)["choices"][0]["text"] == "Once upon a"


def test_old_log_probabilities_are_four_lists_with_offsets() -> None:
    answer = CompletionAnswer(HEAD)
    for text in ("ab", "c"):
        token = {"token": text, "logprob": -1.0, "top_logprobs": [{"token": text, "logprob": -1.0}]}
        answer.choices({"choices": [{"index": 0, "text": text, "logprobs": {"content": [token]}}]})
    assert answer.whole(None)["choices"][0]["logprobs"] == {
        "tokens": ["ab", "c"],
        "token_logprobs": [-1.0, -1.0],
        "top_logprobs": [{"ab": -1.0}, {"c": -1.0}],
        "text_offset": [0, 2],
    }


def test_usage_reported_for_every_choice_is_summed_and_the_prompt_counted_once() -> None:
    tally = Tally(choices_per_prompt=2)
    assert tally.total() is None
    for completion in (3, 4):
        tally.add({"usage": {"prompt_tokens": 10, "completion_tokens": completion, "total_tokens": 10 + completion}})
    assert tally.total() == {"prompt_tokens": 10, "completion_tokens": 7, "total_tokens": 17}
