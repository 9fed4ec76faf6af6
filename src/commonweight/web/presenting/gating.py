"""Access requests as people see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from commonweight.hub import AcceptedTerms, AccessRequest, GateField, Repository
from commonweight.web.contexts import AcceptedView, AccessRow, GateFieldView, Word
from commonweight.web.links import of_repository
from commonweight.web.presenting.measures import minute_text
from commonweight.web.presenting.words import _

STATE_WORDS: Final[Mapping[str, Word]] = {
    "open": Word("open", _("open to everybody"), "good", "check", _("The files are there for whoever sees this page.")),
    "none": Word("none", _("not asked for yet"), "ask", "lock", _("The files are for those who have been let in.")),
    "pending": Word("pending", _("asked for"), "ask", "clock", _("Whoever looks after this repository decides.")),
    "accepted": Word("accepted", _("you have access"), "good", "check", _("The files are yours to download.")),
    "rejected": Word("rejected", _("refused"), "stop", "stop", _("Whoever looks after this repository has said no.")),
    "member": Word("member", _("you belong to it"), "good", "check", _("Those who belong to it need not ask.")),
}
LISTS: Final[Mapping[str, str]] = {
    "pending": _("Waiting"),
    "accepted": _("Those let in"),
    "rejected": _("Refused"),
}
_DEEDS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "pending": (("accepted", _("Let in")), ("rejected", _("Refuse"))),
    "accepted": (("pending", _("Put back to waiting")), ("rejected", _("Refuse"))),
    "rejected": (("accepted", _("Let in")), ("pending", _("Put back to waiting"))),
}
GRANTED: Final = _("let in without having accepted anything")


def access_address(repository: Repository) -> str:
    return f"{of_repository(repository)}/access"


def field_view(position: int, field: GateField, typed: str) -> GateFieldView:
    return GateFieldView(f"field-{position}", field.label, field.kind, field.options, typed)


def access_row(one: AccessRequest) -> AccessRow:
    return AccessRow(
        user=one.user,
        fullname=one.fullname,
        when=minute_text(one.asked_at),
        notes=() if one.has_accepted_terms else (GRANTED,),
        decided_by=one.decided_by,
        reason=one.reason,
        fields=tuple((label, "✓" if value is True else str(value)) for label, value in one.fields.items()),
        number=one.id,
        deeds=_DEEDS[one.status],
    )


def text_address(repository: Repository, digest: str) -> str:
    return f"/api/{repository.kind}s/{repository.full_name}/user-access-request/texts/{digest}"


def table_address(repository: Repository) -> str:
    return f"/api/{repository.kind}s/{repository.full_name}/user-access-request/acceptances.csv"


def accepted_view(repository: Repository, one: AcceptedTerms) -> AcceptedView:
    return AcceptedView(minute_text(one.accepted_at), one.commit[:8], text_address(repository, one.terms))
