"""Chat completions, streamed and whole (contract, section 3), from what engines say (section 14)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from commonweight.wire.openai.answer import Chunked, Document, Head, finish_reason


@dataclass
class _Choice:
    """One choice, folded."""

    content: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    calls: dict[int, Document] = field(default_factory=dict)
    logprobs: list[Document] = field(default_factory=list)
    finish: str | None = None

    def message(self) -> Document:
        """Leaves out `tool_calls` when there are none: a null there breaks clients."""
        calls = [self.calls[index] for index in sorted(self.calls)] if self.calls else ()
        text = "".join(self.content)
        message: Document = {"role": "assistant", "content": None if calls and not text else text, "refusal": None}
        if self.reasoning:
            message["reasoning_content"] = "".join(self.reasoning)
        return {**message, "tool_calls": calls} if calls else message


class ChatAnswer(Chunked):
    """The `Answer` for /v1/chat/completions."""

    kind, chunk_kind = "chat.completion", "chat.completion.chunk"

    def __init__(self, head: Head, include_usage: bool = False) -> None:
        super().__init__(head, include_usage)
        self._choices: dict[int, _Choice] = {}
        # Around the text of an event that says nothing else, by choice.
        self._around: dict[int, tuple[bytes, bytes]] = {}

    @property
    def finished(self) -> bool:
        return bool(self._choices) and all(choice.finish for choice in self._choices.values())

    def take(self, raw: Document) -> bytes:
        plain = self._plain(raw)
        if plain is None:
            return super().take(raw)
        index, text = plain
        before, after = self._around.get(index) or self._new_around(index)
        return before + orjson.dumps(text) + after

    def fold(self, raw: Document) -> None:
        if self._plain(raw) is None:
            self.choices(raw)

    def _plain(self, raw: Document) -> tuple[int, str] | None:
        """
        Index and text of a chunk that holds some text of one choice that has begun, and nothing else, as nearly all do; the
        text is folded then. What follows is what `choices` would make of it, at a fraction of the cost.
        """
        choices = raw.get("choices")
        if not choices or len(choices) != 1:
            return None
        said = choices[0]
        if said.get("finish_reason") is not None or said.get("logprobs"):
            return None
        delta, index = said.get("delta"), said.get("index", 0)
        if not delta or delta.get("tool_calls") or delta.get("reasoning_content") or index not in self._choices:
            return None
        text = delta.get("content")
        if not text or not isinstance(text, str):
            return None
        self._choices[index].content.append(text)
        return index, text

    def _new_around(self, index: int) -> tuple[bytes, bytes]:
        before, after = self._event([_chunk_choice(index, {"content": ""}, None, None)]).split(b'"content":""')
        around = self._around[index] = before + b'"content":', after
        return around

    def choices(self, raw: Document) -> list[list[Document]]:
        chunks: list[list[Document]] = []
        for said in raw.get("choices") or ():
            index = said.get("index", 0)
            choice = self._choices.get(index)
            if choice is None:
                choice = self._choices[index] = _Choice()
                chunks.append([_chunk_choice(index, {"role": "assistant", "content": ""}, None, None)])
            self._follow(choice, index, said, chunks)
        return chunks

    def _follow(self, choice: _Choice, index: int, said: Document, chunks: list[list[Document]]) -> None:
        delta = self._delta(choice, said.get("delta") or {})
        logprobs = _logprobs(said.get("logprobs"))
        choice.logprobs.extend(logprobs or ())
        reason = finish_reason(said.get("finish_reason"))
        if delta or logprobs:
            chunks.append([_chunk_choice(index, delta, None, logprobs)])
        if reason and not choice.finish:
            choice.finish = reason
            chunks.append([_chunk_choice(index, {}, reason, None)])

    def _delta(self, choice: _Choice, said: Document) -> Document:
        delta: Document = {}
        if said.get("content"):
            delta["content"] = said["content"]
            choice.content.append(said["content"])
        if said.get("reasoning_content"):
            delta["reasoning_content"] = said["reasoning_content"]
            choice.reasoning.append(said["reasoning_content"])
        if said.get("tool_calls"):
            delta["tool_calls"] = [
                _call_piece(choice.calls, position, call) for position, call in enumerate(said["tool_calls"])
            ]
        return delta

    def whole_choices(self) -> list[Document]:
        return [_whole_choice(i, self._choices[i]) for i in sorted(self._choices)]

    def take_whole(self, raw: Document) -> None:
        for said in raw.get("choices") or ():
            choice = self._choices.setdefault(said.get("index", 0), _Choice())
            self._delta(choice, said.get("message") or {})
            if said.get("logprobs"):
                choice.logprobs.extend(_logprobs(said["logprobs"]) or ())
            choice.finish = choice.finish or finish_reason(said.get("finish_reason"))


def _chunk_choice(index: int, delta: Document, reason: str | None, logprobs: Sequence[Document] | None) -> Document:
    choice: Document = {"index": index, "delta": delta, "finish_reason": reason}
    return {**choice, "logprobs": {"content": logprobs, "refusal": None}} if logprobs else choice


def _whole_choice(index: int, choice: _Choice) -> Document:
    logprobs = {"content": choice.logprobs, "refusal": None} if choice.logprobs else None
    return {"index": index, "message": choice.message(), "logprobs": logprobs, "finish_reason": choice.finish or "stop"}


def _call_piece(calls: dict[int, Document], position: int, said: Document) -> Document:
    """A piece of a tool call: `index` and `function` always, `id` and `type` in the first piece."""
    index = said.get("index", position)
    function = said.get("function") or {}
    arguments = str(function.get("arguments") or "")
    if index in calls:
        calls[index]["function"]["arguments"] += arguments
        return {"index": index, "function": {"arguments": arguments}}
    call = {"id": said.get("id") or f"call_{index}", "type": "function"}
    calls[index] = {**call, "function": {"name": function.get("name") or "", "arguments": arguments}}
    return {"index": index, **call, "function": dict(calls[index]["function"])}


def _logprobs(said: Any) -> list[Document] | None:
    content = said.get("content") if isinstance(said, dict) else None
    if not content:
        return None
    return [{**_token(item), "top_logprobs": [_token(top) for top in item.get("top_logprobs") or ()]} for item in content]


def _token(item: Mapping[str, Any]) -> Document:
    return {"token": item["token"], "logprob": item["logprob"], "bytes": item.get("bytes")}
