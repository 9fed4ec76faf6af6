"""Guardrails that are in force together, ready to look."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from commonweight.guarding.finder import Finder
from commonweight.guarding.sieve import PIECE, Rule, Sieve
from commonweight.guarding.topics import TopicRule
from commonweight.guarding.values import Action, Guardrail, Side, Told, Wanted

BREATH: Final = 16_384  # characters that are looked at before others get their turn on the loop


@dataclass(frozen=True)
class Guard:
    """What looks at the requests of one caller to one model, and at the answers to them."""

    rules: tuple[Rule, ...]
    topics: tuple[TopicRule, ...]
    names: Mapping[int, str]  # of the guardrails, by number

    def looks_at(self, side: Side) -> bool:
        """Whether there is anything to look for on that side."""
        return bool(self._rules_of(side) or self.topics_of(side))

    def hides(self, side: Side) -> bool:
        """Whether something may be masked or refused on that side, and not only counted."""
        actions = [rule.action for rule in self._rules_of(side)] + [rule.action for rule in self.topics_of(side)]
        return any(action is not Action.NOTE for action in actions)

    def sieve(self, side: Side, told: Told, *, json: bool = False) -> Sieve:
        """For one text in pieces. `json`: see `Sieve`."""
        return Sieve(self._rules_of(side), told, json=json)

    def topics_of(self, side: Side) -> tuple[TopicRule, ...]:
        return tuple(rule for rule in self.topics if rule.side.covers(side))

    async def sift(self, side: Side, told: Told, text: str) -> str:
        """A whole text as it may go on; `told` says whether it may."""
        rules, out = self._rules_of(side), []
        if not rules:
            return text
        sieve = Sieve(rules, told)
        for at in range(0, len(text), PIECE):
            out.append(sieve.push(text[at : at + PIECE]))
            if at % BREATH == 0 and at:
                await asyncio.sleep(0)
        out.append(sieve.end())
        return "".join(out)

    def _rules_of(self, side: Side) -> Sequence[Rule]:
        return [rule for rule in self.rules if rule.side.covers(side)]


def tried(wanted: Wanted) -> Guard:
    """A guard that masks what is wanted, for who tries it on a text. Raises GuardNotInstalled."""
    return Guard((Rule(0, Side.BOTH, Action.MASK, Finder(wanted)),), (), {})


def guard_of(guardrails: Sequence[Guardrail]) -> Guard:
    """Raises GuardNotInstalled."""
    rules = [
        Rule(one.id, one.side, one.action, Finder(one.wanted)) for one in guardrails if one.wanted.things or one.wanted.words
    ]
    topics = [TopicRule(one.id, one.side, one.action, one.wanted) for one in guardrails if one.wanted.topics]
    return Guard(tuple(rules), tuple(topics), {one.id: one.name for one in guardrails})
