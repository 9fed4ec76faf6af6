"""The facts of one question, as conditions ask for them: about one act and one attachment of terms."""

from __future__ import annotations

from typing import Final

from commonweight.rights.attachment import Attachment, passes
from commonweight.rights.expression import Missing, Span, Trace
from commonweight.rights.figures import at_any_time, at_month
from commonweight.rights.language import FACTS, PATH_TESTS
from commonweight.rights.question import Organisation, Question

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
_UNTIL_NOW: Final = "any_time"


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

    def fact(self, name: str) -> object | None:
        """See `Scope.fact`; the place in the question document is noted as used, or its question as missing."""
        kind = FACTS[name]
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

    def measure(self, kind: str, arguments: tuple[str, ...], line: float) -> Span:
        """See `Scope.measure`. Arguments: scope, and a month or `any_time`; revenue is in US dollars."""
        scope, when = arguments
        organisation = self._question.organisation
        rows = organisation.mau if kind == "mau" else tuple(row for row in organisation.revenue if row.currency == "USD")
        since = self._attachment.terms.effective if self._attachment.terms else None
        span = (
            at_any_time(rows, scope, self._question.use.date, since) if when == _UNTIL_NOW else at_month(rows, scope, when)
        )
        place = f"organisation.{kind}[{scope}, {when}]"
        self.trace.used.append(place)
        if span.low < span.high:
            self._miss(place, _ask_figure(kind, scope, when, line))
        return span

    def holds(self, name: str, arguments: tuple[str, ...]) -> bool | None:
        """See `Scope.holds`."""
        if name in PATH_TESTS:
            return passes(name, arguments, self._attachment.relations)
        if name == "derives_from":
            return not self._bound.isdisjoint(arguments)
        if name == "improves":
            improved = self.fact("use.improves")
            return None if improved is None else improved in arguments
        return self._business(arguments)

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
        stated = self._question.use.facts.get(field)
        if stated is None and field == "commercial":
            return True if self._question.use.facts.get("paid") is True else None
        return stated if stated is not None else _BY_ACT.get((self._act, field))

    def _ask(self, name: str, question: str) -> str:
        return f"{question} ({self._attachment.node.id})" if name.startswith("node.") else question

    def _business(self, arguments: tuple[str, ...]) -> bool | None:
        self.trace.used.append("organisation.business")
        known = self._question.organisation.business
        if known is None:
            self._miss("organisation.business", f"Does the organisation count as: {', '.join(arguments)}?")
            return None
        return not known.isdisjoint(arguments)

    def _miss(self, place: str, question: str) -> None:
        self.trace.missing.append(Missing(place, question))


def _organisation_fact(question: Question, field: str) -> object | None:
    organisation = question.organisation
    return {
        "kind": organisation.kind,
        "principal_place": organisation.principal_place,
        "domicile": organisation.domicile,
        "seat": _seat(organisation),
    }[field]


def _seat(organisation: Organisation) -> str | None:
    """The domicile of a person, the principal place of business of others; of an unknown kind what is given."""
    if organisation.kind is None:
        return organisation.principal_place or organisation.domicile
    return organisation.domicile if organisation.kind == "individual" else organisation.principal_place


_OF: Final = {
    "group": "the organisation and its affiliates together",
    "licensee": "the organisation",
    "product": "the product or service",
}


def _ask_figure(kind: str, scope: str, when: str, line: float) -> str:
    if kind == "mau":
        period = f"in {when}" if when != _UNTIL_NOW else "in the latest month"
        return f"How many monthly active users did all products of {_OF[scope]} have {period}: more than {line:,.0f}?"
    period = f"in {when}" if when != _UNTIL_NOW else "in a year"
    return f"How much revenue, in US dollars, did {_OF[scope]} make {period}: more than {line:,.0f}?"
