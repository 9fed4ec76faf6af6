"""Organisations and who belongs to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from commonweight.web.contexts.fields import says
from commonweight.web.contexts.frame import Frame


@dataclass(frozen=True)
class OrganisationRow:
    name: str = says("Name of the account.")
    fullname: str = says("Its name for people.")
    role: str = says("The reader's role; empty for whoever is no member.")


@dataclass(frozen=True)
class OrganisationForm:
    """What was typed so far."""

    name: str = says("Name of the account.", "")
    fullname: str = says("Its name for people.", "")
    details: str = says("What it says of itself.", "")
    visibility: str = says("public or private: of new repositories.", "private")


@dataclass(frozen=True)
class OrganisationsPage:
    template: ClassVar[str] = "organisations.html"

    frame: Frame = says("What is around the page.")
    rows: tuple[OrganisationRow, ...] = says("All there are, by name; those of the reader first.")
    may_make: bool = says("Whether the reader may make one.")
    form: OrganisationForm = says("The new one.", OrganisationForm())
    error: str = says("Why the last try failed; empty at first.", "")


@dataclass(frozen=True)
class MemberRow:
    name: str = says("Name of the account.")
    fullname: str = says("Its name for people.")
    role: str = says("read, contributor, write or admin.")
    is_reader: bool = says("Whether it is who reads the page.", False)


@dataclass(frozen=True)
class HistoryRow:
    at: str = says("When.")
    by: str = says("Who did it.")
    text: str = says("What was done, in words.")
    about: str = says("To whom, or to what.")


@dataclass(frozen=True)
class MembersPage:
    template: ClassVar[str] = "members.html"

    frame: Frame = says("What is around the page.")
    name: str = says("Name of the organisation.")
    members: tuple[MemberRow, ...] = says("Who belongs to it, admins first.")
    roles: tuple[tuple[str, str], ...] = says("Word and meaning of each role.")
    form: OrganisationForm = says("Its settings.")
    history: tuple[HistoryRow, ...] = says("What was changed, the newest first.")
    typed: str = says("Name of a new member typed so far.", "")
    role: str = says("The role chosen for it.", "read")
    error: str = says("Why the last deed failed; empty otherwise.", "")
