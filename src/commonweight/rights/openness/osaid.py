"""
The Open Source AI Definition 1.0 (Open Source Initiative, 2024-10-28): its three elements, each pass, fail or not evaluable.

An element passes only on what was seen (evidence A or B); a claim leaves it not evaluable. The training data itself is not
asked for: information about it is. Optional examples of the definition (intermediate checkpoints) are not needed either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from commonweight.rights.openness.classes import Legal
from commonweight.rights.openness.completeness import Graded
from commonweight.rights.said import Say, joined, mark, plain, say

VERSION: Final = "Open Source AI Definition 1.0"
PASS: Final = "pass"
FAIL: Final = "fail"
NOT_EVALUABLE: Final = "not_evaluable"
RESULTS: Final[dict[str, str]] = {
    PASS: mark("Met, by what was seen."),
    FAIL: mark("Not met."),
    NOT_EVALUABLE: mark("It cannot be told from what is known."),
}

#: What the definition wants to be able to read about the data: (id, what the description must hold).
DATA_STATEMENTS: Final = (
    ("provenance", mark("where the training data came from")),
    ("scope", mark("what is in the training data, and how much of it")),
    ("selection", mark("how the data was obtained and selected")),
    ("processing", mark("how the data was labelled, cleaned and filtered")),
    ("public_list", mark("a list of the publicly available training data and where to get it")),
    (
        "third_party_list",
        mark("a list of the data obtainable from third parties and where, also for a fee (or that there is none)"),
    ),
)
_CODE_NEEDS: Final = ("preprocessing_code", "training_code", "evaluation_code", "inference_code", "architecture_code")


@dataclass(frozen=True, slots=True)
class Lack:
    """What an element still wants. `settled` is true where it is known to be missing, false where it is not known."""

    what: str
    settled: bool


@dataclass(frozen=True, slots=True)
class Element:
    """One of the three: `data_information`, `code`, `parameters`."""

    key: str
    name: str
    result: str
    lacks: tuple[Lack, ...]

    def to_document(self, speak: Say = plain) -> dict[str, Any]:
        missing = [{"what": speak(one.what), "known_to_be_missing": one.settled} for one in self.lacks]
        return {"element": self.key, "name": speak(self.name), "result": self.result, "missing": missing}


@dataclass(frozen=True, slots=True)
class Osaid:
    """The three elements in the definition's order."""

    elements: tuple[Element, ...]
    version: str = VERSION

    @property
    def result(self) -> str:
        """Of the whole definition: it passes where each element does."""
        results = {element.result for element in self.elements}
        return FAIL if FAIL in results else NOT_EVALUABLE if NOT_EVALUABLE in results else PASS

    def to_document(self, speak: Say = plain) -> dict[str, Any]:
        return {
            "version": self.version,
            "result": self.result,
            "elements": [element.to_document(speak) for element in self.elements],
        }


def osaid(graded: Mapping[str, Graded]) -> Osaid:
    """The three elements of a release, from its graded components."""
    return Osaid(
        (
            _element("data_information", mark("Data information"), _lacks(graded["data_information"])),
            _element("code", mark("Code"), [lack for key in _CODE_NEEDS for lack in _lacks(graded[key])]),
            _element("parameters", mark("Parameters"), _lacks(graded["weights"])),
        )
    )


def _element(key: str, name: str, lacks: Iterable[Lack]) -> Element:
    found = tuple(lacks)
    settled = any(lack.settled for lack in found)
    return Element(key, name, FAIL if settled else NOT_EVALUABLE if found else PASS, found)


def _lacks(one: Graded) -> tuple[Lack, ...]:
    """What keeps a component from meeting the definition: the artefact itself, then its terms."""
    return (*_of_artefact(one), *_of_terms(one))


def _of_artefact(one: Graded) -> tuple[Lack, ...]:
    component, what = one.component, one.part.words
    if component.counts and not component.lacks:
        return ()
    if component.status == "absent":
        told = mark("Not released: {part}.") if component.looked else mark("Not known whether it was released: {part}.")
        return (Lack(say(told, part=what), settled=component.looked),)
    if component.status == "claimed" and component.whole:
        return (Lack(say("Claimed and not seen: {part}.", part=what), settled=False),)
    return _of_pieces(one)


def _of_pieces(one: Graded) -> tuple[Lack, ...]:
    """
    Of a description each statement that was not found, which a reader may find in other words; of an artefact, what is
    known to be missing.
    """
    component, is_text = one.component, one.part.key == "data_information"
    if not component.lacks:
        return (Lack(say("Only part of it: {part}.", part=one.part.words), settled=True),)
    told = mark("Not found in {part}: {what}.") if is_text else mark("Only part of {part}: {what}.")
    return tuple(Lack(say(told, part=one.part.words, what=what), settled=not is_text) for what in component.lacks)


def _of_terms(one: Graded) -> tuple[Lack, ...]:
    if one.component.status == "absent" or one.terms.legal in _OPEN:
        return ()
    if not one.terms.keys:
        here = one.terms.source != "elsewhere"
        return (Lack(say("No licence was found for {part}.", part=one.part.words), settled=here),)
    licences = joined(one.terms.keys, ", ")
    if one.terms.legal is Legal.NONE_OR_UNKNOWN:
        return (
            Lack(say("What {licences} says, the terms of {part}.", licences=licences, part=one.part.words), settled=False),
        )
    return (
        Lack(say("Open terms for {part}; it is under {licences}.", licences=licences, part=one.part.words), settled=True),
    )


_OPEN: Final = (Legal.OPEN, Legal.OPEN_BUT_UNSUITED)
