"""Organisations in words."""

from __future__ import annotations

from typing import Final

from commonweight.identity import Account, Changed, Member, MemberRole
from commonweight.web.contexts import HistoryRow, MemberRow, OrganisationRow
from commonweight.web.presenting.words import _

ORGANISATIONS: Final = "/organizations"

#: What a role lets its holder do, for people; what it is stands in `identity.roles`.
ROLES: Final = {
    "read": _("Sees private repositories, and takes part in discussions."),
    "contributor": _("Also makes repositories, and changes those that they made."),
    "write": _("Changes every repository, offers plans, and sees what keys cost."),
    "admin": _("Also says who belongs here, and changes these settings."),
}
assert set(ROLES) == {role.word for role in MemberRole}, "each role is told in words"

ACTIONS: Final = {
    "organisation.create": _("made the organisation"),
    "organisation.update": _("changed the settings"),
    "organisation.member": _("gave a role"),
    "organisation.remove": _("removed a member"),
    "organisation.leave": _("left"),
}


def settings_address(name: str) -> str:
    return f"{ORGANISATIONS}/{name}/settings"


def organisation_row(one: Account, role: MemberRole | None) -> OrganisationRow:
    return OrganisationRow(one.name, one.fullname, role.word if role else "")


def member_row(one: Member, reader: str) -> MemberRow:
    return MemberRow(one.account.name, one.account.fullname, one.role.word, one.account.name == reader)


def changed_row(one: Changed) -> HistoryRow:
    about = one.detail.get("member") or ", ".join(sorted(one.detail))
    role = f" → {one.detail['role']}" if one.detail.get("role") else ""
    return HistoryRow(f"{one.at:%Y-%m-%d %H:%M} UTC", one.by, ACTIONS.get(one.action, one.action), f"{about}{role}")
