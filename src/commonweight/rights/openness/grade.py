"""
How open a release is: four axes that are never one badge, and a label by which the worst wins.

    openness = grade_openness(components, {"*": "apache-2.0"}, "open", classes)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from commonweight.rights.openness.access import Access, access_of
from commonweight.rights.openness.classes import HOW_KNOWN, LEGAL_SENTENCES, NO_LICENCE, Legal, LicenceClasses
from commonweight.rights.openness.completeness import Classes, Completeness, Graded, Reach, classes_of, words_for
from commonweight.rights.openness.component import NOBODY_LOOKED, Component
from commonweight.rights.openness.framework import DIFFERENCES, FRAMEWORK, PARTS, Part
from commonweight.rights.openness.osaid import PASS, Osaid, osaid
from commonweight.rights.openness.terms import terms_of
from commonweight.rights.openness.usability import Check, Deed, deeds, grade_of
from commonweight.rights.said import Say, joined, mark, plain, say

Licences = Mapping[str, str | Iterable[str]]


class Label(StrEnum):
    """The short word, worst wins. It never says anything about usability."""

    OPEN_SOURCE_AI = "open_source_ai"
    OPEN_MODEL = "open_model"
    PERMISSIVE = "open_weights_permissive"
    USE_RESTRICTED = "open_weights_use_restricted"
    RESTRICTED = "open_weights_restricted"
    RESEARCH_ONLY = "research_only"
    CLOSED = "closed_api"
    UNKNOWN = "unknown_terms"


LABELS: Final[dict[str, str]] = {
    "open_source_ai": mark("open source AI"),
    "open_model": mark("open model"),
    "open_weights_permissive": mark("open weights, permissive"),
    "open_weights_use_restricted": mark("open weights, use-restricted"),
    "open_weights_restricted": mark("open weights, restricted by size, fee or territory"),
    "research_only": mark("research only"),
    "closed_api": mark("closed, by API only"),
    "unknown_terms": mark("unknown terms"),
}
_LABEL_OF: Final = {
    Legal.OPEN: Label.PERMISSIVE,
    Legal.OPEN_BUT_UNSUITED: Label.PERMISSIVE,
    Legal.USE_RESTRICTED: Label.USE_RESTRICTED,
    Legal.SIZE_OR_FEE_RESTRICTED: Label.RESTRICTED,
    Legal.NON_COMMERCIAL: Label.RESEARCH_ONLY,
    Legal.NONE_OR_UNKNOWN: Label.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class Axis:
    """One answer with its reason; `evidence` is the weakest among the parts that it rests on."""

    grade: str
    reason: str
    evidence: str

    def to_document(self, speak: Say = plain) -> dict[str, str]:
        return {"grade": self.grade, "reason": speak(self.reason), "evidence": self.evidence}


@dataclass(frozen=True, slots=True)
class Openness:
    """
    The four axes and the label; behind them each component of the framework with its terms, the classes reached, the three
    elements of the definition, what the release lets one do, and what was looked at in the files.
    """

    completeness: Axis
    legal: Axis
    access: Axis
    usability: Axis
    label: Label
    components: Mapping[str, Graded]
    beside: Mapping[str, Component]
    classes: Classes
    osaid: Osaid
    deeds: Mapping[str, Deed]
    gate: Access
    checks: tuple[Check, ...] = ()

    @property
    def sentence(self) -> str:
        return say("{label}.", label=LABELS[self.label.value].capitalize())

    @property
    def missing(self) -> tuple[str, ...]:
        """The components still wanting for the next class, by what was seen; where nothing was, by what is claimed."""
        return _shown_reach(self.components, self.classes).missing

    @property
    def can(self) -> dict[str, bool | None]:
        """What the release lets one do; None where it is not known."""
        return {name: deed.can for name, deed in self.deeds.items()}

    def to_document(self, speak: Say = plain) -> dict[str, Any]:
        """In brief, as the market's rows show it."""
        return {
            "completeness": self.completeness.to_document(speak),
            "legal": self.legal.to_document(speak),
            "access": self.access.to_document(speak),
            "usability": self.usability.to_document(speak),
            "label": self.label.value,
            "label_text": speak(LABELS[self.label.value]),
            "missing": list(self.missing),
            "can": self.can,
        }

    def to_whole_document(self, speak: Say = plain) -> dict[str, Any]:
        """Everything, as the page on openness shows it."""
        beside = {name: component.to_document(speak) for name, component in self.beside.items()}
        return {
            **self.to_document(speak),
            "gate": self.gate.to_document(speak),
            "components": [graded.to_document(speak) for graded in self.components.values()],
            "beside": beside,
            "classes": self.classes.to_document(),
            "osaid": self.osaid.to_document(speak),
            "deeds": {name: deed.to_document(speak) for name, deed in self.deeds.items()},
            "checks": [check.to_document(speak) for check in self.checks],
            "differences": [speak(one) for one in DIFFERENCES],
        }


def grade_openness(
    components: Mapping[str, Component],
    licences: Licences,
    access: str | Access,
    classes: LicenceClasses,
    checks: tuple[Check, ...] = (),
) -> Openness:
    """
    The four axes and the label, with everything behind them.

    `components` by the words of `COMPONENTS` (of one not given nothing is known); `licences` by artefact, `*` for all
    others, one key or several that apply together; `access` a word of `ACCESSES` or what is known of the gate. A component
    counts for completeness only where it was seen whole and its licence is open for its kind.
    """
    keys = {artefact: _keys(given) for artefact, given in licences.items()}
    gate = access if isinstance(access, Access) else access_of(access)
    graded = {part.key: _graded(part, components.get(part.key, NOBODY_LOOKED), keys, classes) for part in FRAMEWORK}
    reached, defined = classes_of(graded), osaid(graded)
    answers = deeds(components, api_only=gate.word == "api_only")
    grade, why = grade_of(answers)
    legal = _legal(graded["weights"], classes, gate)
    return Openness(
        completeness=_completeness(graded, reached, gate),
        legal=legal,
        access=Axis(gate.word, gate.sentence, gate.evidence),
        usability=Axis(grade.value, why, answers["run"].evidence),
        label=_label(legal, graded, reached, defined, gate),
        components=graded,
        beside={name: one for name, one in components.items() if name not in PARTS},
        classes=reached,
        osaid=defined,
        deeds=answers,
        gate=gate,
        checks=checks,
    )


def _graded(part: Part, component: Component, licences: Mapping[str, tuple[str, ...]], classes: LicenceClasses) -> Graded:
    return Graded(part, component, terms_of(part, licences, classes, component.under))


def _keys(given: str | Iterable[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _withheld(weights: Graded, gate: Access) -> bool:
    """Nobody can have the weights: they can only be called, or somebody says that they were not released."""
    return gate.word == "api_only" or (weights.component.status == "absent" and weights.component.evidence == "C")


def _legal(weights: Graded, classes: LicenceClasses, gate: Access) -> Axis:
    """Under which terms the weights are, by all licences that bind them."""
    if _withheld(weights, gate):
        return Axis(Legal.NONE_OR_UNKNOWN.value, mark("The weights are not given out."), "C")
    keys = tuple(key for key in weights.terms.keys if key != NO_LICENCE)
    if not keys:
        return Axis(Legal.NONE_OR_UNKNOWN.value, mark("No licence was found for the weights."), "C")
    key = max(keys, key=lambda name: classes.of(name)[0].rank)
    grade, evidence = classes.of(key)
    reason = say(
        "The weights are under {licence}: what is under it {rights} ({evidence}).",
        licence=key,
        rights=LEGAL_SENTENCES[grade],
        evidence=HOW_KNOWN[evidence],
    )
    return Axis(grade.value, reason, "C" if evidence in ("secondary", "unverified") else "B")


def _is_checked(graded: Mapping[str, Graded]) -> bool:
    """Whether anything was looked at; else only claims are known."""
    return any(one.component.shown for one in graded.values())


def _shown_reach(graded: Mapping[str, Graded], classes: Classes) -> Reach:
    return classes.checked if _is_checked(graded) else classes.claimed


def _completeness(graded: Mapping[str, Graded], classes: Classes, gate: Access) -> Axis:
    """The class by what was seen; where nothing was seen, what is claimed, and said to be."""
    if _withheld(graded["weights"], gate):
        return Axis(Completeness.NOTHING.value, mark("Nothing of the model itself is given out."), "C")
    if not any(one.component.status in ("released", "claimed") for one in graded.values()):
        return Axis(Completeness.UNKNOWN.value, mark("Which parts were released is not known."), "C")
    checked, shown = _is_checked(graded), _shown_reach(graded, classes)
    counted = tuple(key for key, one in graded.items() if (one.counts if checked else one.counts_if_true))
    how = mark("Found") if checked else mark("Claimed by the maker, not checked")
    words = words_for(counted) if counted else mark("no part under open terms")
    return Axis(
        shown.grade.value,
        joined([say("{how}: {parts}.", how=how, parts=words), _wanting(graded, shown)]),
        "A" if checked else "C",
    )


def _wanting(graded: Mapping[str, Graded], shown: Reach) -> str:
    if not shown.missing:
        return mark("Nothing is missing.")
    there = [graded[key] for key in shown.missing if graded[key].component.status != "absent"]
    if any(not one.component.whole for one in there):
        lacking = mark("Missing, in part, or not under open terms,")
    else:
        closed = any(not one.terms.counts for one in there)
        lacking = mark("Missing, or not under open terms,") if closed else mark("Missing")
    return say("{lacking} for the next class: {parts}.", lacking=lacking, parts=words_for(shown.missing))


def _label(legal: Axis, graded: Mapping[str, Graded], classes: Classes, defined: Osaid, gate: Access) -> Label:
    """Worst wins. 'Open source AI' only where the definition is met, 'open model' only by what was seen."""
    if _withheld(graded["weights"], gate):
        return Label.CLOSED
    by_terms = _LABEL_OF[Legal(legal.grade)]
    if by_terms is not Label.PERMISSIVE:
        return by_terms
    if defined.result == PASS:
        return Label.OPEN_SOURCE_AI
    return Label.OPEN_MODEL if classes.checked.level else Label.PERMISSIVE
