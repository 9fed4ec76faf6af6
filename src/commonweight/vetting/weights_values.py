"""What headers of weights claim, as other rooms hold it in their hands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from commonweight.hub import Step


@dataclass(frozen=True, slots=True)
class FileClaims:
    """
    What one file says: a licence (`licence_name` is what `other` stands for), the models it was made from and how, its own
    title and architecture. `note` says in a sentence why less was read than there is.
    """

    licence: str = ""
    licence_name: str = ""
    bases: tuple[str, ...] = ()
    relation: str = ""  # a word of the lineage
    title: str = ""
    architecture: str = ""
    note: str = ""

    def to_document(self) -> dict[str, Any]:
        return {key: value for key, value in asdict(self).items() if value}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> FileClaims:
        return cls(**{**document, "bases": tuple(document.get("bases", ()))})


@dataclass(frozen=True, slots=True)
class LicenceClaim:
    """A licence as a header names it, and in which file."""

    tag: str
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class BaseClaim:
    """A base model as a file names it, by which relation, and in which file."""

    name: str
    relation: str
    path: str


@dataclass(frozen=True, slots=True)
class Claims:
    """What all headers of a commit say together. `notes` are pairs of path and sentence."""

    licences: tuple[LicenceClaim, ...] = ()
    bases: tuple[BaseClaim, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()

    def to_document(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Claims:
        return cls(
            tuple(LicenceClaim(**one) for one in document["licences"]),
            tuple(BaseClaim(**one) for one in document["bases"]),
            tuple((path, text) for path, text in document["notes"]),
        )


@dataclass(frozen=True, slots=True)
class Said:
    """What counts of it beside the card: licences named by headers, and steps that the card does not name."""

    licences: tuple[LicenceClaim, ...] = ()
    steps: tuple[Step, ...] = ()
