"""The report of a comparison: what goes into the row of a tuning, the card and the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final, Self

from commonweight.tuning.judging.values import Verdict

FORMAT: Final = "commonweight.judging/1"


@dataclass(frozen=True)
class Score:
    """A mean over `items` with its 95 % interval; shares between 0 and 1 (of `margin`: nats a token)."""

    value: float
    low: float
    high: float
    items: int


@dataclass(frozen=True)
class Difference:
    """
    Contestant less base on the same items, with its 95 % interval. `p` is McNemar's exact one, of yes/no measures alone.
    `needed`: how many items would tell a difference of the size seen (or of the margin, where that is larger); None where
    these do.
    """

    value: float
    low: float
    high: float
    items: int
    won: int
    lost: int
    p: float | None = None
    needed: int | None = None


@dataclass(frozen=True)
class Behaviour:
    """
    How a model answers, right or wrong. `stops`: share of answers that end by themselves; `length`: middle number of
    characters; `different`: share of answers that differ from each other; `commonest`: share of the most frequent one;
    `failed`: questions that got no answer.
    """

    stops: float
    length: float
    different: float
    commonest: float
    failed: int = 0


class Doubt(StrEnum):
    """Why the word of a model that judges does not count."""

    NONE = ""
    UNREAD = "unread"  # most of its verdicts name no answer
    ORDER = "order"  # it contradicts itself when the order of the answers is swapped
    KNOWN = "known"  # it cannot tell the expected answer from that to another item


@dataclass(frozen=True)
class JudgedBy:
    """
    The model that judged, and how it did. `steady`: the share of items of which it said the same in both orders; `known`: of
    pairs whose better answer is known, the share that it told, None where there were none; `unread`: verdicts of it that
    named no answer.
    """

    model: str
    steady: float
    known: float | None
    unread: int
    doubt: Doubt = Doubt.NONE


@dataclass(frozen=True)
class Example:
    """An item that one answered better than the other, side by side. `item` counts from 0 in the held-out file."""

    item: int
    question: str
    target: str
    base: str
    tuned: str


@dataclass(frozen=True)
class Measure:
    """`yes_no`: each item is right or wrong. `title` is for people, `source` says where it comes from."""

    name: str
    title: str
    yes_no: bool
    source: str = ""

    @property
    def in_nats(self) -> bool:
        """Not a share: shown as it is, and no points."""
        return "nats" in self.title


@dataclass(frozen=True)
class Result:
    """
    One contestant against the base. `scores`, `differences` by the name of the measure; those of labels besides in `classes`
    (share right of each). `forgetting` is the difference on the general set; `quantising` that to what it was quantised
    from, `too_far` where it lost more by that than the limit allows. `judged_by`: of free texts, where a model judged.
    """

    label: str
    model: str
    verdict: Verdict
    sentence: str
    scores: Mapping[str, Score]
    differences: Mapping[str, Difference]
    behaviour: Behaviour
    classes: Mapping[str, Score] = field(default_factory=dict)
    forgetting: Difference | None = None
    quantising: Difference | None = None
    too_far: bool = False
    won: Sequence[Example] = ()
    lost: Sequence[Example] = ()
    warnings: Sequence[str] = ()
    artefact: str = ""
    about: Mapping[str, Any] = field(default_factory=dict)
    judged_by: JudgedBy | None = None


@dataclass(frozen=True)
class Base:
    """How the base did on the same items."""

    label: str
    model: str
    scores: Mapping[str, Score]
    behaviour: Behaviour
    classes: Mapping[str, Score] = field(default_factory=dict)
    general: Score | None = None
    artefact: str = ""
    about: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """
    `targets` is what the answers look like (json, label, tools, text); `primary` the measure that decides. `verdict` is that
    of the first contestant, the one that is served. `settings`: sampling, seed, hashes, versions: what the scores rest on.
    """

    targets: str
    primary: str
    measures: Sequence[Measure]
    items: int
    items_hash: str
    base: Base
    results: Sequence[Result]
    settings: Mapping[str, Any]
    warnings: Sequence[str] = ()

    @property
    def verdict(self) -> Verdict:
        return self.results[0].verdict if self.results else Verdict.CANNOT_TELL

    @property
    def sentence(self) -> str:
        return self.results[0].sentence if self.results else "Nothing was compared."

    def to_json(self, *, examples: bool = True) -> dict[str, Any]:
        """
        Plain values. Without `examples` nothing of the held-out data is in it: for the card and whoever may not see that.
        """
        document = {"format": FORMAT, "verdict": self.verdict.value, "sentence": self.sentence, **asdict(self)}
        if not examples:
            for result in document["results"]:
                result.update(won=[], lost=[], classes={})
            document["base"]["classes"] = {}
        return document

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The report that `to_json` wrote. Raises KeyError or ValueError for anything else."""
        if document["format"] != FORMAT:
            raise ValueError(f"The report has the format {document['format']!r}; {FORMAT!r} was expected.")
        return cls(
            targets=document["targets"],
            primary=document["primary"],
            measures=[Measure(**one) for one in document["measures"]],
            items=document["items"],
            items_hash=document["items_hash"],
            base=_base(document["base"]),
            results=[_result(one) for one in document["results"]],
            settings=document["settings"],
            warnings=document["warnings"],
        )


def _base(document: Mapping[str, Any]) -> Base:
    general = document["general"]
    read = {
        "scores": _scores(document["scores"]),
        "classes": _scores(document["classes"]),
        "behaviour": Behaviour(**document["behaviour"]),
        "general": Score(**general) if general else None,
    }
    return Base(**{**document, **read})


def _result(document: Mapping[str, Any]) -> Result:
    read = {
        "verdict": Verdict(document["verdict"]),
        "scores": _scores(document["scores"]),
        "classes": _scores(document["classes"]),
        "differences": {name: Difference(**one) for name, one in document["differences"].items()},
        "behaviour": Behaviour(**document["behaviour"]),
        "won": [Example(**one) for one in document["won"]],
        "lost": [Example(**one) for one in document["lost"]],
    }
    optional = {name: Difference(**document[name]) if document[name] else None for name in ("forgetting", "quantising")}
    judged_by = document.get("judged_by")  # reports from before have none
    seen = JudgedBy(**{**judged_by, "doubt": Doubt(judged_by["doubt"])}) if judged_by else None
    return Result(**{**document, **read, **optional, "judged_by": seen})


def _scores(document: Mapping[str, Any]) -> dict[str, Score]:
    return {name: Score(**one) for name, one in document.items()}
