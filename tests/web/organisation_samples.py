"""Pages of organisations, as samples."""

from __future__ import annotations

from commonweight.web.contexts import (
    DevicePage,
    Frame,
    Head,
    HistoryRow,
    MemberRow,
    MembersPage,
    NamespacePage,
    OrganisationForm,
    OrganisationRow,
    OrganisationsPage,
    Page,
    RepositorySettingsPage,
    TokenForm,
    TokenRow,
    TokensPage,
)
from commonweight.web.presenting import words
from commonweight.web.presenting.organisations import ROLES
from commonweight.web.presenting.tokens import SCOPES

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


def token_pages(frame: Frame) -> list[Page]:
    only = (("acme/tiny", ("read", "write")), ("acme", ("discussions",)), ("/v1", ("calls models",)))
    rows = (
        TokenRow(3, "CI of tiny", "fine-grained", False, "2027-01-31", False, "2026-03-01", only),
        TokenRow(2, "old laptop", "read", False, "2026-01-31", True),
        TokenRow(1, "bootstrap", "admin", True, last_used="2026-03-01"),
    )
    form = TokenForm("CI", "fine", "", ("acme/tiny", "", "", ""), (("read",), (), (), ()), True)
    roles, scopes, places = ("read", "write", "admin"), tuple(SCOPES.items()), ("ada", "acme")
    since = "2026-03-01 12:00 UTC"
    return [
        DevicePage(frame),
        DevicePage(frame, "BCDF-GHJK", "10.0.0.7", "26fbcd9a-3c8a", since, ("write", "read")),
        DevicePage(frame, done="approve"),
        TokensPage(frame, rows, roles, scopes, places, form, "", "Nothing was chosen for 'acme'."),
        TokensPage(frame, rows[2:], roles, scopes, places, new_token="cw_example"),
    ]


def settings_pages(frame: Frame, head: Head) -> list[Page]:
    base, names = "/commonweight/tiny/settings", ("commonweight", "ada")
    return [
        RepositorySettingsPage(frame, head, base, "private", names, "ada", "tiny", "'tiny' was typed."),
        RepositorySettingsPage(frame, head, base, "draft", names, "commonweight", "tiny"),
    ]
