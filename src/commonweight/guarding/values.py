"""What a guardrail is: a recorded decision about what must not be said to a model, or by one."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


class Thing(enum.StrEnum):
    """What a guardrail can look for. Its name in capitals is what a match is replaced by: `[EMAIL]`."""

    EMAIL = "email"
    PHONE = "phone"
    IBAN = "iban"
    CARD = "card"
    NATIONAL_ID = "national_id"
    IP = "ip"
    SECRET = "secret"
    WORD = "word"
    TOPIC = "topic"

    @property
    def placeholder(self) -> str:
        return f"[{'REMOVED' if self is Thing.WORD else self.name}]"


PERSONAL = frozenset({Thing.EMAIL, Thing.PHONE, Thing.IBAN, Thing.CARD, Thing.NATIONAL_ID, Thing.IP})


class Action(enum.StrEnum):
    """What follows from a match, the mildest first. Where several guardrails meet, the strictest holds."""

    NOTE = "note"  # counted, and nothing else
    MASK = "mask"  # a placeholder stands in its place
    REFUSE = "refuse"  # a request is refused; an answer ends before it

    @property
    def strictness(self) -> int:
        return list(Action).index(self)


class Side(enum.StrEnum):
    """Where a guardrail looks."""

    REQUEST = "request"
    ANSWER = "answer"
    BOTH = "both"

    def covers(self, side: Side) -> bool:
        return self is Side.BOTH or self is side


class Scope(enum.StrEnum):
    """Whom a guardrail is for."""

    INSTALLATION = "installation"  # everybody
    ACCOUNT = "account"  # keys of an account, and of whom works in an organisation
    KEY = "key"  # one key
    MODEL = "model"  # whoever calls a model, by the alias or the `namespace/name` that is named


@dataclass(frozen=True)
class Topic:
    """What must not be talked about, by sentences that are about it."""

    name: str
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Wanted:
    """
    What to look for. `countries` (ISO 3166) tells whose phone numbers are known without their `+`, and whose national ids
    are looked for; empty: no such numbers, ids of all countries. `judge` is the embedding model that tells whether a text
    is about a topic: from a likeness (cosine) of `likeness` on it is.
    """

    things: frozenset[Thing] = frozenset()
    countries: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    topics: tuple[Topic, ...] = ()
    judge: str = ""
    likeness: float = 0.4

    def document(self) -> dict[str, Any]:
        """As it is kept, and as the own API shows it."""
        return {
            "things": sorted(self.things),
            "countries": list(self.countries),
            "words": list(self.words),
            "topics": [{"name": topic.name, "examples": list(topic.examples)} for topic in self.topics],
            "judge": self.judge,
            "likeness": self.likeness,
        }

    @property
    def summary(self) -> str:
        """In a few words: `email, secret, 3 words, 1 topic`."""
        counted = ((len(self.words), "word"), (len(self.topics), "topic"))
        lists = [f"{count} {word}{'s' if count > 1 else ''}" for count, word in counted if count]
        return ", ".join([*sorted(self.things), *lists])

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Wanted:
        """From what `document` wrote."""
        topics = tuple(Topic(one["name"], tuple(one["examples"])) for one in document["topics"])
        things = frozenset(Thing(one) for one in document["things"])
        countries, words = tuple(document["countries"]), tuple(document["words"])
        return cls(things, countries, words, topics, document["judge"], document["likeness"])


@dataclass(frozen=True)
class Guardrail:
    """
    A decision. `subject` names the account, the key's number or the model that it is for. `ended_at` is None while it holds.
    """

    id: int
    name: str
    scope: Scope
    subject: str
    side: Side
    action: Action
    wanted: Wanted
    reason: str
    decided_by: str
    decided_at: datetime
    account_id: int | None = None
    token_id: int | None = None
    ended_by: str = ""
    ended_at: datetime | None = None

    def concerns(self, account_ids: frozenset[int], token_id: int, models: frozenset[str]) -> bool:
        """Whether it is for a request by one of these accounts, with this key, to a model by one of these names."""
        if self.scope is Scope.MODEL:
            return self.subject in models
        if self.scope is Scope.KEY:
            return self.token_id == token_id
        return self.scope is Scope.INSTALLATION or self.account_id in account_ids


@dataclass(frozen=True)
class Found:
    """A match: from `start` to before `end` of a text."""

    start: int
    end: int
    thing: Thing


@dataclass
class Told:
    """What guardrails did to one request or answer, by number of the guardrail; never what they found."""

    counts: dict[tuple[int, Action], int] = field(default_factory=dict)
    masked: set[Thing] = field(default_factory=set)
    refused_by: int | None = None
    refused_for: Thing | None = None

    def note(self, guardrail: int, action: Action, thing: Thing) -> None:
        """One match more."""
        self.counts[guardrail, action] = self.counts.get((guardrail, action), 0) + 1
        if action is Action.MASK:
            self.masked.add(thing)
        if action is Action.REFUSE and self.refused_by is None:
            self.refused_by, self.refused_for = guardrail, thing
