"""A response in the making, from an engine's chat (contract, section 6)."""

from __future__ import annotations

import time
from typing import Any

import orjson

from commonweight.errors import CommonweightError
from commonweight.serving import EngineLost
from commonweight.wire.openai.answer import Document, Head, finish_reason
from commonweight.wire.openai.errors import error_document
from commonweight.wire.responses.output import Call, Item, Text
from commonweight.wire.responses.request import ResponseAsked

ID_PREFIX = "resp_"
REASONS = {"length": "max_output_tokens", "content_filter": "content_filter"}


class ResponseAnswer:
    """
    The `Answer` for /v1/responses. Item ids hold the id of their response, so that a reference finds its way back.

    `stored` is what the response says of itself; where `recorded` is given, every event is put into it too.
    """

    def __init__(self, head: Head, asked: ResponseAsked, *, stored: bool, recorded: list[bytes] | None = None) -> None:
        self._head = head
        self._asked = asked
        self._stored = stored
        self._recorded = recorded
        self._sequence = 0
        self._items: list[Item] = []
        self._text: Text | None = None
        self._thought: Text | None = None
        self._calls: dict[int, Call] = {}
        self._finish: str | None = None

    @property
    def finished(self) -> bool:
        return self._finish is not None

    # Events

    def begin(self) -> bytes:
        return self._say("response.created", response=self._document("in_progress", None)) + self._say(
            "response.in_progress", response=self._document("in_progress", None)
        )

    def take(self, raw: Document) -> bytes:
        events = b""
        for said in raw.get("choices") or ():
            delta = said.get("delta") or {}
            if delta.get("reasoning_content"):
                events += self._think(delta["reasoning_content"])
            if delta.get("content"):
                events += self._speak(delta["content"], (said.get("logprobs") or {}).get("content") or ())
            for position, call in enumerate(delta.get("tool_calls") or ()):
                events += self._call(call.get("index", position), call)
            reason = finish_reason(said.get("finish_reason"))
            if reason and self._finish is None:
                self._finish = reason
                events += self._close_all("incomplete" if reason in REASONS else "completed")
        return events

    def end(self, usage: Document | None) -> bytes:
        document = self.whole(usage)
        return self._say(f"response.{document['status']}", response=document)

    def failed(self, error: CommonweightError) -> bytes:
        document = self.whole_failed(error)
        return self._say("response.failed", response=document)

    # Whole

    def fold(self, raw: Document) -> None:
        self.take(raw)

    def take_whole(self, raw: Document) -> None:
        for said in raw.get("choices") or ():
            self.take({"choices": [{**said, "delta": said.get("message") or {}}]})

    def whole(self, usage: Document | None) -> Document:
        return self._document("incomplete" if self._finish in REASONS else "completed", usage_of(usage))

    def whole_failed(self, error: CommonweightError) -> Document:
        """What is left of it when the engine failed. The code is one that typed clients know."""
        return {**self._document("failed", None), "error": {"code": "server_error", "message": error.sentence}}

    def _document(self, status: str, usage: Document | None) -> Document:
        reason = REASONS.get(self._finish or "")
        return {
            "id": self._head.id,
            "object": "response",
            "created_at": self._head.created,
            "completed_at": int(time.time()) if status == "completed" else None,
            "status": status,
            "error": None,
            "incomplete_details": {"reason": reason} if reason else None,
            "model": self._head.model,
            "output": [item.document() for item in self._items],
            **self._asked.said,
            "store": self._stored,
            "usage": usage,
        }

    # Items

    def _think(self, piece: str) -> bytes:
        events = b""
        if self._thought is None or self._thought.is_done:
            self._thought = Text(self._next_id("rs_"), len(self._items), thought=True)
            events += self._open(self._thought)
        return events + self._thought.add(self._say, piece, ())

    def _speak(self, piece: str, logprobs: Any) -> bytes:
        events = b""
        if self._text is None or self._text.is_done:
            self._text = Text(self._next_id("msg_"), len(self._items))
            events += self._open(self._text)
        return events + self._text.add(self._say, piece, logprobs)

    def _call(self, number: int, said: Document) -> bytes:
        function, events = said.get("function") or {}, b""
        call = self._calls.get(number)
        if call is None:
            call_id = said.get("id") or f"call_{self._head.id.removeprefix(ID_PREFIX)}_{number}"
            call = Call(self._next_id("fc_"), len(self._items), call_id, function.get("name") or "")
            self._calls[number] = call
            events += self._open(call)
        elif call.is_done:
            raise EngineLost("The engine went back to a call that it had ended.")
        return events + call.add(self._say, str(function.get("arguments") or ""))

    def _open(self, item: Item) -> bytes:
        """One item at a time: what is open is closed first."""
        events = self._close_all("completed")
        self._items.append(item)
        return events + item.open(self._say)

    def _close_all(self, status: str) -> bytes:
        return b"".join([item.close(self._say, status) for item in self._items if not item.is_done])

    def _next_id(self, prefix: str) -> str:
        return f"{prefix}{self._head.id.removeprefix(ID_PREFIX)}_{len(self._items)}"

    def _say(self, kind: str, **said: Any) -> bytes:
        written = response_event(kind, self._sequence, said)
        self._sequence += 1
        if self._recorded is not None:
            self._recorded.append(written)
        return written


def response_event(kind: str, sequence: int, said: Document) -> bytes:
    """Both lines that clients read, and the blank one."""
    body = orjson.dumps({"type": kind, "sequence_number": sequence, **said})
    return b"event: " + kind.encode() + b"\ndata: " + body + b"\n\n"


def failed_early(error: CommonweightError) -> bytes:
    """The event for a failure before there was a response."""
    said = error_document(error)["error"]
    return response_event("error", 0, {name: said[name] for name in ("code", "message", "param")})


def usage_of(usage: Document | None) -> Document | None:
    """Usage of a chat, in the words of responses. What engines do not tell is zero: the fields must be there."""
    if usage is None:
        return None
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
    thought = (usage.get("completion_tokens_details") or {}).get("reasoning_tokens") or 0
    return {
        "input_tokens": usage["prompt_tokens"],
        "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": 0},
        "output_tokens": usage["completion_tokens"],
        "output_tokens_details": {"reasoning_tokens": thought},
        "total_tokens": usage["total_tokens"],
    }
