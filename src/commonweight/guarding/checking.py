"""What a guardrail may be. Whatever is wrong is said with what came and what was expected."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from commonweight.guarding.errors import GuardNotInstalled, InvalidGuardrail
from commonweight.guarding.finder import Finder
from commonweight.guarding.sieve import PHRASE_REACH
from commonweight.guarding.values import Action, Scope, Side, Thing, Wanted

MAX_NAME: Final = 96
MAX_REASON: Final = 2_000  # characters; a paragraph
MAX_WORDS: Final = 500  # phrases of one guardrail
MAX_PHRASE: Final = PHRASE_REACH // 2  # characters; so much of an answer is held back for it
MAX_TOPICS: Final = 20
MAX_EXAMPLES: Final = 50  # of one topic; each is compared with each passage
MAX_EXAMPLE: Final = 400
MAX_COUNTRIES: Final = 10  # each phone number is read once for each
_COUNTRY: Final = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True)
class NewGuardrail:
    """A wish for a guardrail. `account`, `key` or `model` say for whom, as the scope asks for."""

    name: str
    wanted: Wanted
    reason: str
    side: Side = Side.BOTH
    action: Action = Action.MASK
    scope: Scope = Scope.INSTALLATION
    account: str = ""
    key: int = 0
    model: str = ""


def checked(new: NewGuardrail) -> NewGuardrail:
    """The wish. Raises InvalidGuardrail, also where the extra that it needs is missing."""
    if not new.name.strip() or len(new.name) > MAX_NAME:
        raise InvalidGuardrail(f"A name of 1 to {MAX_NAME} characters is needed.")
    if not new.reason.strip() or len(new.reason) > MAX_REASON:
        raise InvalidGuardrail(f"A reason of 1 to {MAX_REASON} characters is needed: it stays on record.")
    for scope, given in ((Scope.ACCOUNT, new.account), (Scope.KEY, new.key), (Scope.MODEL, new.model)):
        if new.scope is scope and not given:
            raise InvalidGuardrail(f"The scope is {scope.value!r}, but no {scope.value} was named.")
    _check_wanted(new.wanted, new.action)
    try:
        Finder(new.wanted)
    except GuardNotInstalled as error:  # what is decided and cannot look would refuse every request
        raise InvalidGuardrail(error.detail, hint=error.hint) from None
    return new


def _check_wanted(wanted: Wanted, action: Action) -> None:
    if {Thing.WORD, Thing.TOPIC} & wanted.things:
        raise InvalidGuardrail("Words and topics are given as lists of their own, not among the things to look for.")
    if not (wanted.things or wanted.words or wanted.topics):
        raise InvalidGuardrail("There is nothing to look for; name things, words or topics.")
    unknown = [country for country in wanted.countries if not _COUNTRY.fullmatch(country)]
    if unknown or len(wanted.countries) > MAX_COUNTRIES:
        given = ", ".join(unknown or wanted.countries)
        raise InvalidGuardrail(f"Countries are up to {MAX_COUNTRIES} codes of two capitals, as DE or US; got {given}.")
    bad = [words for words in wanted.words if not any(map(str.isalnum, words)) or len(words) > MAX_PHRASE]
    if bad or len(wanted.words) > MAX_WORDS:
        raise InvalidGuardrail(f"Up to {MAX_WORDS} words or phrases are taken, each of 1 to {MAX_PHRASE} characters.")
    if wanted.topics:
        _check_topics(wanted, action)


def _check_topics(wanted: Wanted, action: Action) -> None:
    if action is Action.MASK:
        raise InvalidGuardrail("A topic has no place that could be masked; refuse it, or note it.")
    if not wanted.judge:
        raise InvalidGuardrail("Topics need an embedding model that tells them; name one by its alias or namespace/name.")
    if not 0 < wanted.likeness <= 1:
        raise InvalidGuardrail(f"A likeness of {wanted.likeness} was given; expected above 0, up to 1.")
    if len(wanted.topics) > MAX_TOPICS:
        raise InvalidGuardrail(f"Up to {MAX_TOPICS} topics are taken; got {len(wanted.topics)}.")
    for topic in wanted.topics:
        fits = 1 <= len(topic.examples) <= MAX_EXAMPLES and all(map(str.strip, topic.examples))
        if not topic.name.strip() or not fits or any(len(one) > MAX_EXAMPLE for one in topic.examples):
            message = (
                f"A topic has a name and 1 to {MAX_EXAMPLES} examples of 1 to {MAX_EXAMPLE} characters: {topic.name!r}."
            )
            raise InvalidGuardrail(message)
