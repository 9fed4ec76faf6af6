"""Which components a release shows: from its paths, bounded contents, and what it refers to that is kept here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from commonweight.rights.openness.card import data_text
from commonweight.rights.openness.classes import NO_LICENCE
from commonweight.rights.openness.component import Component, SeenAt, strongest
from commonweight.rights.openness.framework import COMPONENTS, PARTS
from commonweight.rights.openness.release import LinkedData, Release, ReleaseFile
from commonweight.rights.openness.seen_code import see_code
from commonweight.rights.openness.seen_documents import claims_of_card, described, see_documents
from commonweight.rights.openness.seen_weights import see_weights
from commonweight.rights.openness.terms import resolved
from commonweight.rights.openness.usability import Check
from commonweight.rights.said import apart, joined, mark, say

_NO_DATA: Final = re.compile(r"(?:^|/)(?:README|LICEN[CS]E|COPYING|NOTICE|\.git)[^/]*$|\.(?:py|md|sh)$", re.IGNORECASE)

#: What a data set that is kept here can show of the model that was trained on it.
_OF_DATA = ("data", "data_information", "preprocessing_code")
_OF_TRAINING = ("training_code", "data", "data_information", "preprocessing_code")
_SAME_MODEL = frozenset({"quantise", "convert"})
_MADE_FROM = frozenset({"finetune", "merge", "prune", "distil_logits"})


#: Changes whenever the same files would show something else: what was seen by other rules is looked at again.
SEEN_BY: Final = "1"


@dataclass(frozen=True, slots=True)
class Seen:
    """Every word of `COMPONENTS` with what was seen of it, and what was looked at."""

    components: Mapping[str, Component]
    checks: tuple[Check, ...] = ()

    def to_document(self) -> dict[str, Any]:
        """For keeping; `from_document` reads it."""
        return {
            "components": {key: one.to_document(apart) for key, one in self.components.items()},
            "checks": [check.to_document(apart) for check in self.checks],
        }

    @classmethod
    def from_document(cls, kept: Mapping[str, Any]) -> Seen:
        components = {key: Component.from_document(one) for key, one in kept["components"].items()}
        return cls(components, tuple(Check.from_document(check) for check in kept["checks"]))


@dataclass(frozen=True, slots=True)
class Base:
    """
    A model that the release was made from, with what is known of its components, and its licences by artefact; `is_here`
    where it is kept here.
    """

    name: str
    relation: str
    components: Mapping[str, Component]
    is_here: bool
    licences: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def under(self, key: str) -> tuple[str, ...]:
        """The licences of one of its components."""
        return self.components[key].under or resolved(PARTS[key], self.licences)[0] if key in PARTS else ()


def see(release: Release) -> Seen:
    """What the files of a release show."""
    weights = see_weights(release)
    found = {**see_code(release, weights.gguf), **see_documents(release, weights.gguf)}
    for key, claim in claims_of_card(release).items():
        found[key] = strongest(found[key], claim)
    found["weights"], found["intermediate_checkpoints"] = weights.final, weights.intermediate
    return Seen({key: found[key] for key in COMPONENTS}, weights.checks)


def see_data_set(release: Release) -> Seen:
    """What the files of a data set show: its data, its card as the description of the data, its code."""
    documents = see_documents(release, {})
    card = release.file("README.md")
    files = tuple(one.seen for one in release.files if one.is_stored and _is_data(one))[:8]
    data = Component("released", "A", "", files) if files else Component(detail=mark("No data is here."))
    found = {"data": data, "data_information": documents["data_information"]}
    if card is not None and card.content is not None and not found["data_information"].shown:
        found["data_information"] = _card_of_data(release, card)
    found["preprocessing_code"] = see_code(release, {})["preprocessing_code"]
    return Seen(found)


def _is_data(file: ReleaseFile) -> bool:
    """Anything but the card, licences, code and git's own files."""
    return not _NO_DATA.search(file.path)


def _card_of_data(release: Release, card: ReleaseFile) -> Component:
    """The whole card of a data set speaks of the data."""
    text = data_text(release.text)
    return (
        described(text, card.seen) if text.is_description else Component(detail=mark("Its card does not describe the data."))
    )


def with_linked_data(seen: Seen, named: Iterable[str], linked: Iterable[LinkedData]) -> Seen:
    """
    What data sets that the card names, and that are kept here, add: evidence B. Where others that it names are not here,
    only part of the training data is.
    """
    linked = tuple(linked)
    found = dict(seen.components)
    training = [one for one in linked if one.role == "training"]
    lost = [name for name in named if name.lower() not in {one.name.lower() for one in linked}]
    for key in _OF_DATA:
        found[key] = strongest(found[key], _of_sets(key, training, lost)) if training else found[key]
    evaluation = [one for one in linked if one.role == "evaluation"]
    if evaluation:
        renamed = [
            replace(one, components={"evaluation_data": one.components.get("data", Component())}) for one in evaluation
        ]
        found["evaluation_data"] = strongest(found["evaluation_data"], _of_sets("evaluation_data", renamed, []))
    return replace(seen, components=found)


def _of_sets(key: str, linked: Sequence[LinkedData], lost: list[str]) -> Component:
    parts = [(one.name, one.components.get(key, Component())) for one in linked]
    shown = [(name, one) for name, one in parts if one.shown]
    if not shown:
        return Component(looked=False)
    files = tuple(replace(file, where=f"datasets/{name}") for name, one in shown for file in one.files[:2])[:8]
    gaps = [*lost, *(name for name, one in parts if not one.shown)]
    whole = not gaps and all(one.whole for _name, one in shown)
    lacks = dict.fromkeys(lack for _name, one in shown for lack in one.lacks)
    if gaps:
        lacks[say("what {names} hold, which are not here", names=joined(gaps, ", "))] = None
    detail = say("In {names}, kept here.", names=joined([name for name, _one in shown], ", "))
    under = dict.fromkeys(licence for one in linked for licence in (one.licences or (NO_LICENCE,)))
    return Component("released", "B", detail, files, whole=whole, lacks=tuple(lacks), under=tuple(under))


def with_bases(seen: Seen, bases: Iterable[Base]) -> Seen:
    """
    What the models that it was made from add, or leave open. Of the same model in other bits or another format, the
    original shows what the copy does not; of a tuned one the release shows its own stage only, so that the base's data and
    code are needed too.
    """
    found = dict(seen.components)
    for base in bases:
        for key in found:
            if base.relation in _SAME_MODEL:
                found[key] = _from_original(key, found[key], base)
            elif base.relation in _MADE_FROM and key in _OF_TRAINING:
                found[key] = _own_stage(found[key], base, key)
    return replace(seen, components=found)


def _from_original(key: str, own: Component, base: Base) -> Component:
    original = base.components.get(key, Component(looked=False))
    if key == "weights":
        return _weights_of_original(own, original, base)
    if own.counts or original.status == "absent":
        return own
    if base.is_here and original.shown:
        files = tuple(replace(file, where=file.where or base.name) for file in original.files)
        detail = say("With {base}, kept here.", base=base.name)
        return strongest(own, replace(original, evidence="B", detail=detail, files=files, under=base.under(key)))
    detail = say("Claimed of {base}.", base=base.name)
    told = replace(original, status="claimed", evidence="C", detail=detail, files=(), under=base.under(key))
    return strongest(own, told)


def _weights_of_original(own: Component, original: Component, base: Base) -> Component:
    if own.form != "quantised" or not original.is_said:
        return own
    if base.is_here and original.counts:
        files = (*own.files, *(SeenAt(file.path, file.digest, base.name) for file in original.files[:2]))
        detail = say("In fewer bits; the original is {base}, kept here.", base=base.name)
        return Component("released", "B", detail, files)
    return replace(own, detail=say("In fewer bits; the original is said to be {base}.", base=base.name))


def _own_stage(own: Component, base: Base, key: str) -> Component:
    if own.status == "absent":
        return own
    of_base = base.components.get(key, Component(looked=False))
    if (own.shown and of_base.counts) or (not own.shown and of_base.is_said):
        return own
    lack = say("the same for {base}, that it was made from", base=base.name)
    return replace(own, whole=False, lacks=(*own.lacks, lack))


def components_of_files(paths: Iterable[str]) -> dict[str, Component]:
    """Components that the names of files show. One that none shows is left out: that proves nothing about the maker."""
    release = Release(tuple(ReleaseFile(path) for path in paths))
    return {key: one for key, one in see(release).components.items() if one.status == "released"}
