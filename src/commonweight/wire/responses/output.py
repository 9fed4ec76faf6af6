"""Output items in the making: each opens, grows and closes with its own events (contract, section 6, *Stream*)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from commonweight.wire.openai.answer import Document

#: Writes one event: its type, and what it says.
Say = Callable[..., bytes]


class Item(Protocol):
    """One output item. Documents are those of the contract; events come back as bytes, in order."""

    @property
    def is_done(self) -> bool: ...

    def open(self, say: Say) -> bytes: ...

    def close(self, say: Say, status: str) -> bytes: ...

    def document(self) -> Document: ...


class Text:
    """A `message` with one part of text, or a `reasoning` item with one part of what was thought."""

    def __init__(self, item_id: str, index: int, *, thought: bool = False) -> None:
        self.id = item_id
        self._index = index
        self._thought = thought
        self._pieces: list[str] = []
        self._logprobs: list[Document] = []
        self._status = "in_progress"
        self._event = "response.reasoning_text" if thought else "response.output_text"
        self._where = {"item_id": item_id, "output_index": index, "content_index": 0}

    @property
    def is_done(self) -> bool:
        return self._status != "in_progress"

    def open(self, say: Say) -> bytes:
        added = say("response.output_item.added", output_index=self._index, item=self._document(()))
        return added + say("response.content_part.added", **self._where, part=self._part())

    def add(self, say: Say, piece: str, logprobs: Sequence[Document]) -> bytes:
        self._pieces.append(piece)
        if self._thought:
            return say("response.reasoning_text.delta", **self._where, delta=piece)
        self._logprobs.extend(logprobs)
        return say("response.output_text.delta", **self._where, delta=piece, logprobs=[_short(one) for one in logprobs])

    def close(self, say: Say, status: str) -> bytes:
        self._status = status
        part = self._part()
        more = {} if self._thought else {"logprobs": [_short(one) for one in self._logprobs]}
        return (
            say(f"{self._event}.done", **self._where, text=part["text"], **more)
            + say("response.content_part.done", **self._where, part=part)
            + say("response.output_item.done", output_index=self._index, item=self.document())
        )

    def document(self) -> Document:
        return self._document([self._part()])

    def _document(self, content: Sequence[Document]) -> Document:
        if self._thought:
            return {"id": self.id, "type": "reasoning", "summary": [], "content": list(content), "status": self._status}
        head = {"id": self.id, "type": "message", "role": "assistant", "status": self._status}
        return {**head, "content": list(content)}

    def _part(self) -> Document:
        text = "".join(self._pieces)
        if self._thought:
            return {"type": "reasoning_text", "text": text}
        return {"type": "output_text", "text": text, "annotations": [], "logprobs": [_long(one) for one in self._logprobs]}


class Call:
    """A `function_call`."""

    def __init__(self, item_id: str, index: int, call_id: str, name: str) -> None:
        self.id = item_id
        self._index = index
        self._call_id = call_id
        self._name = name
        self._pieces: list[str] = []
        self._status = "in_progress"
        self._where = {"item_id": item_id, "output_index": index}

    @property
    def is_done(self) -> bool:
        return self._status != "in_progress"

    def open(self, say: Say) -> bytes:
        return say("response.output_item.added", output_index=self._index, item=self.document())

    def add(self, say: Say, piece: str) -> bytes:
        if not piece:
            return b""
        self._pieces.append(piece)
        return say("response.function_call_arguments.delta", **self._where, delta=piece)

    def close(self, say: Say, status: str) -> bytes:
        self._status = status
        arguments = "".join(self._pieces)
        done = say("response.function_call_arguments.done", **self._where, name=self._name, arguments=arguments)
        return done + say("response.output_item.done", output_index=self._index, item=self.document())

    def document(self) -> Document:
        called = {"call_id": self._call_id, "name": self._name, "arguments": "".join(self._pieces)}
        return {"id": self.id, "type": "function_call", **called, "status": self._status}


def _short(token: Document) -> Document:
    """A log-probability as events have it."""
    top = [{"token": one["token"], "logprob": one["logprob"]} for one in token.get("top_logprobs") or ()]
    return {"token": token["token"], "logprob": token["logprob"], "top_logprobs": top}


def _long(token: Document) -> Document:
    """A log-probability as a finished part has it."""
    return {**_one(token), "top_logprobs": [_one(top) for top in token.get("top_logprobs") or ()]}


def _one(token: Document) -> dict[str, Any]:
    return {"token": token["token"], "logprob": token["logprob"], "bytes": token.get("bytes") or []}
