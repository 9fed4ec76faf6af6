"""What every kind of answer shares: its head, its usage, and how an engine's chunks become ours."""

from __future__ import annotations

import functools
import hashlib
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple, Protocol

import orjson

from commonweight.errors import CommonweightError
from commonweight.serving import Replica
from commonweight.wire.openai.errors import error_document
from commonweight.wire.openai.events import DONE, event

Document = dict[str, Any]

FINISH_REASONS = frozenset({"stop", "length", "tool_calls", "content_filter", "function_call"})
_OTHER_FINISHES = {"tool_call": "tool_calls", "max_tokens": "length", "limit": "length"}


@functools.lru_cache(maxsize=1024)
def _fingerprint(engine: str, key: str, model: str) -> str:
    """Worked out once for each engine: it is part of every document."""
    return "fp_" + hashlib.sha256(f"{engine}|{key}|{model}".encode()).hexdigest()[:12]


class Head(NamedTuple):
    """What each document of an answer repeats."""

    id: str
    created: int
    model: str
    fingerprint: str

    @classmethod
    def new(cls, id: str, replica: Replica, model: str) -> Head:
        """
        `model` is its whole name. The fingerprint changes with the engine, the commit, the file and the adapter, hence with
        weights and quantisation.
        """
        fingerprint = _fingerprint(replica.engine, replica.model.key, model)
        return cls(id, int(time.time()), model, fingerprint)

    def document(self, kind: str, choices: Sequence[Document]) -> Document:
        """`kind` is the `object` of the document."""
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "system_fingerprint": self.fingerprint,
            "choices": list(choices),
        }


class Answer(Protocol):
    """
    One answer in the making, of one kind: documents of an engine's chat or completion in, events or a document out.

    Every wire has its own; what moves the bytes, watches the client and counts tokens is the same for all (`Generation`).
    """

    @property
    def finished(self) -> bool:
        """Whether every choice that began has ended with a reason."""
        ...

    def begin(self) -> bytes:
        """The events before the engine's first word; empty where there are none."""
        ...

    def take(self, raw: Document) -> bytes:
        """The events that follow from one chunk of the engine; may be empty. Also folds it for `whole`."""
        ...

    def fold(self, raw: Document) -> None:
        """As `take`, for an answer that goes out whole: no event is written."""
        ...

    def take_whole(self, raw: Document) -> None:
        """Fold an engine's unstreamed answer."""
        ...

    def end(self, usage: Document | None) -> bytes:
        """The last events of a stream that went well. `usage` is what `Tally.total` says."""
        ...

    def failed(self, error: CommonweightError) -> bytes:
        """The last events of a stream that broke off."""
        ...

    def whole(self, usage: Document | None) -> Document:
        """The document of everything that was taken."""
        ...


def failed_early(error: CommonweightError) -> bytes:
    """The error as the one event of OpenAI's stream of chunks."""
    return event(error_document(error))


class Chunked(ABC):
    """What chat and completions share: every event is a chunk with the same head around its choices."""

    kind: ClassVar[str]  # the `object` of the whole answer
    chunk_kind: ClassVar[str]  # and of a chunk

    def __init__(self, head: Head, include_usage: bool = False) -> None:
        self._head = head
        self._include_usage = include_usage
        self._after = b'],"usage":null}\n\n' if include_usage else b"]}\n\n"

    @functools.cached_property
    def _before(self) -> bytes:
        """The head is written once: an event costs only what it says."""
        return b"data: " + orjson.dumps(self._head.document(self.chunk_kind, ()))[: -len("]}")]

    @abstractmethod
    def choices(self, raw: Document) -> list[list[Document]]:
        """The choices of the chunks that follow from one chunk of the engine. Also folds them for `whole`."""

    @abstractmethod
    def whole_choices(self) -> list[Document]:
        """The choices of the whole answer."""

    def begin(self) -> bytes:
        return b""

    def take(self, raw: Document) -> bytes:
        return b"".join([self._event(choices) for choices in self.choices(raw)])

    def _event(self, choices: list[Document]) -> bytes:
        return self._before + orjson.dumps(choices)[1:-1] + self._after

    def fold(self, raw: Document) -> None:
        self.choices(raw)

    def end(self, usage: Document | None) -> bytes:
        if not (self._include_usage and usage):
            return DONE
        return event({**self._head.document(self.chunk_kind, ()), "usage": usage}) + DONE

    def failed(self, error: CommonweightError) -> bytes:
        return failed_early(error)

    def whole(self, usage: Document | None) -> Document:
        document = self._head.document(self.kind, self.whole_choices())
        return {**document, "usage": usage} if usage else document


def finish_reason(raw: Any) -> str | None:
    """One of the five that clients know; null while a choice goes on."""
    if raw is None:
        return None
    return raw if raw in FINISH_REASONS else _OTHER_FINISHES.get(raw, "stop")
