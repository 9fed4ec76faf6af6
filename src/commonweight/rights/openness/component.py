"""One component of a release: whether it was released, how that is known, and where it was seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from commonweight.rights.said import Say, mark, plain, together

#: `claimed` rests on somebody's word; only `released` counts.
STATUSES: Final[dict[str, str]] = {
    "released": mark("It is there: found in the files, or behind a link that was followed."),
    "claimed": mark("Somebody says that it was released; nobody looked."),
    "absent": mark("It is not there."),
}
#: A: an artefact in the release. B: a link that leads to a pinned artefact held or checked here. C: a statement.
EVIDENCES: Final[dict[str, str]] = {
    "A": mark("seen in the release itself"),
    "B": mark("behind a link that was followed to something held here"),
    "C": mark("stated, not checked"),
    "-": mark("nothing"),
}
#: `quantised`: in fewer bits only, the original is elsewhere or withheld. `incomplete`: files of it are missing.
FORMS: Final = ("", "quantised", "incomplete")
#: Words of a catalogue for what a maker did with a component.
CLAIMS: Final = ("released", "partial", "info", "absent", "unknown")


@dataclass(frozen=True, slots=True)
class SeenAt:
    """A file that shows a component. `digest` as `sha256:…` or `git:…`; `where` names another repository, or a link."""

    path: str
    digest: str = ""
    where: str = ""

    def to_document(self) -> dict[str, str]:
        return {"path": self.path, "digest": self.digest, "where": self.where}

    @classmethod
    def from_document(cls, document: Mapping[str, str]) -> SeenAt:
        return cls(document["path"], document["digest"], document["where"])


@dataclass(frozen=True, slots=True)
class Component:
    """
    `status` is a word of `STATUSES`, `evidence` of `EVIDENCES`. `whole` is false where only some of it is there; such a
    component does not count. `looked` is false where nobody looked or said anything: then its absence proves nothing.
    `inside` names the component that carries this one. `lacks` says what keeps it from being whole or complete; `form` is a
    word of `FORMS` for weights that are not there as they were trained. `under` are the licences of where it lies, where
    that is not the release itself.
    """

    status: str = "absent"
    evidence: str = "-"
    detail: str = ""
    files: tuple[SeenAt, ...] = ()
    whole: bool = True
    looked: bool = True
    inside: str = ""
    lacks: tuple[str, ...] = ()
    form: str = ""
    under: tuple[str, ...] = ()

    @property
    def shown(self) -> bool:
        """Released, and seen to be."""
        return self.status == "released" and self.evidence in ("A", "B")

    @property
    def counts(self) -> bool:
        """All of it released, and seen to be."""
        return self.shown and self.whole

    @property
    def is_said(self) -> bool:
        """All of it released, seen or only claimed."""
        return self.status in ("released", "claimed") and self.whole

    def to_document(self, speak: Say = plain) -> dict[str, Any]:
        return {
            "status": self.status,
            "evidence": self.evidence,
            "detail": speak(self.detail) if self.detail else "",
            "files": [file.to_document() for file in self.files],
            "whole": self.whole,
            "looked": self.looked,
            "inside": self.inside,
            "lacks": [speak(one) for one in self.lacks],
            "form": self.form,
            "under": list(self.under),
        }

    @classmethod
    def from_document(cls, kept: Mapping[str, Any]) -> Component:
        """From what `to_document(apart)` made of it."""
        return cls(
            kept["status"],
            kept["evidence"],
            together(kept["detail"]) if kept["detail"] else "",
            tuple(SeenAt.from_document(file) for file in kept["files"]),
            kept["whole"],
            kept["looked"],
            kept["inside"],
            tuple(together(one) for one in kept["lacks"]),
            kept["form"],
            tuple(kept["under"]),
        )


NOBODY_LOOKED: Final = Component(looked=False, detail=mark("Nobody has looked, and nobody says anything of it."))
_DETAIL_OF_CLAIM: Final = {
    "released": mark("The catalogue says that it was released."),
    "partial": mark("The catalogue says that some of it was released."),
    "info": mark("Described by its maker, not released."),
    "absent": mark("Not released, says the catalogue."),
}


def claimed(word: str, detail: str = "") -> Component:
    """A component of which only somebody's word is known: a word of `CLAIMS`. Never more than evidence C."""
    text = detail or _DETAIL_OF_CLAIM.get(word, "")
    if word in ("released", "partial"):
        return Component("claimed", "C", text, whole=word == "released")
    if word in ("info", "absent"):
        return Component("absent", "C", text)
    return NOBODY_LOOKED


def strongest(found: Component, other: Component) -> Component:
    """Of two descriptions of one component the one that shows more; the first of two alike."""

    def rank(one: Component) -> tuple[bool, bool, bool, bool]:
        return (one.counts, one.shown, one.status == "claimed", one.looked)

    return found if rank(found) >= rank(other) else other
