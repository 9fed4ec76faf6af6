"""What engines say, put into items and events of a response."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from commonweight.serving import EngineLost
from commonweight.wire.openai.answer import Head
from commonweight.wire.openai.shortening import leave_out
from commonweight.wire.responses.answer import ResponseAnswer
from commonweight.wire.responses.items import as_items, as_messages
from commonweight.wire.responses.request import response_request

HEAD = Head("resp_1", 1, "ada/tiny@c", "fp_1")


def answer() -> ResponseAnswer:
    return ResponseAnswer(HEAD, response_request({"model": "m", "input": "x"}), stored=False)


def said(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def events(written: bytes) -> list[dict[str, Any]]:
    return [orjson.loads(block.split(b"\ndata: ")[1]) for block in written.split(b"\n\n") if block]


def call(index: int, arguments: str, name: str = "") -> dict[str, Any]:
    function = {"name": name, "arguments": arguments} if name else {"arguments": arguments}
    return {"tool_calls": [{"index": index, **({"id": f"call_{index}"} if name else {}), "function": function}]}


def test_thoughts_text_and_calls_are_items_in_their_order_each_closed_before_the_next() -> None:
    making = answer()
    written = making.take(said({"reasoning_content": "Hm"})) + making.take(said({"content": "Well"}))
    written += making.take(said(call(0, "", "f"))) + making.take(said(call(0, "{}"))) + making.take(said(call(1, "{}", "g")))
    written += making.take(said({}, "tool_calls"))
    order = [(event["type"].rsplit(".", 1)[-1], event["output_index"]) for event in events(written) if "item" in event]
    assert order == [(word, index) for index in range(4) for word in ("added", "done")]
    document = making.whole(None)
    assert [item["type"] for item in document["output"]] == ["reasoning", "message", "function_call", "function_call"]
    assert {item["status"] for item in document["output"]} == {"completed"}
    assert len({item["id"] for item in document["output"]}) == 4


def test_an_engine_that_goes_back_to_a_call_is_refused() -> None:
    making = answer()
    making.take(said(call(0, "", "f")))
    making.take(said(call(1, "", "g")))
    with pytest.raises(EngineLost):
        making.take(said(call(0, "{}")))


def test_a_whole_answer_of_an_engine_makes_the_same_response() -> None:
    making = answer()
    making.take_whole({"choices": [{"index": 0, "message": {"content": "hi"}, "finish_reason": "stop"}]})
    assert making.whole(None)["output"][0]["content"][0]["text"] == "hi"


def test_instructions_and_leading_system_messages_are_one() -> None:
    items = as_items([{"role": "developer", "content": "B"}, {"role": "user", "content": "C"}])
    assert as_messages("A", items) == [{"role": "system", "content": "A\n\nB"}, {"role": "user", "content": "C"}]


def test_calls_that_follow_each_other_are_one_turn_with_its_thoughts() -> None:
    calls = [{"type": "function_call", "call_id": str(i), "name": "f", "arguments": "{}"} for i in range(2)]
    outputs = [{"type": "function_call_output", "call_id": str(i), "output": "ok"} for i in range(2)]
    thought = {"type": "reasoning", "id": "rs", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm"}]}
    messages = as_messages(None, as_items([thought, *calls, *outputs]))
    assert [message["role"] for message in messages] == ["assistant", "tool", "tool"]
    assert [one["id"] for one in messages[0]["tool_calls"]] == ["0", "1"]
    assert messages[0]["reasoning_content"] == "Hm"


def test_pictures_of_a_user_reach_the_engine_as_pictures() -> None:
    parts = [{"type": "input_text", "text": "What?"}, {"type": "input_image", "image_url": "data:image/png;base64,AA=="}]
    (message,) = as_messages(None, as_items([{"role": "user", "content": parts}]))
    assert [part["type"] for part in message["content"]] == ["text", "image_url"]


def test_what_is_left_out_is_the_oldest_and_never_the_instructions_or_the_last() -> None:
    system, last = {"role": "system", "content": "S"}, {"role": "user", "content": "now"}
    calls = [{"role": "assistant", "tool_calls": []}, {"role": "tool", "content": "t"}]
    messages = [system, *calls, last]
    assert leave_out(messages)
    assert messages == [system, last]
    assert not leave_out(messages)
