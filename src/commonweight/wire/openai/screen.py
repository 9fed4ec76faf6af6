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

    async def _sift(self, text: str) -> str:
        out = await self.guard.sift(Side.REQUEST, self._request, text)
        if self._request.refused_by is not None:
            raise self._refused(self._request.refused_by, self._request.refused_for)
        return out

    async def _judge(self, texts: Sequence[str]) -> None:
        for rule in self.guard.topics_of(Side.REQUEST):
            passages = [passage for text in texts for passage in passages_of(text)]
            if await rule.is_about(self.embed, passages):
                self._request.note(rule.guardrail, rule.action, Thing.TOPIC)
        if self._request.refused_by is not None:
            raise self._refused(self._request.refused_by, self._request.refused_for)

    def _refused(self, number: int, thing: Thing | None) -> ContentRefused:
        self.told(Side.REQUEST, self._request)
        name, what = self.guard.names.get(number, ""), (thing or Thing.WORD).value.replace("_", " ")
        detail = f"The request holds what the guardrail {number} ({name}) of this server refuses: {what}."
        return ContentRefused(detail, hint="Leave it out, or ask who decided it.", headers=self.headers())

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
