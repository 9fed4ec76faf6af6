"""
How open a release is: four axes that are never one badge, and a label by which the worst wins (docs/rights.md).

Completeness follows the component table of the Model Openness Framework (classes III, II, I). Only what was found in
the files (evidence A) or behind a link that was followed (B) counts as released; what a card says (C) is a claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from typing import Any, Final

from commonweight.rights.documents import parse_document
from commonweight.rights.records import Records

STATUSES: Final = ("released", "partial", "info", "absent", "unknown")
ACCESSES: Final[dict[str, str]] = {
    "open": "Anyone can get it without being screened.",
    "click-through": "Anyone can get it after accepting terms.",
    "form": "It is given out against a form with personal data.",
    "manual_approval": "Somebody decides who gets it.",
    "api_only": "It can only be called, not had.",
    "unknown": "How to get it is not known.",
}
COMPONENTS: Final[dict[str, str]] = {
    "weights": "the trained weights",
    "tokenizer": "the tokenizer",
    "config": "the configuration",
    "architecture_code": "the architecture",
    "paper": "a technical report or paper",
    "evaluation_results": "evaluation results",
    "model_card": "a model card",
    "data_information": "a description of the training data",
    "training_code": "the training code",
    "inference_code": "the inference code",
    "evaluation_code": "the evaluation code",
    "evaluation_data": "the evaluation data",
    "data": "the training data",
    "preprocessing_code": "the code that prepared the data",
    "intermediate_checkpoints": "intermediate checkpoints",
}
_CLASS_3: Final = ("weights", "architecture_code", "paper", "evaluation_results", "model_card", "data_information")
_CLASS_2: Final = (*_CLASS_3, "training_code", "inference_code", "evaluation_code", "evaluation_data")
_CLASS_1: Final = (*_CLASS_2, "data", "preprocessing_code", "intermediate_checkpoints")
_ARTEFACT_OF: Final = {
    "weights": "weights",
    "intermediate_checkpoints": "weights",
    "tokenizer": "tokenizer",
    "training_code": "training_code",
    "preprocessing_code": "training_code",
    "evaluation_code": "training_code",
    "architecture_code": "inference_code",
    "inference_code": "inference_code",
    "data": "data",
    "evaluation_data": "data",
}
_OPEN: Final = frozenset({"open", "open_but_unsuited"})


class Completeness(StrEnum):
    """Which parts were released."""

    OPEN_SCIENCE = "open_science"
    OPEN_TOOLING = "open_tooling"
    OPEN_MODEL = "open_model"
    PARTS = "parts"
    NOTHING = "nothing"
    UNKNOWN = "unknown"


class Legal(StrEnum):
    """Under which terms the weights are."""

    OPEN = "open"
    OPEN_BUT_UNSUITED = "open_but_unsuited"
    USE_RESTRICTED = "use_restricted"
    SIZE_OR_FEE_RESTRICTED = "size_or_fee_restricted"
    NON_COMMERCIAL = "non_commercial"
    NONE_OR_UNKNOWN = "none_or_unknown"


class Usability(StrEnum):
    """What can be done with what is there."""

    RETRAIN = "retrain"
    ADAPT = "adapt"
    RUN = "run"
    NOTHING = "nothing"
    UNKNOWN = "unknown"


class Label(StrEnum):
    """The short word, worst wins. It never says anything about usability."""

    OPEN_MODEL = "open_model"
    PERMISSIVE = "open_weights_permissive"
    USE_RESTRICTED = "open_weights_use_restricted"
    RESTRICTED = "open_weights_restricted"
    RESEARCH_ONLY = "research_only"
    CLOSED = "closed_api"
    UNKNOWN = "unknown_terms"


LABELS: Final[dict[str, str]] = {
    "open_model": "open model",
    "open_weights_permissive": "open weights, permissive",
    "open_weights_use_restricted": "open weights, use-restricted",
    "open_weights_restricted": "open weights, restricted by size, fee or territory",
    "research_only": "research only",
    "closed_api": "closed, by API only",
    "unknown_terms": "unknown terms",
}
_LABEL_OF: Final = {
    Legal.OPEN: Label.PERMISSIVE,
    Legal.OPEN_BUT_UNSUITED: Label.PERMISSIVE,
    Legal.USE_RESTRICTED: Label.USE_RESTRICTED,
    Legal.SIZE_OR_FEE_RESTRICTED: Label.RESTRICTED,
    Legal.NON_COMMERCIAL: Label.RESEARCH_ONLY,
    Legal.NONE_OR_UNKNOWN: Label.UNKNOWN,
}
_LEGAL_SENTENCES: Final = {
    Legal.OPEN: "may be used, changed and passed on for any purpose",
    Legal.OPEN_BUT_UNSUITED: "may be used for any purpose under conditions unusual for models",
    Legal.USE_RESTRICTED: "may not be used for a list of purposes",
    Legal.SIZE_OR_FEE_RESTRICTED: "is restricted by size, fee, registration or territory",
    Legal.NON_COMMERCIAL: "is for research or non-commercial use only",
    Legal.NONE_OR_UNKNOWN: "gives no rights that are known",
}


@dataclass(frozen=True, slots=True)
class Component:
    """`status` is a word of `STATUSES`; `evidence` is A (files), B (followed link), C (claim)."""

    status: str
    evidence: str = "C"
    detail: str = ""

    @property
    def shown(self) -> bool:
        """Released, and seen to be."""
        return self.status == "released" and self.evidence in ("A", "B")


@dataclass(frozen=True, slots=True)
class Axis:
    """One answer with its reason; `evidence` is the weakest among the parts that it rests on."""

    grade: str
    reason: str
    evidence: str

    def to_document(self) -> dict[str, str]:
        return {"grade": self.grade, "reason": self.reason, "evidence": self.evidence}


@dataclass(frozen=True, slots=True)
class Openness:
    """`missing` names the parts still wanting for the next class; `can` says what the release lets one do."""

    completeness: Axis
    legal: Axis
    access: Axis
    usability: Axis
    label: Label
    missing: tuple[str, ...]
    can: Mapping[str, bool | None]

    @property
    def sentence(self) -> str:
        return LABELS[self.label.value].capitalize() + "."

    def to_document(self) -> dict[str, Any]:
        return {
            "completeness": self.completeness.to_document(),
            "legal": self.legal.to_document(),
            "access": self.access.to_document(),
            "usability": self.usability.to_document(),
            "label": self.label.value,
            "label_text": LABELS[self.label.value],
            "missing": list(self.missing),
            "can": dict(self.can),
        }


class LicenceClasses:
    """The openness class of a licence key: from its record, else from the packaged table, else unknown."""

    def __init__(self, records: Records, table: Mapping[str, tuple[Legal, str]]) -> None:
        self._records = records
        self._table = table

    def of(self, key: str) -> tuple[Legal, str]:
        """The class and the evidence mark for it."""
        recorded = self._records.named(key)
        if recorded:
            return Legal(recorded[-1].openness), "text"
        return self._table.get(key.lower(), (Legal.NONE_OR_UNKNOWN, "unverified"))


def load_licence_classes(records: Records) -> LicenceClasses:
    """The table that comes with the package, over the records given."""
    text = resources.files("commonweight.rights").joinpath("licence_classes.yaml").read_text(encoding="utf-8")
    table = {
        key: (Legal(legal), evidence)
        for legal, by_evidence in parse_document(text, "licence_classes.yaml").items()
        for evidence, keys in by_evidence.items()
        for key in keys
    }
    return LicenceClasses(records, table)


def grade_openness(
    components: Mapping[str, Component], licences: Mapping[str, str], access: str, classes: LicenceClasses
) -> Openness:
    """
    The four axes and the label.

    `components` by the words of `COMPONENTS` (one not given is unknown); `licences` by artefact, `*` for all others;
    `access` is a word of `ACCESSES`. A part counts for completeness only where its licence is open or it is a document.
    """
    legal = _legal(components, licences, access, classes)
    completeness, missing = _completeness(components, licences, access, classes)
    usability, can = _usability(components, access)
    word = access if access in ACCESSES else "unknown"
    label = _label(Legal(legal.grade), components, word, completeness)
    return Openness(completeness, legal, Axis(word, ACCESSES[word], "C"), usability, label, missing, can)


def _licence(artefact: str, licences: Mapping[str, str]) -> str:
    return licences.get(artefact) or licences.get("*") or "none"


def _legal(components: Mapping[str, Component], licences: Mapping[str, str], access: str, classes: LicenceClasses) -> Axis:
    key = _licence("weights", licences)
    grade, evidence = classes.of(key)
    if access == "api_only" or components.get("weights", Component("unknown")).status == "absent":
        return Axis(Legal.NONE_OR_UNKNOWN.value, "The weights are not given out.", "C")
    reason = f"The weights are under {key}: what is under it {_LEGAL_SENTENCES[grade]} ({evidence})."
    if key == "none":
        reason = "No licence was found for the weights."
    return Axis(grade.value, reason, "C" if evidence in ("secondary", "unverified") else "B")


def _completeness(
    components: Mapping[str, Component], licences: Mapping[str, str], access: str, classes: LicenceClasses
) -> tuple[Axis, tuple[str, ...]]:
    """The class by what was seen; where nothing was seen, what is claimed, and said to be."""
    if access == "api_only" or components.get("weights", Component("unknown")).status == "absent":
        return Axis(Completeness.NOTHING.value, "Nothing of the model itself is given out.", "C"), ("weights",)
    released = {name for name, part in components.items() if part.status == "released"}
    if not released:
        return Axis(Completeness.UNKNOWN.value, "Which parts were released is not known.", "C"), ()
    counted = {name for name in released if _is_open(name, licences, classes)}
    grade, missing = _class_of(counted)
    seen = all(components[name].shown for name in released)  # also where no part counts: nothing was checked then
    words = ", ".join(COMPONENTS[name] for name in _CLASS_1 if name in counted) or "no part under open terms"
    how = "Found" if seen else "Claimed by the maker, not checked"
    lacking = "Missing, or not under open terms," if released.intersection(missing) - counted else "Missing"
    reason = f"{how}: {words}. {lacking} for the next class: {', '.join(COMPONENTS[name] for name in missing)}."
    if not missing:
        reason = f"{how}: every part of the framework."
    return Axis(grade.value, reason, "A" if seen else "C"), missing


def _is_open(component: str, licences: Mapping[str, str], classes: LicenceClasses) -> bool:
    """Documents count without a licence of their own; the framework is stricter there, and we say so in the docs."""
    artefact = _ARTEFACT_OF.get(component)
    return artefact is None or classes.of(_licence(artefact, licences))[0].value in _OPEN


def _class_of(counted: Iterable[str]) -> tuple[Completeness, tuple[str, ...]]:
    have = set(counted)
    ladder = (
        (Completeness.PARTS, _CLASS_3),
        (Completeness.OPEN_MODEL, _CLASS_2),
        (Completeness.OPEN_TOOLING, _CLASS_1),
    )
    for below, needed in ladder:
        missing = tuple(name for name in needed if name not in have)
        if missing:
            return below, missing
    return Completeness.OPEN_SCIENCE, ()


def _usability(components: Mapping[str, Component], access: str) -> tuple[Axis, dict[str, bool | None]]:
    def has(*names: str) -> bool | None:
        known = [components.get(name, Component("unknown")).status for name in names]
        if access == "api_only" or "absent" in known or "info" in known:
            return False
        return True if all(status == "released" for status in known) else None

    can = {
        "run": has("weights"),
        "fine_tune": has("weights"),
        "reproduce_evaluation": has("weights", "evaluation_code"),
        "retrain": has("training_code", "data", "preprocessing_code"),
        "audit_data": has("data"),
    }
    parts = [components[name] for name in ("weights", "tokenizer", "config") if name in components]
    evidence = "A" if parts and all(part.shown for part in parts) else "C"
    if can["run"] is None:
        return Axis(Usability.UNKNOWN.value, "Whether the weights are there is not known.", evidence), can
    if not can["run"]:
        return Axis(Usability.NOTHING.value, "There are no weights to run.", evidence), can
    grade = Usability.RETRAIN if can["retrain"] else Usability.ADAPT
    what = "It can be run, adapted and trained again" if can["retrain"] else "It can be run and adapted"
    return Axis(grade.value, f"{what}, {'by the files present' if evidence == 'A' else 'as claimed'}.", evidence), can


def _label(legal: Legal, components: Mapping[str, Component], access: str, completeness: Axis) -> Label:
    """Worst wins. 'Open model' needs evidence from the files; 'open source AI' is not given before OSAID is checked."""
    if access == "api_only" or components.get("weights", Component("unknown")).status == "absent":
        return Label.CLOSED
    full = completeness.grade in (Completeness.OPEN_MODEL, Completeness.OPEN_TOOLING, Completeness.OPEN_SCIENCE)
    if legal is Legal.OPEN and full and completeness.evidence == "A":
        return Label.OPEN_MODEL
    return _LABEL_OF[legal]
