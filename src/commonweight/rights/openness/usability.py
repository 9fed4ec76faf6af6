"""Evidence of usability: whether what is there suffices to run, adapt, evaluate, retrain, and audit the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from commonweight.rights.openness.component import NOBODY_LOOKED, Component
from commonweight.rights.openness.framework import COMPONENTS
from commonweight.rights.said import Say, joined, mark, plain, say, together


class Usability(StrEnum):
    """What can be done with what is there."""

    RETRAIN = "retrain"
    ADAPT = "adapt"
    RUN = "run"
    NOTHING = "nothing"
    UNKNOWN = "unknown"


DEEDS: Final[dict[str, str]] = {
    "run": mark("run it"),
    "fine_tune": mark("fine-tune it"),
    "reproduce_evaluation": mark("reproduce its evaluation"),
    "retrain": mark("train it again"),
    "audit_data": mark("look at its training data"),
}
#: What each deed takes. Tokenizer and configuration count against it where files were looked at.
_TAKES: Final[dict[str, tuple[str, ...]]] = {
    "run": ("weights",),
    "fine_tune": ("weights",),
    "reproduce_evaluation": ("weights", "evaluation_code"),
    "retrain": ("training_code", "data", "preprocessing_code"),
    "audit_data": ("data",),
}
_TO_LOAD: Final = ("tokenizer", "config")
_WHOLE: Final = frozenset({"fine_tune", "retrain", "audit_data"})


@dataclass(frozen=True, slots=True)
class Deed:
    """`can` is None where it is not known; `evidence` is the weakest of what it takes; `reason` names what it rests on."""

    can: bool | None
    reason: str
    evidence: str

    def to_document(self, speak: Say = plain) -> dict[str, Any]:
        return {"can": self.can, "reason": speak(self.reason), "evidence": self.evidence}


@dataclass(frozen=True, slots=True)
class Check:
    """Something that was looked at in the files: `ok` is None where it could not be told."""

    name: str
    ok: bool | None
    detail: str = ""

    def to_document(self, speak: Say = plain) -> dict[str, Any]:
        return {"check": self.name, "ok": self.ok, "detail": speak(self.detail) if self.detail else ""}

    @classmethod
    def from_document(cls, kept: Mapping[str, Any]) -> Check:
        """From what `to_document(apart)` made of it."""
        return cls(kept["check"], kept["ok"], together(kept["detail"]) if kept["detail"] else "")


def deeds(components: Mapping[str, Component], *, api_only: bool) -> dict[str, Deed]:
    """Each word of `DEEDS` with its answer."""
    if api_only:
        closed = Deed(False, mark("It can only be called."), "C")
        return dict.fromkeys(DEEDS, closed)
    return {name: _deed(name, components) for name in DEEDS}


def _deed(name: str, components: Mapping[str, Component]) -> Deed:
    takes = list(_TAKES[name])
    if name in ("run", "fine_tune") and components.get("weights", NOBODY_LOOKED).shown:
        takes += [key for key in _TO_LOAD if key in components]
    found = {key: components.get(key, NOBODY_LOOKED) for key in takes}
    gone = [key for key, one in found.items() if _is_gone(one, name)]
    open_ = [key for key, one in found.items() if key not in gone and one.status == "absent"]
    if gone:
        return Deed(False, joined(_why_gone(key, found[key]) for key in gone), _weakest(found))
    if open_:
        return Deed(None, say("Not known: {parts}.", parts=_words(open_)), _weakest(found))
    return Deed(True, say("By {parts}.", parts=_words(list(found))), _weakest(found))


def _is_gone(one: Component, deed: str) -> bool:
    """Absent after somebody looked, in pieces, or only a part where all of it is taken."""
    if one.status == "absent":
        return one.looked
    return one.form == "incomplete" or (not one.whole and deed in _WHOLE)


def _why_gone(key: str, one: Component) -> str:
    if one.status == "absent":
        return say("Missing: {parts}.", parts=COMPONENTS[key])
    if not one.lacks:
        return say("Only part of {parts}.", parts=COMPONENTS[key])
    return say("Only part of {parts}; wanting: {why}.", parts=COMPONENTS[key], why=joined(one.lacks, ", "))


def _weakest(found: Mapping[str, Component]) -> str:
    seen = [one.evidence if one.shown else "C" for one in found.values()]
    return max(seen, default="C")


def _words(keys: list[str]) -> str:
    return joined((COMPONENTS[key] for key in keys), ", ")


def grade_of(answers: Mapping[str, Deed]) -> tuple[Usability, str]:
    """The axis: the most that can be done, and the sentence for it."""
    if answers["run"].can is None:
        return Usability.UNKNOWN, mark("Whether the weights are there is not known.")
    if not answers["run"].can:
        return Usability.NOTHING, say("It cannot be run. {why}", why=answers["run"].reason)
    how = mark("by the files present") if answers["run"].evidence in ("A", "B") else mark("as claimed")
    if answers["retrain"].can:
        return Usability.RETRAIN, say("It can be run, adapted and trained again, {how}.", how=how)
    if answers["fine_tune"].can:
        return Usability.ADAPT, say("It can be run and adapted, {how}.", how=how)
    return Usability.RUN, say("It can be run, {how}.", how=how)
