"""From the document form of a question (docs/rights-io.md) to `Question`; impossible facts are refused."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any, Final, NamedTuple

from commonweight.rights.documents import digest, plain_of
from commonweight.rights.errors import QuestionError
from commonweight.rights.figures import PERIOD_OF, read_figures
from commonweight.rights.language import FACTS, IMPROVES_KINDS
from commonweight.rights.question import Decision, Figure, Organisation, Permission, Question, Use
from commonweight.rights.reader import Reader
from commonweight.rights.subject_reader import read_subject
from commonweight.rights.vocabulary import ACTS, ARTEFACTS, ASKER_KINDS, AUDIENCES, BUSINESSES, PURPOSES, Value

FORMAT: Final = "commonweight.question/1"
MAX_DECISIONS: Final = 500  # of one organisation about one subject; each is held against every finding
PERMISSION_KINDS: Final = ("bought", "granted", "registered")
DECISION_KINDS: Final = ("exception", "reading")
_FLAGS: Final = (
    "production",
    "paid",
    "commercial",
    "hosted_for_others",
    "received_in_product",
    "professional_licence",
    "consent",
    "modifies_guardrails",
    "substitutes_professional",
    "human_review",
    "discloses_ai",
)
_USE_FACTS: Final[tuple[str, ...]] = (*_FLAGS, "audience", "improves", "improves_kind")
_INSIDE: Final = frozenset({"evaluate", "use_internally"})
assert all(f"use.{name}" in FACTS for name in _USE_FACTS), "every fact of a use has its question"


class Part(NamedTuple):
    """A part of a question: read, in its canonical form, and the digest of that."""

    value: Any
    plain: Any
    digest: str


#: Gives what was made of a part before, or makes it: kind, the raw part, how to make it.
Recall = Callable[[str, Any, Callable[[], Any]], Any]


def made_now(_kind: str, _made_from: Any, make: Callable[[], Any]) -> Any:
    """Remembers nothing."""
    return make()


def read_question(document: Any, today: date | None, name: str, recall: Recall = made_now) -> Question:
    """See `Question.from_document`. `recall` may remember parts that were read before."""
    top = Reader(document, name, QuestionError).fields(("format", "organisation", "use", "subject", "decisions"))
    if top.has("format") and top.at("format").value != FORMAT:
        raise top.at("format").refuse(FORMAT)

    def part(field: str, read: Callable[[Reader], Part], *also: object) -> Part:
        entry = top.at(field)
        found: Part = recall(field, (entry.value, *also), lambda: read(entry))
        return found

    use = part("use", lambda entry: _use_part(entry, today), today)
    organisation = part("organisation", lambda entry: _part(entry, _organisation))
    subject = part("subject", lambda entry: _subject_part(entry, recall))
    decisions = part("decisions", lambda entry: _part(entry, _decisions))
    parts = {"organisation": organisation, "use": use, "subject": subject, "decisions": decisions}
    plain = {"format": FORMAT, **{field: found.plain for field, found in parts.items() if found.plain is not None}}
    whole = digest([found.digest for found in parts.values()])
    return Question(organisation.value, use.value, subject.value, decisions.value, plain, whole)


def _part(entry: Reader, read: Callable[[Reader], Any]) -> Part:
    value = read(entry)  # first: what was read is shallow
    plain = plain_of(entry.value)
    return Part(value, plain, digest(plain))


def _use_part(entry: Reader, today: date | None) -> Part:
    use = _use(entry, today)
    plain = {**plain_of(entry.value), "date": use.date.isoformat()}
    return Part(use, plain, digest(plain))


def _subject_part(entry: Reader, recall: Recall) -> Part:
    subject, plain = read_subject(entry, recall)
    return Part(subject, plain, subject.digest)


def _organisation(entry: Reader) -> Organisation:
    given = {} if entry.missing else entry.given(_ORGANISATION)
    return Organisation(
        name=given.get("name", ""),
        kind=given.get("kind"),
        principal_place=given.get("principal_place"),
        domicile=given.get("domicile"),
        figures={kind: given[kind] for kind in PERIOD_OF if kind in given},
        business=given.get("business"),
        competes_with=given.get("competes_with"),
        permissions=given.get("permissions", ()),
    )


def _competitors(entry: Reader) -> frozenset[str]:
    """Names of licensors, in lower case, as records write them; an empty list says that there are none."""
    return frozenset(name.lower() for name in entry.texts())


def _countries(entry: Reader) -> frozenset[str]:
    return frozenset(item.country() for item in entry.each())


def _one_of(words: Collection[str]) -> Callable[[Reader], str]:
    return lambda entry: entry.word(words)


def _some_of(words: Collection[str]) -> Callable[[Reader], frozenset[str]]:
    return lambda entry: frozenset(entry.words(words))


def _figures(kind: str) -> Callable[[Reader], tuple[Figure, ...]]:
    return lambda entry: read_figures(entry, kind)


def _use(entry: Reader, today: date | None) -> Use:
    given = entry.given(_USE)
    acts = given.get("acts")
    if not acts:
        raise entry.at("acts").refuse(f"at least one of {', '.join(ACTS)}")
    day = given.get("date", today)
    if day is None:
        raise entry.at("date").refuse("the day that the answer is for", "Write use.date: 2026-11-23.")
    facts = {name: given[name] for name in _USE_FACTS if name in given}
    _refuse_impossible(entry, facts, acts)
    return Use(
        acts=acts,
        purposes=given.get("purposes"),
        artefacts=given.get("artefacts", ()),
        facts=facts,
        where_used=given.get("where_used"),
        where_outputs_shown=given.get("where_outputs_shown"),
        planned_name=given.get("planned_name"),
        date=day,
    )


def _refuse_impossible(entry: Reader, facts: Mapping[str, bool | str], given: tuple[str, ...]) -> None:
    """Facts that cannot both be so, by what the words mean (`vocabulary.ACTS`)."""
    acts = set(given)
    impossible = (
        ("paid: true with commercial: false", facts.get("paid") is True and facts.get("commercial") is False),
        ("production: true with acts: [evaluate]", facts.get("production") is True and acts == {"evaluate"}),
        ("hosted_for_others: false with the act host", facts.get("hosted_for_others") is False and "host" in acts),
        ("hosted_for_others: true with acts that stay inside", facts.get("hosted_for_others") is True and acts <= _INSIDE),
    )
    for came, holds in impossible:
        if holds:
            raise QuestionError(entry.path, came, "facts that can both be so", "docs/rights-io.md says what each act means.")


def _permissions(entry: Reader) -> tuple[Permission, ...]:
    return _unique(entry, tuple(_permission(item) for item in entry.each(MAX_DECISIONS)))


def _permission(entry: Reader) -> Permission:
    entry.fields(("id", "licence", "kind", "lifts", "acts", "since", "until", "author", "source"))
    since, until = entry.at("since").day_or_none(), entry.at("until").day_or_none()
    if since and until and until < since:
        raise entry.at("until").refuse(f"a day not before since ({since})")
    return Permission(
        id=entry.at("id").text(),
        licence=entry.at("licence").text(),
        kind=entry.at("kind").word(PERMISSION_KINDS),
        lifts=entry.at("lifts").texts(),
        acts=entry.at("acts").words(ACTS),
        since=since,
        until=until,
        author=entry.at("author").text_or(""),
        source=entry.at("source").text_or(""),
    )


def _decisions(entry: Reader) -> tuple[Decision, ...]:
    return _unique(entry, tuple(_decision(item) for item in entry.each(MAX_DECISIONS)))


def _decision(entry: Reader) -> Decision:
    entry.fields(("id", "kind", "finding", "choose", "scope", "author", "reason", "since", "expires"))
    kind = entry.at("kind").word(DECISION_KINDS)
    choose = entry.at("choose").text()
    if kind == "exception" and choose not in {Value.ALLOWED.value, Value.PROHIBITED.value}:
        raise entry.at("choose").refuse("allowed or prohibited")
    scope = entry.at("scope")
    scope = scope if scope.missing else scope.fields(("acts", "node"))
    return Decision(
        id=entry.at("id").text(),
        kind=kind,
        finding=entry.at("finding").text(),
        choose=choose,
        acts=() if scope.missing else scope.at("acts").words(ACTS),
        node=None if scope.missing or scope.at("node").missing else scope.at("node").text(),
        author=entry.at("author").text(),
        reason=entry.at("reason").text(),
        since=entry.at("since").day_or_none(),
        expires=entry.at("expires").day_or_none(),
    )


def _unique(entry: Reader, items: tuple[Any, ...]) -> tuple[Any, ...]:
    ids = [item.id for item in items]
    twice = sorted({item for item in ids if ids.count(item) > 1})
    if twice:
        raise QuestionError(entry.path, f"the id {twice[0]!r} twice", "each id once")
    return items


#: By what each field is read.
_ORGANISATION: Final[dict[str, Callable[[Reader], Any]]] = {
    "name": Reader.text,
    "kind": _one_of(ASKER_KINDS),
    "principal_place": Reader.country,
    "domicile": Reader.country,
    **{kind: _figures(kind) for kind in PERIOD_OF},
    "business": _some_of(BUSINESSES),
    "competes_with": _competitors,
    "permissions": _permissions,
}
_USE: Final[dict[str, Callable[[Reader], Any]]] = {
    **dict.fromkeys(_FLAGS, Reader.flag),
    "acts": lambda entry: entry.words(ACTS),
    "purposes": _some_of(PURPOSES),
    "artefacts": lambda entry: entry.words(ARTEFACTS),
    "audience": _one_of(AUDIENCES),
    "improves": Reader.text,
    "improves_kind": _one_of(IMPROVES_KINDS),
    "where_used": _countries,
    "where_outputs_shown": _countries,
    "planned_name": Reader.text,
    "date": Reader.day,
    "name": Reader.text,
}
