"""
Old completions that an engine does not give at once: an echo with log-probabilities, infill, the best of several, many
choices, nothing at all. They are made of several requests, in the shape of the engine's own stream.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from commonweight.serving import Replica
from commonweight.wire.openai.answer import Document
from commonweight.wire.openai.engine_talk import EngineTalk
from commonweight.wire.openai.scoring import PromptReader, ReadPrompt
from commonweight.wire.openai.tally import TIMINGS

AT_ONCE: Final = 4  # choices of one request: llama.cpp computes as many side by side as it has slots


#: A token that is a part of a character, at the end: llama.cpp tells nothing of it, but harnesses count from the end.
_UNTOLD: Final[Document] = {"token": "", "logprob": None, "bytes": [], "top_logprobs": []}

Piece = tuple[int, Document, Document | None]


@dataclass(frozen=True)
class CompletionPlan:
    """`sampling` are fields that every engine knows. `field` is what an engine that cannot do it is refused for."""

    prompts: Sequence[str | Sequence[int]]
    n: int
    best_of: int
    echo: bool
    logprobs: int | None
    suffix: str
    max_tokens: int
    sampling: Mapping[str, Any]
    field: str

    def documents(self, talk: EngineTalk) -> AsyncIterator[Document]:
        """The engine's stream, as it would be if it could do all this."""
        return _Work(self, talk).documents()


@dataclass
class _Candidate:
    """One generated text, folded."""

    text: list[str] = field(default_factory=list)
    logprobs: list[Document] = field(default_factory=list)
    finish: str = "stop"
    written: int = 0  # tokens so far

    @property
    def mean(self) -> float:
        """Of the logarithms of its tokens' probabilities; that of nothing is the lowest."""
        numbers = [one["logprob"] for one in self.logprobs]
        return sum(numbers) / len(numbers) if numbers else float("-inf")


class _Work:
    def __init__(self, plan: CompletionPlan, talk: EngineTalk) -> None:
        self._plan = plan
        self._talk = talk
        self._reader = PromptReader(talk, plan.field)
        self._prompt_tokens = 0
        self._completion_tokens = 0

    async def documents(self) -> AsyncIterator[Document]:
        for number, prompt in enumerate(self._plan.prompts):
            async for document in self._of(prompt, number * self._plan.n):
                yield document
        usage = {"prompt_tokens": self._prompt_tokens, "completion_tokens": self._completion_tokens}
        yield {"choices": [], "usage": {**usage, "total_tokens": sum(usage.values())}}

    async def _of(self, prompt: str | Sequence[int], first: int) -> AsyncIterator[Document]:
        """The choices of one prompt, numbered from `first`."""
        plan = self._plan
        read = await self._reader.read(prompt)
        tokens = read.tokens
        self._prompt_tokens += len(tokens)
        # From here on whoever leaves is charged for the prompt.
        counted = {"prompt_n": len(tokens), "cache_n": 0, "predicted_n": 0}
        yield {"choices": [{"index": first, "text": "", "finish_reason": None}], "timings": counted}
        if plan.echo:
            opening = await self._opening(prompt, read)
            for index in range(first, first + plan.n):
                yield {"choices": [{"index": index, **opening, "finish_reason": None}]}
        if plan.max_tokens == 0:
            for index in range(first, first + plan.n):
                yield {"choices": [{"index": index, "text": "", "finish_reason": "length"}]}
        elif plan.best_of > plan.n:
            async for document in self._best(prompt, tokens, first):
                yield document
        else:
            async for index, raw, timings in self._generated(prompt, tokens, plan.n):
                counts = {"timings": timings} if timings else {}
                yield {"choices": [{**raw, "index": first + index}], **counts}

    async def _opening(self, prompt: str | Sequence[int], read: ReadPrompt) -> Document:
        text = prompt if isinstance(prompt, str) else await self._reader.text(prompt)
        if self._plan.logprobs is None or not read.tokens:
            return {"text": text}
        return {"text": text, "logprobs": {"content": await self._reader.scored(read, self._plan.logprobs)}}

    async def _best(self, prompt: str | Sequence[int], tokens: Sequence[int], first: int) -> AsyncIterator[Document]:
        """The best texts; before them how far the engine has come with all, which is charged to who leaves meanwhile."""
        found = [_Candidate() for _ in range(self._plan.best_of)]
        async for index, raw, timings in self._generated(prompt, tokens, self._plan.best_of):
            one = found[index]
            one.text.append(raw.get("text") or "")
            one.logprobs += (raw.get("logprobs") or {}).get("content") or ()
            one.finish = raw.get("finish_reason") or one.finish
            if timings:
                one.written = timings["predicted_n"]
                counted = {"prompt_n": len(tokens), "cache_n": 0, "predicted_n": sum(each.written for each in found)}
                yield {"choices": [{"index": first, "text": "", "finish_reason": None}], "timings": counted}
        best = sorted(found, key=lambda one: one.mean, reverse=True)[: self._plan.n]
        for index, one in enumerate(best, first):
            yield {"choices": [self._choice(index, one)]}

    def _choice(self, index: int, one: _Candidate) -> Document:
        logprobs = {"content": one.logprobs} if self._plan.logprobs is not None else None
        return {"index": index, "text": "".join(one.text), "logprobs": logprobs, "finish_reason": one.finish}

    async def _generated(self, prompt: str | Sequence[int], tokens: Sequence[int], count: int) -> AsyncIterator[Piece]:
        """Pieces of `count` texts, each with the number of its text, and how far the engine has come with it."""
        at_once = 1 if self._plan.suffix else AT_ONCE
        for at in range(0, count, at_once):
            some = min(at_once, count - at)
            pieces = self._infill(prompt, at) if self._plan.suffix else self._completed(tokens, at, some)
            async for index, raw, timings in pieces:
                yield at + index, raw, timings

    def _sampling(self, at: int) -> Document:
        """Each text has a seed of its own, else all would be the same."""
        seed = self._plan.sampling.get("seed")
        return {**self._plan.sampling, **({"seed": seed + at} if seed is not None and at else {})}

    @property
    def _probabilities(self) -> int:
        return max(self._plan.logprobs or 0, 1) if self._plan.logprobs is not None or self._plan.best_of > 1 else 0

    async def _completed(self, tokens: Sequence[int], at: int, count: int) -> AsyncIterator[Piece]:
        body = {**self._sampling(at), "prompt": list(tokens), "n": count, "max_tokens": self._plan.max_tokens}
        body |= {"stream": True, "stream_options": {"include_usage": True}, **TIMINGS}
        body |= {"logprobs": self._probabilities} if self._probabilities else {}
        told = 0
        async for raw in self._talk.stream("/v1/completions", partial(_as_it_is, body=body)):
            written = (raw.get("usage") or {}).get("completion_tokens", 0)
            self._completion_tokens += written
            for choice in raw.get("choices") or ():
                told += len((choice.get("logprobs") or {}).get("content") or ())
                yield choice.get("index", 0), choice, raw.get("timings")
            if self._plan.echo and self._probabilities and count == 1 and written > told:
                yield 0, {"text": "", "logprobs": {"content": [_UNTOLD] * (written - told)}, "finish_reason": None}, None

    async def _infill(self, prompt: str | Sequence[int], at: int) -> AsyncIterator[Piece]:
        """llama.cpp has a route of its own for it, which speaks its own shape."""
        body = {**self._sampling(at), "input_prefix": prompt, "input_suffix": self._plan.suffix, "stream": True}
        body |= {**TIMINGS, "n_predict": self._plan.max_tokens, "n_probs": self._probabilities}
        async for raw in self._talk.stream("/infill", partial(_as_it_is, body=body)):
            self._completion_tokens += raw.get("tokens_predicted", 0) if raw.get("stop") else 0
            yield 0, _choice_of_llamacpp(raw), raw.get("timings")


def _as_it_is(replica: Replica, *, body: Document) -> Document:
    return body


def _choice_of_llamacpp(raw: Mapping[str, Any]) -> Document:
    """A choice as OpenAI has it, from a piece of llama.cpp's own shape."""
    finish = ("length" if raw.get("stop_type") == "limit" else "stop") if raw.get("stop") else None
    choice: Document = {"text": raw.get("content") or "", "finish_reason": finish}
    probabilities = raw.get("completion_probabilities")
    return {**choice, "logprobs": {"content": probabilities}} if probabilities and not raw.get("stop") else choice
