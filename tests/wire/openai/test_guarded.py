"""An engine's documents through a screen, where the mock engine cannot bring them about."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest

from commonweight.errors import InvalidInput
from commonweight.guarding import Action, ContentRefused, Guard, Side, Thing, Wanted
from commonweight.guarding.finder import Finder
from commonweight.guarding.sieve import Rule
from commonweight.wire.openai.answer import Head
from commonweight.wire.openai.chat_answer import ChatAnswer
from commonweight.wire.openai.events import event
from commonweight.wire.openai.guarded import guarded
from commonweight.wire.openai.said import last_said, sifted
from commonweight.wire.openai.screen import Screen, count_nothing


class Engine:
    """Says what it is given."""

    replica: Any = None
    instead = None

    def __init__(self, documents: Sequence[dict[str, Any]]) -> None:
        self._documents = documents
        self.said = 0

    async def readany(self) -> bytes:
        if self.said == len(self._documents):
            return b""
        self.said += 1
        return event(self._documents[self.said - 1])

    async def document(self) -> object:
        return self._documents[0]


async def nobody(model: str, texts: Sequence[str]) -> Any:
    raise AssertionError("there are no topics")


def screen(action: Action, choices: int) -> Screen:
    rule = Rule(7, Side.ANSWER, action, Finder(Wanted(frozenset({Thing.EMAIL}))))
    return Screen(Guard((rule,), (), {7: "of addresses"}), nobody, count_nothing, choices)


async def through(engine: Engine, looking: Screen) -> list[dict[str, Any]]:
    @asynccontextmanager
    async def opened() -> AsyncIterator[Any]:
        yield engine

    async with guarded(opened(), looking, "messages") as answer:
        data = b""
        while piece := await answer.readany():
            data += piece
    return [orjson.loads(line[6:]) for line in data.split(b"\n\n") if line]


def piece(index: int, **said: Any) -> dict[str, Any]:
    reason = said.pop("finish", None)
    return {"choices": [{"index": index, "delta": said, "finish_reason": reason}]}


def folded(documents: list[dict[str, Any]]) -> dict[int, tuple[str, str]]:
    answer = ChatAnswer(Head("x", 1, "m", "fp"))
    for document in documents:
        answer.fold(document)
    assert answer.finished
    return {one["index"]: (one["message"]["content"], one["finish_reason"]) for one in answer.whole(None)["choices"]}


async def test_each_of_several_choices_is_looked_at_by_itself() -> None:
    both = [piece(0, content="ann@"), piece(1, content="bob "), piece(0, content="x.org "), piece(1, content="here")]
    ends = [piece(0, content="is gone", finish="stop"), piece(1, finish="stop")]
    engine = Engine(
        [*both, *ends, {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 9, "total_tokens": 10}}]
    )
    out = await through(engine, screen(Action.REFUSE, 2))
    assert folded(out) == {0: ("", "content_filter"), 1: ("bob here", "stop")}
    assert out[-1]["usage"]["completion_tokens"] == 9  # one choice was refused, the engine said its last word for the other
    assert folded(await through(Engine([*both, *ends]), screen(Action.MASK, 2)))[0] == ("[EMAIL] is gone", "stop")


async def test_an_engine_is_not_read_on_where_its_only_choice_was_refused() -> None:
    timings = {"timings": {"prompt_n": 3, "cache_n": 2, "predicted_n": 4}}
    engine = Engine([{**piece(0, content="ann@x.org is"), **timings}, *[piece(0, content=" more")] * 50])
    out = await through(engine, screen(Action.REFUSE, 1))
    assert engine.said == 1
    assert out[-1]["usage"] == {"prompt_tokens": 5, "completion_tokens": 4, "total_tokens": 9}


async def test_what_is_held_of_one_text_goes_out_before_the_next_begins() -> None:
    said = [piece(0, reasoning_content="I think of bob"), piece(0, content="Hello "), piece(0, content="Ann", finish="stop")]
    out = await through(Engine(said), screen(Action.MASK, 1))
    order = [next(iter(one["delta"].items())) for document in out for one in document["choices"] if one["delta"]]
    assert "".join(text for name, text in order if name == "reasoning_content") == "I think of bob"
    assert [name for name, _ in order] == sorted([name for name, _ in order], reverse=True)


async def test_a_call_keeps_its_name_and_loses_the_address_that_it_is_made_with() -> None:
    calls = [
        {"index": 0, "id": "c0", "type": "function", "function": {"name": "mail", "arguments": '{"to": "ann'}},
        {"index": 0, "function": {"arguments": '@x.org"}'}},
        {"index": 1, "id": "c1", "type": "function", "function": {"name": "wait", "arguments": "{}"}},
    ]
    out = await through(
        Engine([*[piece(0, tool_calls=[call]) for call in calls], piece(0, finish="tool_calls")]), screen(Action.MASK, 1)
    )
    answer = ChatAnswer(Head("x", 1, "m", "fp"))
    for document in out:
        answer.fold(document)
    made = answer.whole(None)["choices"][0]["message"]["tool_calls"]
    assert [(call["id"], call["function"]) for call in made] == [
        ("c0", {"name": "mail", "arguments": '{"to": "[EMAIL]"}'}),
        ("c1", {"name": "wait", "arguments": "{}"}),
    ]


async def test_what_was_heard_is_one_segment_where_something_in_it_is_masked() -> None:
    segments = [
        {"start": 0.0, "end": 1.5, "text": "Write to ann@", "tokens": [1]},
        {"start": 1.5, "end": 3.0, "text": "x.org", "tokens": [2]},
    ]
    heard = {"text": "Write to ann@x.org", "segments": segments}
    masked = await screen(Action.MASK, 1).transcript(heard)
    assert masked["text"] == "Write to [EMAIL]"
    assert masked["segments"] == [{"start": 0.0, "end": 3.0, "text": "Write to [EMAIL]", "tokens": []}]
    assert await screen(Action.NOTE, 1).transcript(heard) == heard
    with pytest.raises(ContentRefused, match=r"The recording holds what the guardrail 7 \(of addresses\)"):
        await screen(Action.REFUSE, 1).transcript(heard)


async def test_what_gives_a_request_its_shape_is_left_alone() -> None:
    async def shout(text: str) -> str:
        return text.upper()

    async def refuse(text: str) -> str:
        raise InvalidInput(text)

    body = {
        "model": "m",
        "stop": ["a"],
        "messages": [
            {
                "role": "user",
                "name": "ann",
                "content": [{"type": "text", "text": "b"}, {"type": "image_url", "image_url": {"url": "data:x"}}],
            },
            {
                "role": "assistant",
                "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{d}"}}],
            },
        ],
    }
    looked = await sifted(body, shout)
    assert looked["messages"][0] == {
        **body["messages"][0],
        "content": [{"type": "text", "text": "B"}, body["messages"][0]["content"][1]],
    }  # type: ignore[index]
    assert looked["messages"][1]["tool_calls"][0]["function"] == {"name": "f", "arguments": "{D}"}
    assert (looked["model"], looked["stop"]) == ("m", ["a"])
    with pytest.raises(InvalidInput):
        await sifted({"input": [["x"]]}, refuse)


def test_what_is_asked_now_is_the_last_that_a_person_said() -> None:
    turns = [
        {"role": "user", "content": "a"},
        {"role": "user", "content": [{"type": "text", "text": "b"}]},
        {"role": "tool", "content": "c"},
    ]
    assert last_said({"messages": turns, "system": "s"}) == ["b"]
    assert last_said({"input": ["a", "b"]}) == ["a", "b"]
    assert last_said({"input": [{"type": "function_call_output", "output": "o"}]}) == ["o"]
