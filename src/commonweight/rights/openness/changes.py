"""What differs between two grades: of one commit and the one before, or of one commit then and now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from commonweight.rights.openness.access import ACCESSES
from commonweight.rights.openness.ai_act import Exemption
from commonweight.rights.openness.framework import PARTS
from commonweight.rights.openness.grade import LABELS, Openness
from commonweight.rights.said import Say, apart, mark, plain, say, together


@dataclass(frozen=True)
class GradeChange:
    """`what` is licence_file, licence, label, class, component, access, osaid or exemption; `about` says which."""

    what: str
    about: str
    before: str
    after: str
    sentence: str

    def to_document(self, speak: Say = plain) -> dict[str, str]:
        return {
            "what": self.what,
            "about": self.about,
            "before": self.before,
            "after": self.after,
            "sentence": speak(self.sentence),
        }


def grade_document(openness: Openness, exemption: Exemption, licence_files: Mapping[str, str]) -> dict[str, Any]:
    """A grade as it is kept: everything, with the licence files as they were (path to git id)."""
    return {
        **openness.to_whole_document(apart),
        "exemption": exemption.to_document(apart),
        "licence_files": dict(licence_files),
    }


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[GradeChange, ...]:
    """In the order in which they matter to a reader."""
    return (
        *_files(before["licence_files"], after["licence_files"]),
        *_licences(before, after),
        *_word("label", "label", before["label"], after["label"], LABELS),
        *_word("class", "class", _class(before), _class(after), {}),
        *_components(before, after),
        *_word("access", "access", before["access"]["grade"], after["access"]["grade"], ACCESSES),
        *_elements(before, after),
        *_word("exemption", "exemption", before["exemption"]["answer"], after["exemption"]["answer"], _ANSWERS),
    )


_EDITED: Final = mark("{file} was edited.")
_ADDED: Final = mark("{file} was added.")
_REMOVED: Final = mark("{file} was removed.")


def _files(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[GradeChange]:
    for path in sorted({*before, *after}):
        old, new = before.get(path, ""), after.get(path, "")
        if old != new:
            template = _EDITED if old and new else _ADDED if new else _REMOVED
            yield GradeChange("licence_file", path, old, new, say(template, file=path))


def _licences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[GradeChange]:
    """Of the weights; those of other components are told with them."""
    old, new = (", ".join(_by_key(one)["weights"]["terms"]["licences"]) for one in (before, after))
    if old != new:
        told = say("The weights were under {before} and are under {after}.", before=old or "none", after=new or "none")
        yield GradeChange("licence", "weights", old, new, told)


def _word(what: str, about: str, old: str, new: str, words: Mapping[str, str]) -> Iterator[GradeChange]:
    if old != new:
        template = _OF[what]
        told = say(template, before=words.get(old, old) or mark("none"), after=words.get(new, new) or mark("none"))
        yield GradeChange(what, about, old, new, told)


_OF: Final = {
    "label": mark("The label was “{before}” and is “{after}”."),
    "class": mark("The class of the framework was {before} and is {after}."),
    "access": mark("Access was: {before} It is: {after}"),
    "exemption": mark("The exemption of the AI Act was {before}, and is {after}."),
}


def _class(document: Mapping[str, Any]) -> str:
    return str(document["classes"]["checked"]["class"])


def _by_key(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {one["component"]: one for one in document["components"]}


def _components(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[GradeChange]:
    then, now = _by_key(before), _by_key(after)
    for key in now:
        old, new = (_state(one.get(key)) for one in (then, now))
        if old != new:
            told = say("{part}: was {before}, is {after}.", part=PARTS[key].name, before=old, after=new)
            yield GradeChange("component", key, old, new, told)


def _state(component: Mapping[str, Any] | None) -> str:
    """`released (A)`, `released in part (B)`, `claimed (C)`, `absent`."""
    if component is None or component["status"] == "absent":
        return mark("absent")
    return say(_STATES[component["status"], component["whole"]], evidence=component["evidence"])


_STATES: Final = {
    ("released", True): mark("released ({evidence})"),
    ("released", False): mark("released in part ({evidence})"),
    ("claimed", True): mark("claimed ({evidence})"),
    ("claimed", False): mark("claimed in part ({evidence})"),
}


def _elements(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[GradeChange]:
    then = {one["element"]: one["result"] for one in before["osaid"]["elements"]}
    for one in after["osaid"]["elements"]:
        old, new = then.get(one["element"], ""), one["result"]
        if old != new:
            told = say(_ELEMENT, element=together(one["name"]), before=_RESULTS.get(old, old), after=_RESULTS[new])
            yield GradeChange("osaid", one["element"], old, new, told)


_ELEMENT: Final = mark("{element}, an element of the Open Source AI Definition: was {before}, is {after}.")
_RESULTS: Final = {"pass": mark("met"), "fail": mark("not met"), "not_evaluable": mark("not evaluable")}
_ANSWERS: Final = {
    "eligible": mark("open"),
    "not_eligible": mark("not open"),
    "needs_judgement": mark("a matter of judgement"),
    "not_known": mark("not known"),
}
