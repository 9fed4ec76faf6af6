"""
What verdicts do here. For each area of acts and each value, a list of measures; pure, so that a dry run decides as
the hot path.

    warn               say it, and stop nothing
    require_approval   neither download nor serving before somebody approved
    refuse_download    bytes go to nobody but those who may write there
    refuse_serving     no engine runs it
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from commonweight.errors import InvalidInput
from commonweight.rights import VALUES

AREAS: Final[Mapping[str, tuple[str, ...]]] = {
    "running": ("evaluate", "use_internally", "offer_product", "host"),
    "passing_on": ("modify", "redistribute", "publish_derivative"),
    "answers": ("train_on_outputs", "share_outputs"),
}
MEASURES: Final = ("warn", "require_approval", "refuse_download", "refuse_serving")
DRAFTS: Final = ("warn", "count")
STALE: Final = ("hold", "void")
DRAFT: Final = "draft"
_STRICT: Final = {"prohibited": ["refuse_serving"], "needs_permission": ["refuse_serving"]}
_DOUBTFUL: Final = {"unclear": ["warn"], "unknown": ["warn"]}
DEFAULT_DOCUMENT: Final[Mapping[str, Any]] = {
    "areas": {area: {**_STRICT, **_DOUBTFUL} for area in AREAS},
    "drafts": "warn",
    "stale_approvals": "hold",
}


class InvalidPolicy(InvalidInput):
    code = "invalid_policy"


@dataclass(frozen=True)
class Met:
    """A measure that a verdict meets, for the act and value that ask for it."""

    measure: str
    act: str
    value: str


@dataclass(frozen=True)
class Rules:
    """
    `areas`: by area and value, measures. With `drafts_warn`, what rests on draft records alone only warns. With
    `stale_void` an approval lets nothing through once what it rested on has changed.
    """

    areas: Mapping[str, Mapping[str, tuple[str, ...]]]
    drafts_warn: bool = True
    stale_void: bool = False

    @classmethod
    def from_document(cls, document: Any) -> Rules:
        """Raises InvalidPolicy naming what came and what was expected."""
        if not isinstance(document, Mapping):
            raise InvalidPolicy(
                f"A policy is a mapping; got {type(document).__name__}.", hint="GET /cw/v1/policy shows one."
            )
        _known("policy", document, DEFAULT_DOCUMENT)
        areas = document.get("areas", DEFAULT_DOCUMENT["areas"])
        _known("area", areas, AREAS)
        found = {area: _values(area, values) for area, values in areas.items()}
        drafts, stale = document.get("drafts", DRAFTS[0]), document.get("stale_approvals", STALE[0])
        _known("word for drafts", {drafts: None}, DRAFTS)
        _known("word for stale_approvals", {stale: None}, STALE)
        return cls(found, drafts == "warn", stale == "void")

    def to_document(self) -> dict[str, Any]:
        areas = {area: {value: list(found) for value, found in values.items()} for area, values in self.areas.items()}
        drafts, stale = DRAFTS[not self.drafts_warn], STALE[self.stale_void]
        return {"areas": areas, "drafts": drafts, "stale_approvals": stale}

    def met(self, acts: Mapping[str, Sequence[str]]) -> tuple[Met, ...]:
        """What a verdict meets: `acts` gives of each act its value, and the best review of the records behind it."""
        found = []
        for area, names in AREAS.items():
            for act in names:
                value, review = acts.get(act, ("", ""))
                for measure in self.areas.get(area, {}).get(value, ()):
                    is_draft = self.drafts_warn and review == DRAFT
                    found.append(Met("warn" if is_draft else measure, act, value))
        return tuple(dict.fromkeys(found))

    @property
    def touches_downloads(self) -> bool:
        """Whether any verdict could stop a download: where none can, nobody has to be asked."""
        stops = {"require_approval", "refuse_download"}
        return any(not stops.isdisjoint(found) for values in self.areas.values() for found in values.values())


def _values(area: str, values: Any) -> dict[str, tuple[str, ...]]:
    _known(f"value of {area}", values, VALUES)
    for value, measures in values.items():
        if not isinstance(measures, Sequence) or isinstance(measures, str):
            raise InvalidPolicy(f"The measures of {area}.{value} are a list; got {measures!r}.")
        _known(f"measure of {area}.{value}", dict.fromkeys(map(str, measures)), MEASURES)
    return {value: tuple(dict.fromkeys(measures)) for value, measures in values.items()}


def _known(what: str, given: Any, words: Any) -> None:
    if not isinstance(given, Mapping):
        raise InvalidPolicy(f"The {what} is a mapping; got {type(given).__name__}.")
    unknown = sorted(str(word) for word in given if word not in words)
    if unknown:
        raise InvalidPolicy(f"{unknown[0]!r} is no {what}; expected one of {', '.join(words)}.")


DEFAULT_RULES: Final = Rules.from_document(DEFAULT_DOCUMENT)
