"""
How likely each token of a prompt is after those before it: what evaluation harnesses score multiple choice by.

No route of llama.cpp tells the probabilities of a prompt. But it takes grammars of token numbers, `root ::= <[12]> <[345]>`:
with one it generates exactly the tokens of the prompt, one after the other, and tells of each what the model thought of it.
The probabilities are those of the model's own output, before any grammar or sampling. It takes as long as writing the prompt
would.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from commonweight.serving import Dialect, EngineLost, Replica
from commonweight.wire.openai.answer import Document
from commonweight.wire.openai.engine_talk import EngineTalk
from commonweight.wire.openai.errors import BadRequest, GrammarEnded

CERTAIN: Final = 1e6  # a bias that leaves no other token
EVERY_TOKEN: Final = 1 << 20  # more than any vocabulary has
WHOLE: Final = " a"  # begins with a token that is a whole character in every vocabulary
RUN: Final = 128  # tokens of one request: what goes on for a client who has left
_SPECIAL: Final = re.compile(r"<.*>|\[.*\]", re.DOTALL)  # how tokens are written that may end an answer


class OtherEngine(BadRequest):
    """The engine has no such routes."""

    def __init__(self, field: str) -> None:
        message = f"'{field}' with this value is not offered by the engine of this model; leave it out."
        super().__init__(message, param=field, kind="unsupported_parameter")


@dataclass(frozen=True)
class ReadPrompt:
    """The token ids that an engine reads; `added` of them it puts before the text by itself. `special` may end an answer."""

    tokens: Sequence[int]
    added: int
    special: frozenset[int]


class PromptReader:
    """Takes prompts apart with the engine's own tokenizer. `field` is what an engine without these routes is refused for."""

    def __init__(self, talk: EngineTalk, field: str) -> None:
        self._talk = talk
        self._field = field

    async def read(self, prompt: str | Sequence[int]) -> ReadPrompt:
        """Text as the engine would read it; token ids as they are."""
        if isinstance(prompt, str):
            whole, special = await self._tokenized(prompt, True)
            plain, _ = await self._tokenized(prompt, False)
            added = 1 if whole and (not plain or (len(whole) > len(plain) and whole[0] != plain[0])) else 0
            return ReadPrompt(whole, added, special)
        again, special = await self._tokenized(await self.text(prompt), False)
        return ReadPrompt(list(prompt), 0, special if again == list(prompt) else frozenset())

    async def _tokenized(self, prompt: str, special: bool) -> tuple[list[int], frozenset[int]]:
        body = {"content": prompt, "add_special": special, "parse_special": True, "with_pieces": True}
        tokens = (await self._ask("/tokenize", body)).get("tokens")
        if not isinstance(tokens, list):
            raise EngineLost("The engine did not take the prompt apart.")
        ids = [int(one["id"]) for one in tokens]
        return ids, frozenset(int(one["id"]) for one in tokens if _SPECIAL.fullmatch(str(one["piece"])))

    async def text(self, tokens: Sequence[int]) -> str:
        """What token ids stand for."""
        return str((await self._ask("/detokenize", {"tokens": list(tokens)})).get("content", ""))

    async def _ask(self, path: str, body: Document) -> Document:
        _, document = await self._talk.ask(path, partial(self._of_llamacpp, body=body))
        return document

    def _of_llamacpp(self, replica: Replica, *, body: Document) -> Document:
        if replica.traits.dialect is not Dialect.LLAMACPP:
            raise OtherEngine(self._field)
        return body

    async def scored(self, prompt: ReadPrompt, top: int) -> list[Document]:
        """
        A document in the shape of chat's log-probabilities for each token of the prompt's own; null for the first of all,
        before which there is nothing.
        """
        found: list[Document] = [] if prompt.added else [await self._first(prompt.tokens[0])]
        at = 1
        while at < len(prompt.tokens):
            some = await self._run(prompt.tokens, at, _until_special(prompt, at), top)
            found += some
            at += len(some)
        return found

    async def _first(self, token: int) -> Document:
        text = await self.text([token])
        return {"token": text, "logprob": None, "bytes": list(text.encode()), "top_logprobs": []}

    async def _run(self, tokens: Sequence[int], at: int, end: int, top: int) -> list[Document]:
        """
        Of some of the tokens from `at` to `end`. No grammar can ask for a token that ends an answer, or for a part of a
        character: where one is met, half as many are asked for, and in the end it alone.
        """
        while end > at:
            grammar = "root ::= " + " ".join(f"<[{token}]>" for token in tokens[at:end])
            try:
                return _agreeing(await self._forced(tokens[:at], top, end - at, {"grammar": grammar}), tokens[at:end])
            except GrammarEnded:
                end = at + (end - at) // 2
        return [await self._alone(tokens[:at], tokens[at], top)]

    async def _alone(self, before: Sequence[int], token: int, top: int) -> Document:
        """One token, by a bias; one that is a part of a character is only told of beside another, whole one."""
        found = await self._forced(before, top, 1, {"logit_bias": [[token, CERTAIN]]})
        if found and found[0].get("id") == token:
            return found[0]
        whole, _ = await self._tokenized(WHOLE, False)
        found = await self._forced(before, EVERY_TOKEN, 1, {"logit_bias": [[whole[0], CERTAIN]]})
        every = found[0].get("top_logprobs") or () if found else ()
        likely = next((one for one in every if one.get("id") == token), None)
        if likely is None:
            raise EngineLost("The engine did not say how likely a token is.")
        return {**likely, "top_logprobs": list(every[:top])}

    async def _forced(self, before: Sequence[int], top: int, count: int, how: Document) -> list[dict[str, Any]]:
        body = {"prompt": list(before), "n_predict": count, "n_probs": max(top, 1), "temperature": 0, **how}
        return (await self._ask("/completion", body)).get("completion_probabilities") or []


def _until_special(prompt: ReadPrompt, at: int) -> int:
    """Where a run that begins at `at` ends: before the next special token; at `at` itself where that is one."""
    for end in range(at, min(at + RUN, len(prompt.tokens))):
        if prompt.tokens[end] in prompt.special:
            return end
    return min(at + RUN, len(prompt.tokens))


def _agreeing(found: Sequence[dict[str, Any]], tokens: Sequence[int]) -> list[Document]:
    """What was told of these tokens. Raises EngineLost where others were."""
    if [one.get("id") for one in found[: len(tokens)]] != list(tokens):
        raise EngineLost("The engine did not say how likely a token is.")
    return list(found[: len(tokens)])
