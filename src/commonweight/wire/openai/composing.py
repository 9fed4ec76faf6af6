"""An answer that is made of several requests to the engine, in the shape of one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from commonweight.serving import EngineLost, Offer, Replica
from commonweight.wire.openai.answer import Document
from commonweight.wire.openai.engine_talk import EngineTalk
from commonweight.wire.openai.events import event


class Answered(Protocol):
    """An engine's answer: a stream of events, or one document."""

    @property
    def replica(self) -> Replica: ...

    @property
    def instead(self) -> Offer | None: ...

    async def readany(self) -> bytes:
        """What has come of the body, at least a byte; b"" at its end. Raises EngineLost where it breaks off."""
        ...

    async def document(self) -> object:
        """The body as JSON."""
        ...


class Composed:
    """Implements `Answered` over documents that come one by one."""

    def __init__(self, replica: Replica, instead: Offer | None, first: Document, rest: AsyncIterator[Document]) -> None:
        self._replica = replica
        self._instead = instead
        self._first: Document | None = first
        self._rest = rest

    @property
    def replica(self) -> Replica:
        return self._replica

    @property
    def instead(self) -> Offer | None:
        return self._instead

    async def readany(self) -> bytes:
        document, self._first = self._first, None
        if document is None:
            document = await anext(self._rest, None)
        return event(document) if document is not None else b""

    async def document(self) -> object:
        raise EngineLost("An answer of several parts is a stream.")


@asynccontextmanager
async def composed(talk: EngineTalk, documents: AsyncIterator[Document]) -> AsyncIterator[Composed]:
    """
    The answer once its first document is there: what goes wrong before is raised here, so that it gets its own status.

    When the block ends early, the request that is under way ends too.
    """
    try:
        first = await anext(documents)
        assert talk.replica is not None, "the first document came from an engine"
        yield Composed(talk.replica, talk.instead, first, documents)
    finally:
        await documents.aclose()  # type: ignore[attr-defined]  # it is an async generator
