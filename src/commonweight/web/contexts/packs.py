"""What an act owes, as files beside what lies in the repository."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from commonweight.web.contexts.fields import says
from commonweight.web.contexts.frame import Frame, Word
from commonweight.web.contexts.repository import Head


@dataclass(frozen=True)
class PackFileView:
    path: str = says("Its place in the repository.")
    about: str = says("What it is for.")
    state: Word = says("What adding it would do to what lies there.")
    at: str = says("Where the same lies already; empty where it does not.")
    text: str = says("Its text, or empty where it is none.")
    field: str = says("Name of its box in the form: add, replace; empty where there is nothing to add.")
    is_chosen: bool = says("Whether its box is ticked at first.")


@dataclass(frozen=True)
class PackDutyView:
    reason: str = says("What is owed.")
    cite: str = says("Title of the text and its clause.")
    state: Word = says("Missing, to be done by a person, prepared, done, met.")
    left: str = says("What is left to do, or empty.")


@dataclass(frozen=True)
class PackPage:
    template: ClassVar[str] = "pack.html"

    frame: Frame = says("What is around the page.")
    head: Head = says("Name, tags, tabs.")
    action: str = says("Address of this page, without its query.")
    acts: tuple[tuple[str, str, bool], ...] = says("Acts: key, name, whether it is the one shown.")
    name: str = says("The planned name, where one was given.")
    problem: str = says("Why nothing was added; empty where nothing went wrong.")
    refusal: str = says("Why there is no pack for this act; empty where there is one.")
    naming: Word | None = says("Whether the name passes; None where terms ask for none.")
    proposal: str = says("A name that passes, or empty.")
    files: tuple[PackFileView, ...] = says("The files, those that go along first.")
    duties: tuple[PackDutyView, ...] = says("Every duty with what became of it.")
    may_add: bool = says("Whether the reader may write to the repository, and there is something to add.")
    commit: str = says("The commit that was looked at: adding builds on it and on no other.")
    download: str = says("Address of all of it as a zip archive.")
    command: str = says("The command that writes the same.")
