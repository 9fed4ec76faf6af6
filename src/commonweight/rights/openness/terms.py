"""Which licence a component is under, and whether that counts as open for its kind (docs/openness.md, Terms)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from typing import Any, Final

from commonweight.rights.documents import parse_document
from commonweight.rights.openness.classes import NO_LICENCE, Legal, LicenceClasses
from commonweight.rights.openness.framework import CODE, DATA, DOCUMENT, Part
from commonweight.rights.said import Say, mark, plain, say
from commonweight.rights.spdx import alternatives_of

_OPEN_CLASSES: Final = (Legal.OPEN, Legal.OPEN_BUT_UNSUITED)
_CODE_ARTEFACTS: Final = ("inference_code", "training_code")
SOURCES: Final[dict[str, str]] = {
    "own": mark("named for this component"),
    "kind": mark("named for the other code"),
    "distribution": mark("named for the whole release"),
    "elsewhere": mark("of where it lies"),
    "none": mark("no licence was found"),
}


@dataclass(frozen=True, slots=True)
class LicenceIds:
    """SPDX ids in lower case: what is open for a kind, and what suits it."""

    open_for: Mapping[str, frozenset[str]]
    suited_to: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class PartTerms:
    """
    The terms of one component. `keys` all apply; `legal` is the worst of them, `open_but_unsuited` where they are open and
    the framework lists no such licence for this kind. `counts` says whether the framework lets it pass.
    """

    keys: tuple[str, ...]
    source: str
    legal: Legal
    counts: bool
    warning: str = ""

    def to_document(self, speak: Say = plain) -> dict[str, Any]:
        return {
            "licences": list(self.keys),
            "source": self.source,
            "class": self.legal.value,
            "counts": self.counts,
            "warning": speak(self.warning) if self.warning else "",
        }


@lru_cache(maxsize=1)  # one packaged file
def licence_ids() -> LicenceIds:
    """The packaged lists."""
    text = resources.files("commonweight.rights.openness").joinpath("licence_ids.yaml").read_text(encoding="utf-8")
    lists = parse_document(text, "licence_ids.yaml")
    code = [*lists["osi_approved"], *lists["fsf_libre"], *lists["any_kind"]]
    data = [*code, *lists["open_data"]]
    opened = {CODE: code, DATA: data, DOCUMENT: [*data, *lists["open_document"]]}
    return LicenceIds(
        {kind: _lower(ids) for kind, ids in opened.items()}, {k: _lower(v) for k, v in lists["suited"].items()}
    )


def _lower(ids: Iterable[str]) -> frozenset[str]:
    return frozenset(name.lower() for name in ids)


def terms_of(
    part: Part, licences: Mapping[str, tuple[str, ...]], classes: LicenceClasses, under: tuple[str, ...] = ()
) -> PartTerms:
    """
    The terms of a component: those of where it lies (`under`), else its own licence, else that of its kind, else that of the
    whole release (`*`).

    `licences` maps artefacts to the keys that apply to them together.
    """
    keys, source = (_named(under), "elsewhere") if under else resolved(part, licences)
    if not keys:
        where = source if source == "elsewhere" else "none"
        return PartTerms((), where, Legal.NONE_OR_UNKNOWN, counts=False)
    judged = [judge(key, part.kind, classes) for key in keys]
    worst = max(judged, key=lambda one: (one.legal.rank, not one.counts))
    return PartTerms(keys, source, worst.legal, all(one.counts for one in judged), worst.warning)


def resolved(part: Part, licences: Mapping[str, tuple[str, ...]]) -> tuple[tuple[str, ...], str]:
    """The keys that apply to a component, and a word of `SOURCES` for where they were named."""
    if own := _named(licences.get(part.artefact, ())):
        return own, "own"
    if part.kind == CODE:
        for other in _CODE_ARTEFACTS:
            if kin := _named(licences.get(other, ())):
                return kin, "kind"
    return _named(licences.get("*", ())), "distribution"


def _named(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Nothing where no licence is named; a part without one beside others stays, and does not count."""
    return () if set(keys) <= {NO_LICENCE} else keys


def judge(key: str, kind: str, classes: LicenceClasses) -> PartTerms:
    """What one licence is for one kind of component; of an SPDX expression the best choice that it leaves."""
    ways = [[_judge_name(name.key, kind, classes) for name in way] for way in alternatives_of(key)]
    worst = [max(way, key=lambda one: (one.legal.rank, not one.counts)) for way in ways]
    best = min(worst, key=lambda one: (not one.counts, one.legal.rank))
    return replace(best, keys=(key,))


def _judge_name(key: str, kind: str, classes: LicenceClasses) -> PartTerms:
    ids, lists = classes.spdx(key), licence_ids()
    is_open = any(name in lists.open_for[kind] for name in ids)
    suited = any(name in lists.suited_to[kind] for name in ids)
    legal, _evidence = classes.of(key)
    one = (key,)
    if is_open and suited:
        return PartTerms(one, "", Legal.OPEN, counts=True)
    if is_open:
        return PartTerms(
            one, "", Legal.OPEN_BUT_UNSUITED, counts=True, warning=say(_UNLISTED, licence=key, kind=_KINDS[kind])
        )
    if legal is Legal.OPEN and kind != CODE:
        return PartTerms(one, "", Legal.OPEN_BUT_UNSUITED, counts=True, warning=say(_OURS, licence=key))
    if legal in _OPEN_CLASSES:
        return PartTerms(
            one, "", Legal.OPEN_BUT_UNSUITED, counts=False, warning=say(_NO_LIST, licence=key, kind=_KINDS[kind])
        )
    return PartTerms(one, "", legal, counts=False)


_KINDS: Final = {CODE: mark("code"), DATA: mark("data and weights"), DOCUMENT: mark("documents")}
_UNLISTED: Final = mark(
    "{licence} is open; the framework prefers other licences for {kind}, so it passes with this warning."
)
_OURS: Final = mark("{licence} is open by our reading of it and on no list that the framework names.")
_NO_LIST: Final = mark("{licence} is not among the open licences that the framework knows for {kind}.")
