"""What the files of a revision say of its licence, beside what its card claims."""

from __future__ import annotations

from dataclasses import dataclass

from commonweight.web.contexts.fields import says
from commonweight.web.contexts.frame import Word


@dataclass(frozen=True)
class NamedLicence:
    title: str = says("How people call it; its key where nothing else is known.")
    href: str = says("The page of its record; empty where there is none.")
    note: str = says("A mark beside it: rules of use, or not recorded; empty for a licence with a record.")


@dataclass(frozen=True)
class LikenedLicence:
    licence: NamedLicence = says("The licence.")
    level: int = says("The score, in percent of a known text that is this one.")
    score: str = says("The score, with as many digits as matter.")
    held: str = says("How much of its text stands here.")
    foreign: str = says("How much of what stands here is not its.")


@dataclass(frozen=True)
class TextPiece:
    kind: str = says("same, missing (only in the known text), foreign (only here) or gap (left out).")
    text: str = says("The words.")


@dataclass(frozen=True)
class TextView:
    path: str = says("Path of the file.")
    href: str = says("Where it can be read.")
    word: Word = says("What became of it: identified, near, ...")
    by: Word | None = says("How that is known: by digest or by the matcher; None while it is not.")
    folder: str = says("The folder that it speaks of; empty for everything.")
    artefacts: tuple[str, ...] = says("What of that it speaks of; empty for everything.")
    licences: tuple[LikenedLicence, ...] = says("What it is, or what it is nearest to.")
    is_near: bool = says("Whether those are only near.")
    diff: tuple[TextPiece, ...] = says("What differs from the nearest known text.")
    problem: str = says("Why it could not be read; empty where it could.")
    is_of_card: bool = says("Whether it is a section of the card.")


@dataclass(frozen=True)
class EffectiveView:
    artefact: str = says("What of the model: weights, code, ...")
    licences: tuple[NamedLicence, ...] = says("The licences that count for it.")


@dataclass(frozen=True)
class SayingView:
    path: str = says("Who says so: a file, or the card.")
    licences: tuple[NamedLicence, ...] = says("What it names.")
    is_card: bool = says("Whether it is the card's tag.")


@dataclass(frozen=True)
class DisagreementView:
    artefact: str = says("Of what: everything, weights, code, ...")
    sides: tuple[SayingView, ...] = says("Who says what.")


@dataclass(frozen=True)
class FilesSayView:
    declared: tuple[NamedLicence, ...] = says("What the card's tags name.")
    effective: tuple[EffectiveView, ...] = says("What counts, from card and files together.")
    disagreements: tuple[DisagreementView, ...] = says("Where card and files say different things.")
    texts: tuple[TextView, ...] = says("Each licence text.")
    waiting: int = says("How many of them are still to be read.")
    install: str = says("The command that installs a matcher; empty where there is one, or nothing to compare.")
    address: str = says("The same for programs.")
