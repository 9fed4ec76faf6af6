"""
A message in the making, from an engine's chat.

Events in their order: message_start, ping, for each block content_block_start, content_block_delta …, content_block_stop,
then message_delta with the reason and the usage, message_stop.
"""

from __future__ import annotations

import json
from typing import Any, Final

import orjson

from commonweight.errors import CommonweightError
from commonweight.wire.anthropic.errors import error_document
from commonweight.wire.openai.answer import Document, Head, finish_reason

ID_PREFIX: Final = "msg_"
STOP_REASONS: Final = {"length": "max_tokens", "tool_calls": "tool_use", "content_filter": "refusal"}

_EMPTY: Final[dict[str, Document]] = {
    "text": {"type": "text", "text": ""},
    "thinking": {"type": "thinking", "thinking": "", "signature": ""},
}
_DELTAS: Final = {"text": ("text_delta", "text"), "thinking": ("thinking_delta", "thinking")}


class MessageAnswer:
    """The `Answer` for /v1/messages."""

    def __init__(self, head: Head) -> None:
        self._head = head
        self._blocks: list[Document] = []
        self._pieces: list[str] = []  # of the block that is open
        self._open_call: int | None = None
        self._is_open = False
        self._reason: str | None = None
        self._sequence: str | None = None

    @property
    def finished(self) -> bool:
        return self._reason is not None

    # Events

    def begin(self) -> bytes:
        message = self._document(None, {"input_tokens": 0, "output_tokens": 0})  # known at the end: see `message_delta`
        return _event("message_start", message=message) + _event("ping")

    def take(self, raw: Document) -> bytes:
        events = b""
        for said in raw.get("choices") or ():
            delta = said.get("delta") or {}
            if delta.get("reasoning_content"):
                events += self._say("thinking", delta["reasoning_content"])
            if delta.get("content"):
                events += self._say("text", delta["content"])
            for position, call in enumerate(delta.get("tool_calls") or ()):
                events += self._call(call.get("index", position), call)
            if said.get("finish_reason") and self._reason is None:
                events += self._close()
                self._finish(said)
        return events

    def end(self, usage: Document | None) -> bytes:
        delta = {"stop_reason": self._reason, "stop_sequence": self._sequence}
        return _event("message_delta", delta=delta, usage=usage_of(usage)) + _event("message_stop")

    def failed(self, error: CommonweightError) -> bytes:
        return failed_early(error)

    # Whole

    def fold(self, raw: Document) -> None:
        self.take(raw)

    def take_whole(self, raw: Document) -> None:
        for said in raw.get("choices") or ():
            self.take({"choices": [{**said, "delta": said.get("message") or {}}]})

    def whole(self, usage: Document | None) -> Document:
        return self._document(self._reason, usage_of(usage))

    def _document(self, reason: str | None, usage: Document) -> Document:
        return {
            "id": self._head.id,
            "type": "message",
            "role": "assistant",
            "model": self._head.model,
            "content": list(self._blocks),
            "stop_reason": reason,
            "stop_sequence": self._sequence,
            "usage": usage,
        }

    # Blocks

    def _finish(self, said: Document) -> None:
        self._reason = STOP_REASONS.get(finish_reason(said["finish_reason"]) or "", "end_turn")
        matched = said.get("stop_reason")  # vLLM names the sequence that it met; llama.cpp does not tell it from an end
        if isinstance(matched, str) and self._reason == "end_turn":
            self._reason, self._sequence = "stop_sequence", matched

    def _say(self, kind: str, piece: str) -> bytes:
        events = b""
        if not self._is_open or self._blocks[-1]["type"] != kind:
            events = self._start(dict(_EMPTY[kind]))
        self._pieces.append(piece)
        delta, name = _DELTAS[kind]
        return events + self._delta({"type": delta, name: piece})

    def _call(self, number: int, said: Document) -> bytes:
        function, events = said.get("function") or {}, b""
        if not self._is_open or self._open_call != number:
            call_id = said.get("id") or f"toolu_{self._head.id.removeprefix(ID_PREFIX)}_{number}"
            events = self._start({"type": "tool_use", "id": call_id, "name": function.get("name") or "", "input": {}})
            self._open_call = number
        piece = str(function.get("arguments") or "")
        if not piece:
            return events
        self._pieces.append(piece)
        return events + self._delta({"type": "input_json_delta", "partial_json": piece})

    def _start(self, block: Document) -> bytes:
        closed = self._close()
        self._blocks.append(block)
        self._is_open, self._open_call = True, None
        return closed + _event("content_block_start", index=len(self._blocks) - 1, content_block=block)

    def _delta(self, delta: Document) -> bytes:
        return _event("content_block_delta", index=len(self._blocks) - 1, delta=delta)

    def _close(self) -> bytes:
        if not self._is_open:
            return b""
        said, block = "".join(self._pieces), self._blocks[-1]
        self._pieces.clear()
        self._is_open = False
        filled = {"input": _arguments(said)} if block["type"] == "tool_use" else {block["type"]: said}
        self._blocks[-1] = {**block, **filled}
        return _event("content_block_stop", index=len(self._blocks) - 1)


def _arguments(said: str) -> Document:
    """The input of a call as an object. One that was cut off, or is none, is an object that says so."""
    try:
        given = json.loads(said or "{}")
    except json.JSONDecodeError:
        return {"_unparsed": said}
    return given if isinstance(given, dict) else {"_unparsed": said}


def _event(kind: str, **said: Any) -> bytes:
    return b"event: " + kind.encode() + b"\ndata: " + orjson.dumps({"type": kind, **said}) + b"\n\n"


def failed_early(error: CommonweightError) -> bytes:
    """The event for a failure after the status went out."""
    return b"event: error\ndata: " + orjson.dumps(error_document(error)) + b"\n\n"


def usage_of(usage: Document | None) -> Document:
    """Usage of a chat, in Anthropic's words: what came from a cache is not counted among the input tokens."""
    if usage is None:
        return {"input_tokens": 0, "output_tokens": 0}
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
    return {
        "input_tokens": usage["prompt_tokens"] - cached,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": cached,
        "output_tokens": usage["completion_tokens"],
    }
