"""Pages of organisations, as samples."""

from __future__ import annotations

from commonweight.web.contexts import (
    Frame,
    HistoryRow,
    MemberRow,
    MembersPage,
    NamespacePage,
    OrganisationForm,
    OrganisationRow,
    OrganisationsPage,
    Page,
)
from commonweight.web.presenting import words
from commonweight.web.presenting.organisations import ROLES

MEMBERS = (MemberRow("ada", "Ada Lovelace", "admin", True), MemberRow("bob-with-a-long-name", "Bob", "contributor"))
ROWS = (OrganisationRow("acme", "Acme Research", "admin"), OrganisationRow("guild", "The Guild of Careful Makers", ""))


def organisation_pages(frame: Frame) -> list[Page]:
    form = OrganisationForm("acme", "Acme Research", "We read licences.", "private")
    return [
        OrganisationsPage(frame, ROWS, True, form, "There is an account 'acme' already."),
        OrganisationsPage(frame, (), False),
        MembersPage(
            frame,
            "acme",
            MEMBERS,
            tuple(ROLES.items()),
            form,
            (HistoryRow("2026-03-01 12:00 UTC", "ada", "gave a role", "bob → contributor"),),
            error="ada is the last admin of acme.",
        ),
        NamespacePage(
            frame,
            "acme",
            "Acme Research",
            words.other_word("organisation"),
            (("model", "acme/tiny", "/acme/tiny", True), ("data set", "acme/poems", "/datasets/acme/poems", False)),
            (),
            "We read licences.",
            "admin",
            "/organizations/acme/settings",
            MEMBERS,
        ),
    ]
