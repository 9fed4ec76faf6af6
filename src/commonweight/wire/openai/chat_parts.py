"""Chat answers that an engine does not give at once: more choices than it computes side by side, or none of any length."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from commonweight.serving import Dialect, Replica
from commonweight.wire.openai.answer import Document
from commonweight.wire.openai.engine_talk import CHAT_PATH, EngineTalk
from commonweight.wire.openai.tally import counting_of

AT_ONCE: Final = 4  # choices of one request: llama.cpp computes as many side by side as it has slots


@dataclass(frozen=True)
class ManyChoices:
    """`n` choices, as many at a time as the engine takes."""

    upstream: Mapping[str, Any]
    n: int

    async def documents(self, talk: EngineTalk) -> AsyncIterator[Document]:
        """The engine's stream, as it would be if it could do this at once. Each choice has a seed of its own."""
        at = 0
        while at < self.n:
            async for raw in talk.stream(CHAT_PATH, partial(self._body, at=at)):
                choices = [{**choice, "index": at + choice.get("index", 0)} for choice in raw.get("choices") or ()]
                yield {**raw, "choices": choices}
            assert talk.replica is not None, "it has answered"
            at += self._count(talk.replica, at)

    def _count(self, replica: Replica, at: int) -> int:
        at_once = AT_ONCE if replica.traits.dialect is Dialect.LLAMACPP else self.n
        return min(at_once, self.n - at)

    def _body(self, replica: Replica, *, at: int) -> Document:
        seed = self.upstream.get("seed")
        own = {"seed": seed + at} if seed is not None else {}
        ends = {"stream": True, "stream_options": {"include_usage": True}}
        return {**self.upstream, **own, **ends, **counting_of(replica.engine), "n": self._count(replica, at)}


@dataclass(frozen=True)
class NoTokens:
    """Not one token, which engines take for one or for as many as they like: the prompt is read, and that is all."""

    upstream: Mapping[str, Any]
    n: int

    async def documents(self, talk: EngineTalk) -> AsyncIterator[Document]:
        """One token is asked for and thrown away: so that what is wrong with the request is told as ever."""
        _, read = await talk.ask(CHAT_PATH, lambda _: {**self.upstream, "n": 1, "max_tokens": 1, "stream": False})
        for index in range(self.n):
            yield {"choices": [{"index": index, "delta": {}, "finish_reason": "length"}]}
        usage = read.get("usage") or {}
        prompt = int(usage.get("prompt_tokens") or 0)
        yield {"choices": [], "usage": {"prompt_tokens": prompt, "completion_tokens": 0, "total_tokens": prompt}}
