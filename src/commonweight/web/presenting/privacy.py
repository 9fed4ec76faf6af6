"""Retention decisions and guardrails as people read them, and what a person typed as one."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Final, TypeVar

from commonweight.errors import InvalidInput
from commonweight.guarding import Action, Guardrail, NewGuardrail, Side, Thing, Topic, Wanted
from commonweight.guarding import Scope as GuardScope
from commonweight.retention import Decision, Scope, Total
from commonweight.web.contexts import GuardForm, GuardrailRow, KeptRow
from commonweight.web.presenting.words import _

W = TypeVar("W", bound=enum.StrEnum)

SCOPES: Final = {
    Scope.ALL: _("responses and stored completions"),
    Scope.RESPONSES: _("responses"),
    Scope.COMPLETIONS: _("stored completions"),
}
THINGS: Final = {
    Thing.EMAIL: (_("E-mail addresses"), ""),
    Thing.PHONE: (_("Phone numbers"), _("Of any country with their +, of the countries below without it.")),
    Thing.IBAN: (_("Bank accounts"), _("IBANs with right check digits.")),
    Thing.CARD: (_("Payment cards"), _("Numbers with a right check digit.")),
    Thing.NATIONAL_ID: (_("National ids"), _("Of 32 countries, by their check digits.")),
    Thing.IP: (_("Addresses of machines"), _("IP addresses of the public internet.")),
    Thing.SECRET: (_("Secrets"), _("Keys and tokens of services, private keys, passwords in settings.")),
}
SIDES: Final = {
    Side.BOTH: _("in requests and answers"),
    Side.REQUEST: _("in requests"),
    Side.ANSWER: _("in answers"),
}
ACTIONS: Final = {
    Action.MASK: _("masked"),
    Action.REFUSE: _("refused"),
    Action.NOTE: _("counted only"),
}
WHOM: Final = {
    GuardScope.ACCOUNT: _("an account or organisation"),
    GuardScope.KEY: _("a key"),
    GuardScope.MODEL: _("a model"),
    GuardScope.INSTALLATION: _("everybody"),
}
_TONES: Final = {Action.MASK: "accent", Action.REFUSE: "stop", Action.NOTE: "none"}
MOST_SHOWN: Final = 12  # words of a guardrail; the rest is a number


def kept_row(account: str, one: Decision, total: Total | None) -> KeptRow:
    facts = [(_("Kept for"), f"{one.days} d"), (_("Decided by"), one.decided_by), (_("Since"), _day(one.decided_at))]
    if one.ended_at is not None:
        facts += [(_("Ended by"), one.ended_by), (_("Ended on"), _day(one.ended_at))]
    elif total is None:
        facts.append((_("Kept now"), "0"))
    else:
        facts += [(_("Kept now"), str(total.count)), (_("The last is deleted on"), _day(total.until))]
    return KeptRow(one.id, account, SCOPES[one.scope], tuple(facts), one.reason, one.ended_at is None)


def guardrail_row(one: Guardrail) -> GuardrailRow:
    wanted, holds = one.wanted, one.ended_at is None
    facts = [(_("Decided by"), one.decided_by), (_("Since"), _day(one.decided_at))]
    if one.ended_at is not None:
        facts += [(_("Ended by"), one.ended_by), (_("Ended on"), _day(one.ended_at))]
    if wanted.topics:
        facts.append((_("Told by"), f"{wanted.judge} ≥ {wanted.likeness:g}"))
    said = [*wanted.words, *(topic.name for topic in wanted.topics)]
    more = [f"+ {len(said) - MOST_SHOWN}"] if len(said) > MOST_SHOWN else []
    return GuardrailRow(
        number=one.id,
        name=one.name,
        scope=WHOM[one.scope],
        subject=one.subject,
        side=SIDES[one.side],
        action=ACTIONS[one.action],
        tone=_TONES[one.action] if holds else "none",
        facts=tuple(facts),
        things=tuple(name for thing, (name, _about) in THINGS.items() if thing in wanted.things),
        said=(*wanted.countries, *said[:MOST_SHOWN], *more),
        reason=one.reason,
        holds=holds,
    )


def guardrail_of(form: GuardForm) -> NewGuardrail:
    """Raises InvalidInput."""
    scope, subject = one_of(GuardScope, form.scope), form.subject.strip()
    wanted = Wanted(
        things=frozenset(one_of(Thing, thing) for thing in form.things),
        countries=tuple(form.countries.upper().replace(",", " ").split()),
        words=tuple(line.strip() for line in form.words.splitlines() if line.strip()),
        topics=_topics(form.topics),
        judge=form.judge,
        likeness=_number(form.likeness),
    )
    return NewGuardrail(
        name=form.name,
        wanted=wanted,
        reason=form.reason,
        side=one_of(Side, form.side),
        action=one_of(Action, form.action),
        scope=scope,
        account=subject if scope is GuardScope.ACCOUNT else "",
        key=whole(subject, _("key")) if scope is GuardScope.KEY else 0,
        model=subject if scope is GuardScope.MODEL else "",
    )


def whole(text: str, what: str) -> int:
    """Raises InvalidInput."""
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise InvalidInput(f"{text!r:.40} is no number: {what}.")
    return int(text)


def one_of(words: type[W], text: str) -> W:
    """The word of a list that was picked. Raises InvalidInput."""
    try:
        return words(text)
    except ValueError:
        raise InvalidInput(f"{text!r:.40} is none of {', '.join(str(word.value) for word in words)}.") from None


def _topics(text: str) -> tuple[Topic, ...]:
    """Raises InvalidInput."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        name, mark, example = line.partition(":")
        if not line.strip():
            continue
        if not mark or not example.strip():
            raise InvalidInput(f"{line!r:.60} is no topic; expected a name, a colon and a sentence.")
        found.setdefault(name.strip(), []).append(example.strip())
    return tuple(Topic(name, tuple(examples)) for name, examples in found.items())


def _number(text: str) -> float:
    """Raises InvalidInput."""
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise InvalidInput(f"{text!r:.40} is no number; expected one such as 0.5.") from None


def _day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d")
