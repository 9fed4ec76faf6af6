"""The facts of one question, as conditions ask for them: about one act and one attachment of terms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from commonweight.rights.attachment import Attachment, passes
from commonweight.rights.expression import Condition, Missing, Span, Trace
from commonweight.rights.figures import MONEY, NOW, UNTIL_NOW, rows_of, span_at
from commonweight.rights.language import FACTS, PATH_TESTS
from commonweight.rights.question import Organisation, Question
from commonweight.rights.said import joined, mark, say
from commonweight.rights.vocabulary import PURPOSES, REGIONS

# What an act means by its own definition (`vocabulary.ACTS`), where the fact is not given otherwise.
_BY_ACT: Final[dict[tuple[str, str], bool | str]] = {
    ("evaluate", "production"): False,
    ("evaluate", "hosted_for_others"): False,
    ("evaluate", "audience"): "internal",
    ("use_internally", "production"): True,
    ("use_internally", "hosted_for_others"): False,
    ("use_internally", "audience"): "internal",
    ("offer_product", "production"): True,
    ("host", "hosted_for_others"): True,
}


# Purposes that say by their own definition (`vocabulary.PURPOSES`) that nobody reviews, or that nobody gave leave.
_DENIED_BY: Final[dict[str, frozenset[str]]] = {
    "human_review": frozenset({"automated_rights_decisions"}),
    "consent": frozenset({"impersonation", "privacy_violation"}),
}
# What holds of one act among several, whatever is said of the use as a whole.
_ALWAYS: Final = frozenset(
    {("evaluate", "production"), ("evaluate", "hosted_for_others"), ("use_internally", "hosted_for_others")}
)


MAX_SPANS: Final = 1_000  # answers kept of one organisation's figures; the records ask for some thirty on a day
_OF_PLACES: Final = frozenset({"used_in", "shown_in"})
_NOTHING: Final = Trace()  # of answers that rest on act and object alone; nothing is ever written into it


class Facts:
    """Implements `expression.Scope`. One is made per question; `about` sets act and attachment."""

    def __init__(self, question: Question, bound: frozenset[str]) -> None:
        self._question = question
        self._bound = bound
        self._act = ""
        self._found: Attachment | None = None
        self.trace = Trace()

    def about(self, act: str, found: Attachment) -> Facts:
        """Speak of this act and these terms from here on, with an empty trace."""
        self._act = act
        self._found = found
        self.trace = Trace()
        return self

    def answer(self, condition: Condition, act: str, found: Attachment) -> bool | None:
        """What a condition says of this act under these terms; `trace` tells what that rests on."""
        known = condition.known
        if known is None:
            return condition.holds(self.about(act, found))
        key = (act, found.standing)
        if key not in known:
            known[key] = condition.holds(self.about(act, found))
        self.trace = _NOTHING
        return known[key]

    def also(self, condition: Condition, act: str, found: Attachment) -> bool | None:
        """As `answer`, of another condition about the same; what it rests on is added to `trace`."""
        if self.trace is _NOTHING:
            return self.answer(condition, act, found)
        return condition.holds(self)

    def fact(self, name: str) -> object | None:
        """See `Scope.fact`; the place in the question document is noted as used, or its question as missing."""
        person = name == "org.seat" and self._question.organisation.kind == "individual"
        kind = FACTS["org.domicile" if person else name]
        if name == "act":
            return self._act
        if name == "object":
            return self._attachment.standing
        self.trace.used.append(kind.place)
        value = self._look_up(name)
        if value is not None:
            return value
        if kind.default is not None:
            self.trace.assumed.append(kind.assumption)
            return kind.default
        self._miss(kind.place, self._ask(name, kind.question))
        return None

    def measure(self, kind: str, arguments: tuple[str, ...]) -> Span:
        """See `Scope.measure`. Arguments: scope, a month or `any_time` or `now`, and a currency for money."""
        self.trace.used.append(_place_of(kind, arguments))
        organisation, today = self._question.organisation, self._question.use.date
        since = self._attachment.terms.effective if self._attachment.terms else None
        key = (kind, arguments, today, since)
        span = organisation.spans.get(key)
        if span is None:
            if len(organisation.spans) >= MAX_SPANS:
                organisation.spans.clear()
            scope, when, currency = arguments
            rows = rows_of(kind, organisation.figures, currency)
            span = organisation.spans[key] = span_at(rows, scope, when, today, since)
        return span

    def miss(self, kind: str, arguments: tuple[str, ...], line: float) -> None:
        """See `Scope.miss`."""
        self._miss(_place_of(kind, arguments), _ask_figure(kind, arguments, line))

    def holds(self, name: str, arguments: tuple[str, ...]) -> bool | None:
        """See `Scope.holds`."""
        if name in PATH_TESTS:
            return passes(name, arguments, self._attachment.relations)
        if name == "derives_from":
            return not self._bound.isdisjoint(arguments)
        if name == "improves":
            improved = self.fact("use.improves")
            return None if improved is None else improved in arguments
        return self._member(name, arguments)

    def go_without(self, missing: Sequence[Missing]) -> None:
        """See `Scope.go_without`."""
        places = {item.fact for item in missing}
        self.trace.assumed += [kind.assumption for kind in FACTS.values() if kind.place in places and kind.assumption]

    def _member(self, name: str, arguments: tuple[str, ...]) -> bool | None:
        """Whether some of what the asker says about themselves or the use is among the words of a test."""
        place, known = self._stated(name)
        self.trace.used.append(place)
        if known is None:
            self._miss(place, _ask_member(name, arguments))
            return None
        return not known.isdisjoint(_countries(arguments) if name in _OF_PLACES else arguments)

    def _stated(self, name: str) -> tuple[str, frozenset[str] | None]:
        """The place of a test, and what is known there."""
        use, organisation = self._question.use, self._question.organisation
        if name == "purpose":
            return "use.purposes", use.purposes
        if name == "used_in":
            return "use.where_used", use.where_used
        if name == "shown_in":
            return "use.where_outputs_shown", use.where_outputs_shown
        if name == "competes":
            return "organisation.competes_with", organisation.competes_with
        return "organisation.business", organisation.business

    @property
    def purposes(self) -> frozenset[str]:
        """The purposes named; what is not named is assumed not to be pursued, and the verdict says so."""
        return self._question.use.purposes or frozenset()

    @property
    def _attachment(self) -> Attachment:
        assert self._found is not None, "about() comes first"
        return self._found

    def _look_up(self, name: str) -> object | None:
        area, _, field = name.partition(".")
        if area == "org":
            return _organisation_fact(self._question, field)
        if area == "node":
            modality = self._attachment.node.modality
            return None if modality is None else modality != {"text"}
        if (self._act, field) in _ALWAYS:
            return _BY_ACT[self._act, field]
        stated = self._question.use.facts.get(field)
        if stated is None and field == "commercial":
            return True if self._question.use.facts.get("paid") is True else None
        if stated is None and field in _DENIED_BY:
            return None if _DENIED_BY[field].isdisjoint(self.purposes) else False
        return stated if stated is not None else _BY_ACT.get((self._act, field))

    def _ask(self, name: str, question: str) -> str:
        if not name.startswith("node."):
            return question
        return say("{question} ({node})", question=question, node=self._attachment.node.id)

    def _miss(self, place: str, question: str) -> None:
        self.trace.missing.append(Missing(place, question))


def _organisation_fact(question: Question, field: str) -> object | None:
    organisation = question.organisation
    if field == "seat":
        return _seat(organisation)
    stated: str | None = getattr(organisation, field)
    return stated


def _seat(organisation: Organisation) -> str | None:
    """The domicile of a person, the principal place of business of others; of an unknown kind what is given."""
    if organisation.kind is None:
        return organisation.principal_place or organisation.domicile
    return organisation.domicile if organisation.kind == "individual" else organisation.principal_place


_ASKED: Final = {
    "purpose": mark("Is this among its purposes: {words}?"),
    "used_in": mark("Is it used in any of these places: {words}?"),
    "shown_in": mark("Are its results shown or used in any of these places: {words}?"),
    "competes": mark("Does the organisation, or an affiliate, compete with: {words}?"),
    "business": mark("Does the organisation count as: {words}?"),
}
_OF: Final = {
    "group": mark("the organisation and its affiliates together"),
    "licensee": mark("the organisation"),
    "product": mark("the product or service"),
}
_COUNTED: Final = {
    "mau": mark("monthly active users"), "dau": mark("daily active users"), "visits": mark("visits a month"),
}  # fmt: skip
_MONTHS: Final = {UNTIL_NOW: mark("in the month with the most"), NOW: mark("in the latest month")}
_YEARS: Final = {UNTIL_NOW: mark("in a year"), NOW: mark("in the latest year")}


def _ask_member(name: str, words: tuple[str, ...]) -> str:
    meant = joined([PURPOSES[word].rstrip(".").lower() for word in words], ", ") if name == "purpose" else ", ".join(words)
    return say(_ASKED[name], words=meant)


def _countries(words: tuple[str, ...]) -> frozenset[str]:
    """Regions by their countries; a country stands for itself."""
    return frozenset(country for word in words for country in REGIONS.get(word, frozenset({word})))


def _place_of(kind: str, arguments: tuple[str, ...]) -> str:
    scope, when, currency = arguments
    return f"organisation.{kind}[{scope}, {when}{'' if currency == 'USD' else f', {currency}'}]"


def _ask_figure(kind: str, arguments: tuple[str, ...], line: float) -> str:
    scope, when, currency = arguments
    periods = _YEARS if kind == "revenue" else _MONTHS
    period = periods.get(when) or say("in {month}", month=when)
    amount = f"{line:,.0f}"
    if kind in MONEY:
        money = mark("US dollars") if currency == "USD" else currency
        return say(
            "How much revenue, in {money}, did {who} make {period}: more than {line}?",
            money=money, who=_OF[scope], period=period, line=amount,
        )  # fmt: skip
    whose = _OF[scope] if scope == "product" else say("all products of {who}", who=_OF[scope])
    return say(
        "How many {counted} did {whose} have {period}: more than {line}?",
        counted=_COUNTED[kind], whose=whose, period=period, line=amount,
    )  # fmt: skip
