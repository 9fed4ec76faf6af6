"""What is owed for an act: duties of the terms that reach the subject, and what their policies ask to keep off."""

from __future__ import annotations

from collections.abc import Iterator

from commonweight.rights.attachment import BANNED, DERIVATIVE, MATERIALS, OUTPUT_MODEL, Attachment
from commonweight.rights.facts import Facts
from commonweight.rights.finding import HEARSAY, OwedDuty, once
from commonweight.rights.said import mark, say
from commonweight.rights.terms import Doubt, Duty, Terms

REFRAIN = "refrain"


def duties_of(act: str, found: Attachment, facts: Facts) -> tuple[OwedDuty, ...]:
    """Every duty that this act triggers under the terms of one attachment, in the order of the record."""
    terms = found.terms
    if terms is None or found.standing == BANNED:
        return ()
    owed = [_owed(act, found, duty, facts) for duty in _may_be_owed(act, found, terms, facts)]
    return (*[duty for duty in owed if duty is not None], *_to_refrain(act, found, terms))


def _may_be_owed(act: str, found: Attachment, terms: Terms, facts: Facts) -> tuple[Duty, ...]:
    """The duties but those that act and standing alone exclude, which is the same for every question."""
    key = (act, found.standing)
    kept = terms.may_be_owed.get(key)
    if kept is None:
        over = [duty for duty in terms.duties if found.standing in duty.over]
        kept = tuple(duty for duty in over if duty.when.known is None or facts.answer(duty.when, act, found) is not False)
        terms.may_be_owed[key] = kept
    return kept


def _owed(act: str, found: Attachment, duty: Duty, facts: Facts) -> OwedDuty | None:
    """A duty whose condition misses a fact is owed with that as its doubt: keeping it does no harm."""
    holds = facts.answer(duty.when, act, found)
    if holds is False:
        return None
    missing = facts.trace.missing if holds is None else ()
    doubts = [say("Owed if: {question}", question=one.question) for one in missing]
    doubts += _doubts_of(act, found, duty.doubt, facts)
    return OwedDuty(act, duty.id, duty.do, duty.text, duty.where, duty.cite, duty.reason, found, once(doubts))


def _doubts_of(act: str, found: Attachment, doubt: Doubt | None, facts: Facts) -> list[str]:
    doubts = list(found.doubts)
    if doubt is not None and (doubt.when is None or facts.answer(doubt.when, act, found) is not False):
        doubts.insert(0, doubt.note)
    if found.evidence == "secondary":
        doubts.append(say(HEARSAY, node=found.node.id))
    if found.standing == OUTPUT_MODEL and not any(step.by_asker for step in found.steps):
        doubts.append(mark("The duty binds whoever used the outputs under these terms; nothing shows that the asker did."))
    return doubts


def _to_refrain(act: str, found: Attachment, terms: Terms) -> Iterator[OwedDuty]:
    """What the terms forbid, for an act that they do not stop: each policy as a whole, other bans one by one."""
    if found.standing in (MATERIALS, DERIVATIVE):
        for policy in terms.policies:
            where = (policy.url,) if policy.url else ()
            yield OwedDuty(act, policy.id, REFRAIN, None, where, policy.cite, policy.observe, found)
    for ban in terms.over(found.standing).observed:
        assert ban.observe is not None, "what is observed has its sentence"
        yield OwedDuty(act, ban.id, REFRAIN, None, (), ban.cite, ban.observe, found)
