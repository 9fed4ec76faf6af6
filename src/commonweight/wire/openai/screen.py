"""
Guardrails at the wire: what looks at one request and at its answer.

A request is looked at as it came, before anything is made of it; then nothing that is masked is kept, counted or sent on.
The answer is looked at as the engine says it (`guarded`), before it gets the words of a route.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from commonweight.errors import CommonweightError
from commonweight.guarding import ContentRefused, Embed, Guard, Guardrails, Side, Thing, Told, passages_of
from commonweight.identity import Caller
from commonweight.serving import ModelNotFound, Offer
from commonweight.wire.openai.answer import Document
from commonweight.wire.openai.errors import BadRequest
from commonweight.wire.openai.said import last_said, sifted

log = logging.getLogger("commonweight.inference")

GUARDRAIL: Final = "x-commonweight-guardrail"
HINT: Final = "Leave it out, or ask who decided it."
LOGPROBS: Final = "message.output_text.logprobs"

#: Told what a guardrail found: its number, the action, the side, how often.
Count = Callable[[int, str, str, int], None]


def count_nothing(guardrail: int, action: str, side: str, matches: int) -> None:
    """Where nobody counts."""


class Resolve(Protocol):
    """As `Catalogue.resolve`."""

    async def __call__(self, caller: Caller, name: str) -> Offer: ...


class Screens:
    """Gives a screen for a request that guardrails concern."""

    def __init__(self, guardrails: Guardrails, resolve: Resolve, embed: Embed, count: Count) -> None:
        self._guardrails = guardrails
        self._resolve = resolve
        self._embed = embed
        self._count = count

    def idle(self) -> bool:
        """Whether nothing looks at anybody: then a request takes no way round."""
        return self._guardrails.idle()

    async def screen(self, caller: Caller, body: Mapping[str, Any]) -> Screen | None:
        """What looks at this request; None where nothing does. Raises GuardNotInstalled."""
        if not await self._guardrails.any():
            return None
        guard = await self._guardrails.guard(caller, *await self._names(caller, body.get("model")))
        return Screen(guard, self._embed, self._count, _choices(body)) if guard is not None else None

    async def _names(self, caller: Caller, name: Any) -> list[str]:
        """By which names a guardrail may mean the model: an alias, what it stands for, and what answers instead."""
        if not isinstance(name, str) or not name:
            return []
        try:
            offer = await self._resolve(caller, name)
        except (ModelNotFound, CommonweightError):
            return [name]  # what is wrong with it is said by whoever needs it
        return [name, *(one.name.partition("@")[0] for one in (offer, *offer.alternatives))]


class Screen:
    """Looks at one request and at its answer. `choices`: how many texts the answer has."""

    def __init__(self, guard: Guard, embed: Embed, count: Count, choices: int = 1) -> None:
        self.guard = guard
        self.embed = embed
        self.choices = choices
        self._count = count
        self._request = Told()
        self.answer = Told()

    async def request(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """
        The body as it may go on. Raises ContentRefused, GuardUnavailable, and BadRequest where log-probabilities are asked
        of an answer that may be masked: they would tell its tokens.
        """
        if self.guard.hides(Side.ANSWER) and _asks_logprobs(body):
            message = "A guardrail looks at the answers of this model: log-probabilities would tell what it hides."
            raise BadRequest(message, param="logprobs", kind="unsupported_parameter")
        if not self.guard.looks_at(Side.REQUEST):
            return dict(body)
        looked = await sifted(body, self._sift)
        await self._judge(last_said(looked))
        self.told(Side.REQUEST, self._request)
        return looked

    async def items(self, items: Sequence[Document]) -> list[Document]:
        """Earlier items of a conversation, which may be older than the guardrail. Raises ContentRefused."""
        if not self.guard.looks_at(Side.REQUEST):
            return list(items)
        looked = await sifted({"input": list(items)}, self._sift)
        return list(looked["input"])

    async def transcript(self, heard: Document) -> Document:
        """
        What was heard, as it may go out. A match may lie across segments, so where something is masked they become one.
        Raises ContentRefused, GuardUnavailable.
        """
        if not self.guard.looks_at(Side.ANSWER):
            return heard
        told = self.answer
        text = await self.guard.sift(Side.ANSWER, told, heard["text"])
        for rule in self.guard.topics_of(Side.ANSWER):
            if await rule.is_about(self.embed, passages_of(text)):
                told.note(rule.guardrail, rule.action, Thing.TOPIC)
        self.told(Side.ANSWER, told)
        if told.refused_by is not None:
            raise ContentRefused(self._sentence("The recording", told), headers=self.headers())
        segments = heard["segments"]
        if text == heard["text"] or not segments:
            return {**heard, "text": text}
        tokens: Document = {"tokens": []} if "tokens" in segments[0] else {}
        return {**heard, "text": text, "segments": [{**segments[0], **tokens, "end": segments[-1]["end"], "text": text}]}

    async def _sift(self, text: str) -> str:
        out = await self.guard.sift(Side.REQUEST, self._request, text)
        self._check()
        return out

    async def _judge(self, texts: Sequence[str]) -> None:
        for rule in self.guard.topics_of(Side.REQUEST):
            passages = [passage for text in texts for passage in passages_of(text)]
            if await rule.is_about(self.embed, passages):
                self._request.note(rule.guardrail, rule.action, Thing.TOPIC)
        self._check()

    def _check(self) -> None:
        """Raises ContentRefused once a guardrail has refused the request."""
        if self._request.refused_by is not None:
            self.told(Side.REQUEST, self._request)
            raise ContentRefused(self._sentence("The request", self._request), hint=HINT, headers=self.headers())

    def _sentence(self, which: str, told: Told) -> str:
        """Which guardrail refuses what; never a word of it."""
        number, what = told.refused_by or 0, (told.refused_for or Thing.WORD).value.replace("_", " ")
        return (
            f"{which} holds what the guardrail {number} ({self.guard.names.get(number, '')}) of this server refuses: {what}."
        )

    def told(self, side: Side, told: Told) -> None:
        """Count what was found on a side."""
        for (guardrail, action), matches in told.counts.items():
            self._count(guardrail, action.value, side.value, matches)
            log.info("guardrail=%d %s on %s: %d", guardrail, action.value, side.value, matches)

    def headers(self) -> dict[str, str]:
        """What was done so far, for whoever asked: which guardrails, and what for."""
        numbers: set[int] = set()
        said: dict[str, set[str]] = {"masked": set(), "refused": set()}
        for told in (self._request, self.answer):
            numbers |= {number for number, action in told.counts if action.value != "note"}
            said["masked"] |= {thing.placeholder.strip("[]") for thing in told.masked}
            if told.refused_for is not None:
                said["refused"].add(told.refused_for.name)
        if not numbers:
            return {}
        deeds = [f"{deed}={','.join(sorted(things))}" for deed, things in said.items() if things]
        return {GUARDRAIL: "; ".join([",".join(map(str, sorted(numbers))), *deeds])}


def _asks_logprobs(body: Mapping[str, Any]) -> bool:
    given = body.get("logprobs")
    return (given is not None and given is not False) or LOGPROBS in (body.get("include") or ())


def _choices(body: Mapping[str, Any]) -> int:
    """How many texts are asked for, where that can be told; nonsense is refused by whoever reads it."""
    wanted, prompt = body.get("n"), body.get("prompt")
    each = wanted if isinstance(wanted, int) and wanted > 0 else 1
    several = isinstance(prompt, list) and len(prompt) > 1
    return each * len(prompt) if several and isinstance(prompt, list) else each
