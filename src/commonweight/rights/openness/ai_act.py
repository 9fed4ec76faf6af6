"""
Whether a provider could rely on the open-source exemption of the EU AI Act for a general-purpose model: the Commission's
guidelines of July 2025 on the scope of the obligations, paragraph by paragraph (docs/openness.md, EU AI Act).

The guidelines are not binding; they state how the Commission reads Articles 53(2) and 54(6). This concerns who places a
model on the EU market. It never says what a licensee may do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from commonweight.rights.openness.access import Access
from commonweight.rights.openness.classes import Legal, LicenceClasses
from commonweight.rights.openness.component import NOBODY_LOOKED, Component
from commonweight.rights.openness.terms_asked import Ask, asks_of
from commonweight.rights.said import Say, joined, mark, plain, say

GUIDELINES: Final = "Commission guidelines on the scope of the obligations for general-purpose AI models, July 2025"
SYSTEMIC_RISK_FLOP: Final = 1e25  # Article 51(2): above it systemic risk is presumed

MET: Final = "met"
NOT_MET: Final = "not_met"
JUDGEMENT: Final = "judgement"
UNKNOWN: Final = "unknown"
#: Answers to the whole, from the conditions: one that is not met decides; else a judgement; else what is not known.
ANSWERS: Final[dict[str, str]] = {
    "eligible": mark("The conditions are met by what is known."),
    "needs_judgement": mark("A person must judge, above all whether limits on use are narrow safety terms (paragraph 84)."),
    "not_known": mark("Some conditions cannot be told from what is known."),
    "not_eligible": mark("A condition is not met."),
}
_ANSWER_OF: Final = {NOT_MET: "not_eligible", UNKNOWN: "not_known", JUDGEMENT: "needs_judgement", MET: "eligible"}
_WORST_FIRST: Final = (NOT_MET, JUDGEMENT, UNKNOWN, MET)
_LEFT_TO_JUDGEMENT: Final = frozenset({"safety", "passing_on"})


@dataclass(frozen=True, slots=True)
class Condition:
    """
    One condition: `paragraphs` of the guidelines, `result` of met, not_met, judgement, unknown, and why, with the clauses
    that it rests on as `licence clause`.
    """

    paragraphs: str
    asks: str
    result: str
    reason: str
    clauses: tuple[str, ...] = ()

    def to_document(self, speak: Say = plain) -> dict[str, Any]:
        return {
            "paragraphs": self.paragraphs,
            "asks": speak(self.asks),
            "result": self.result,
            "reason": speak(self.reason),
            "clauses": list(self.clauses),
        }


@dataclass(frozen=True, slots=True)
class Exemption:
    """All conditions, in the order of the guidelines."""

    conditions: tuple[Condition, ...]
    assumptions: tuple[str, ...] = ()

    @property
    def answer(self) -> str:
        """A word of `ANSWERS`."""
        results = {condition.result for condition in self.conditions}
        return _ANSWER_OF[next(result for result in _WORST_FIRST if result in results)]

    @property
    def failing(self) -> tuple[str, ...]:
        """The paragraphs of the conditions that are not met."""
        return tuple(one.paragraphs for one in self.conditions if one.result == NOT_MET)

    def to_document(self, speak: Say = plain) -> dict[str, Any]:
        return {
            "source": GUIDELINES,
            "answer": self.answer,
            "text": speak(ANSWERS[self.answer]),
            "paragraphs_not_met": list(self.failing),
            "conditions": [condition.to_document(speak) for condition in self.conditions],
            "assumptions": [speak(one) for one in self.assumptions],
            "note": speak(NOTE),
        }


NOTE: Final = mark(
    "This is about the duties of whoever places the model on the EU market as its provider. It does not say what a licensee "
    "may do. Copyright policy and the summary of training content are owed in any case (Article 53(1)(c) and (d))."
)


def exemption(
    licences: Iterable[str],
    access: Access,
    components: Mapping[str, Component],
    classes: LicenceClasses,
    training_flop: float | None = None,
) -> Exemption:
    """
    The conditions for a model whose weights are under `licences` (all of them together).

    `training_flop` is the compute of its training, None where nobody says.
    """
    keys = tuple(dict.fromkeys(licences))
    asks = [ask for key in keys for ask in asks_of(key, classes)]
    gaps = [key for key in keys if classes.record(key) is None and classes.of(key)[0] is Legal.NONE_OR_UNKNOWN]
    terms = _Terms(tuple(asks), tuple(gaps), empty=not keys)
    return Exemption(
        (
            _systemic_risk(training_flop),
            terms.condition("76-78", mark("Access, use, modification and distribution are each granted."), "right"),
            _access(terms, access),
            terms.condition("80", mark("Use without limits, but for credit and share-alike."), "use"),
            terms.condition("81-82", mark("Changed versions may be passed on, also under other terms."), "passing_on"),
            terms.condition(
                "83", mark("No research-only terms, no size of users above which rights end."), "scale", "commercial"
            ),
            terms.condition("84", mark("Limits on use, if any, are narrow, objective safety terms."), "safety"),
            terms.condition("85-86", mark("No payment: no dual licence, no paid support that is compulsory."), "payment"),
            _personal_data(access),
            _public(components, access),
        ),
        (_NO_COMPUTE,) if training_flop is None else (),
    )


@dataclass(frozen=True, slots=True)
class _Terms:
    """What all terms together ask, and which of them nobody recorded."""

    asks: tuple[Ask, ...]
    gaps: tuple[str, ...]
    empty: bool

    def condition(self, paragraphs: str, asks: str, *kinds: str) -> Condition:
        """Not met where the terms ask such a thing and it was read; safety terms are left to judgement."""
        found = [ask for ask in self.asks if ask.kind in kinds]
        result, reason = self._judged(found, kinds)
        return Condition(paragraphs, asks, result, reason, tuple(dict.fromkeys(ask.cited for ask in found if ask.cited)))

    def _judged(self, found: Sequence[Ask], kinds: tuple[str, ...]) -> tuple[str, str]:
        read = [ask for ask in found if ask.is_read and not ask.is_unread]
        if read and _LEFT_TO_JUDGEMENT.issuperset(kinds):
            return JUDGEMENT, joined(_once(ask.says for ask in read))
        if read:
            return NOT_MET, joined(_once(ask.says for ask in read))
        if found:
            return UNKNOWN, say("Not read in the text: {what}", what=joined(_once(ask.says for ask in found)))
        if self.empty:
            return UNKNOWN, mark("No licence was found.")
        if self.gaps:
            return UNKNOWN, say("The text of {licences} has not been recorded.", licences=joined(self.gaps, ", "))
        return MET, mark("Nothing in the terms stands against it.")


MAX_SAID: Final = 5  # sentences of one condition; the clauses cited have the rest


def _once(sentences: Iterable[str]) -> list[str]:
    """Each sentence once, the first few, and how many more there are."""
    found = list(dict.fromkeys(sentences))
    more = [say("And {count} more.", count=str(len(found) - MAX_SAID))] if len(found) > MAX_SAID else []
    return [*found[:MAX_SAID], *more]


def _systemic_risk(flop: float | None) -> Condition:
    asks = mark("No systemic risk: it is presumed above 10^25 FLOP of training (Article 51(2)), and ends the exemption.")
    if flop is None:
        return Condition("72-74", asks, MET, _NO_COMPUTE)
    result = NOT_MET if flop > SYSTEMIC_RISK_FLOP else MET
    return Condition("72-74", asks, result, say("Its training took {flop} FLOP.", flop=f"{flop:.3g}"))


_NO_COMPUTE: Final = mark("The compute of its training is not known; taken to be below 10^25 FLOP.")


def _access(terms: _Terms, access: Access) -> Condition:
    """Gates for who somebody is, and where; checking users is allowed where it shuts nobody out by country."""
    asks = mark("Free access for everybody; reasonable checks of users that shut out no country are allowed.")
    by_place = terms.condition("79", asks, "place")
    if by_place.result == NOT_MET:
        return by_place
    if access.word == "api_only":
        return Condition("79", asks, NOT_MET, mark("It can only be called, not had."))
    if access.countries:
        return Condition("79", asks, NOT_MET, mark("Some countries are shut out of it."))
    if access.word == "manual_approval":
        return Condition("79", asks, JUDGEMENT, mark("Somebody decides who gets it; by what rule has to be judged."))
    if access.word == "unknown":
        return Condition("79", asks, UNKNOWN, mark("How to get it is not known."))
    return by_place


def _personal_data(access: Access) -> Condition:
    asks = mark("No personal data for access, unless for security alone and without gain.")
    if access.personal:
        asked = (
            say("It asks for {fields}.", fields=joined(access.fields, ", "))
            if access.fields
            else mark("It asks who you are.")
        )
        more = mark("It also asks for leave to advertise.") if access.marketing else ""
        return Condition("87", asks, NOT_MET, joined(filter(None, (asked, more))))
    if access.personal is None:
        return Condition("87", asks, UNKNOWN, mark("What a gate asks for is not known."))
    return Condition("87", asks, MET, mark("None is asked for."))


def _public(components: Mapping[str, Component], access: Access) -> Condition:
    """Weights, architecture and usage information, in usable form."""
    asks = mark("Weights, architecture and information on usage are public and usable.")
    if access.word == "api_only":
        return Condition("90-92", asks, NOT_MET, mark("The weights are not given out."))
    needed = {
        mark("the trained weights"): components.get("weights", NOBODY_LOOKED),
        mark("information on the architecture"): _architecture(components),
        mark("information on usage: modalities, capabilities, limits, how to integrate it"): components.get(
            "model_card", NOBODY_LOOKED
        ),
    }
    gone = [words for words, one in needed.items() if one.status == "absent" and one.looked]
    open_ = [words for words, one in needed.items() if not one.counts]
    if gone:
        return Condition("90-92", asks, NOT_MET, say("Missing: {parts}.", parts=joined(gone, ", ")))
    if open_:
        return Condition(
            "90-92", asks, UNKNOWN, say("Claimed only, in part, or not known: {parts}.", parts=joined(open_, ", "))
        )
    return Condition("90-92", asks, MET, mark("They were found."))


def _architecture(components: Mapping[str, Component]) -> Component:
    """Information suffices here: a configuration tells the architecture as code does."""
    code, config = components.get("architecture_code", NOBODY_LOOKED), components.get("config", NOBODY_LOOKED)
    return code if code.counts or not config.counts else config
