"""What terms ask, sorted by what the guidelines on the AI Act speak of: rights, use, scale, place, payment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from commonweight.rights.expression import Condition
from commonweight.rights.openness.classes import Legal, LicenceClasses
from commonweight.rights.said import mark, say
from commonweight.rights.spdx import alternatives_of
from commonweight.rights.terms import Ban, Cite, Duty, Gate, Grant, Terms
from commonweight.rights.vocabulary import Value

KINDS: Final = ("right", "use", "passing_on", "scale", "commercial", "place", "safety", "payment")
_READ: Final = frozenset({"text", "quoted"})
_RIGHTS: Final = ("use", "modify", "distribute")
_USERS: Final = frozenset({"mau", "dau", "visits"})
_MONEY: Final = frozenset({"revenue", "monthly_revenue"})
_PLACES: Final = frozenset({"org.seat", "org.principal_place", "org.domicile", "use.where_used"})
_SAFETY_FACTS: Final = frozenset({"use.discloses_ai"})
_PLACE_TESTS: Final = frozenset({"used_in", "shown_in"})
_BUSINESS_TESTS: Final = frozenset({"business", "competes"})
_GOES_ALONG: Final = frozenset({"terms_remain", "use_restrictions"})
_ALONG: Final = mark(
    "Its limits go along with changed versions; whether they are acceptable is a matter of paragraphs 80 and 84."
)
_STOPS: Final = frozenset({Value.PROHIBITED, Value.NEEDS_PERMISSION})


@dataclass(frozen=True, slots=True)
class Ask:
    """
    One thing that terms ask or withhold: a word of `KINDS`. `is_read` where it was read in the text or seen quoted;
    `is_unread` where nobody read what the text says of it.
    """

    kind: str
    says: str
    cited: str
    is_read: bool
    is_unread: bool = False


def asks_of(key: str, classes: LicenceClasses) -> tuple[Ask, ...]:
    """Everything that a licence asks; of an SPDX expression, of the choice that asks least."""
    ways = [tuple(ask for name in way for ask in _of_key(name.key, classes)) for way in alternatives_of(key)]
    return min(ways, key=len)


def _of_key(key: str, classes: LicenceClasses) -> tuple[Ask, ...]:
    terms = classes.record(key)
    return tuple(_of_class(key, classes)) if terms is None else tuple(_of_terms(terms))


def _of_class(key: str, classes: LicenceClasses) -> Iterator[Ask]:
    """Of a licence without a record, what its class says."""
    legal, evidence = classes.of(key)
    read = evidence in _READ
    if legal is Legal.NON_COMMERCIAL:
        yield Ask("commercial", say("{licence} is for research or non-commercial use only.", licence=key), key, read)
    if legal is Legal.SIZE_OR_FEE_RESTRICTED:
        told = say("{licence} is restricted by size, fee, registration or territory; its record is missing.", licence=key)
        yield Ask("scale", told, key, is_read=False)
    if legal is Legal.USE_RESTRICTED:
        yield Ask("safety", say("{licence} has a list of excluded uses.", licence=key), key, read)


def _of_terms(terms: Terms) -> Iterator[Ask]:
    for right in _RIGHTS:
        yield from _of_right(terms, terms.grants.get(right), right)
    yield from _of_commercial(terms, terms.grants.get("commercial"))
    for gate in terms.gates:
        yield from _of_gate(terms, gate)
    for ban in terms.bans:
        yield from _of_ban(terms, ban)
    for policy in terms.policies:
        if not any(ban.policy == policy.id for ban in terms.bans):
            yield _ask("safety", say("It incorporates {policy}.", policy=policy.title), terms, policy.cite)
    for duty in terms.duties:
        yield from _of_duty(terms, duty)
    if terms.propagates.mode in _GOES_ALONG and (terms.gates or terms.bans or terms.policies):
        yield _ask("passing_on", _ALONG, terms, terms.propagates.cite)


def _ask(kind: str, says: str, terms: Terms, cite: Cite, *, unread: bool = False) -> Ask:
    return Ask(kind, says, f"{terms.key} {cite.clause}".strip(), cite.evidence in _READ, unread)


def _of_right(terms: Terms, grant: Grant | None, right: str) -> Iterator[Ask]:
    if grant is None:
        return
    if grant.value == "no" or (grant.when is not None and grant.value == "yes" and _narrows(grant.when)):
        yield _ask("commercial" if grant.when is not None else "right", grant.reason, terms, grant.cite)
    elif grant.value == "unread":
        yield _ask("right", _UNREAD[right], terms, grant.cite, unread=True)


_UNREAD: Final = {
    "use": mark("What it grants for use was not read."),
    "modify": mark("What it grants for changes was not read."),
    "distribute": mark("What it grants for distribution was not read."),
}


def _narrows(when: Condition) -> bool:
    """A grant for some kinds of use only: research, no commerce, no production."""
    narrow = {"use.commercial", "use.production", "use.paid", "org.kind", "use.hosted_for_others", "act"}
    return bool(when.facts & narrow) or any(name == "purpose" for name, _words in when.tests)


def _of_commercial(terms: Terms, grant: Grant | None) -> Iterator[Ask]:
    if grant is None:
        return
    if grant.value == "no" or grant.when is not None:
        yield _ask("commercial", grant.reason, terms, grant.cite)
    elif grant.value == "unread":
        yield _ask("commercial", mark("Whether commercial use is granted was not read."), terms, grant.cite, unread=True)


def _of_gate(terms: Terms, gate: Gate) -> Iterator[Ask]:
    """By what the gate asks; one that only changes a duty withholds nothing."""
    if gate.effect not in _STOPS:
        return
    tests = {name for name, _words in gate.test.tests}
    kinds = (
        ("scale", gate.test.measures & _USERS),
        ("payment", gate.test.measures & _MONEY),
        ("place", (gate.test.facts & _PLACES) | (tests & _PLACE_TESTS)),
        ("use", tests & _BUSINESS_TESTS),
    )
    found = [kind for kind, marks in kinds if marks] or ["use"]
    for kind in found:
        yield _ask(kind, gate.reason, terms, gate.cite)


def _of_ban(terms: Terms, ban: Ban) -> Iterator[Ask]:
    """Purposes, and saying that a machine made it, are left to judgement as safety terms; other acts are limits on use."""
    tests = {name for name, _words in ban.when.tests} if ban.when is not None else set()
    facts = ban.when.facts if ban.when is not None else frozenset()
    if tests & _PLACE_TESTS or facts & _PLACES:
        yield _ask("place", ban.reason, terms, ban.cite)
    elif ban.purposes or "purpose" in tests or facts & _SAFETY_FACTS:
        yield _ask("safety", ban.reason, terms, ban.cite)
    else:
        yield _ask("use", ban.reason, terms, ban.cite)


def _of_duty(terms: Terms, duty: Duty) -> Iterator[Ask]:
    """Registering is a restriction of access; other duties are credit, notices and share-alike."""
    if duty.do == "register":
        yield _ask("payment", duty.reason, terms, duty.cite)
    elif duty.do in ("update", "safeguard"):
        yield _ask("safety", duty.reason, terms, duty.cite)
