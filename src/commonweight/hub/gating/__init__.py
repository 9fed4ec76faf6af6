"""Access to gated repositories: asking for it, giving it, taking it away; see docs/gating.md."""

from commonweight.hub.gating.room import Gates
from commonweight.hub.gating.terms import LicenceText, Terms, TermsReader
from commonweight.hub.gating.values import (
    ACCEPTED,
    PENDING,
    REJECTED,
    STATUSES,
    WITHDRAWN,
    AcceptedTerms,
    AccessRequest,
    GateField,
)

__all__ = [
    "ACCEPTED",
    "PENDING",
    "REJECTED",
    "STATUSES",
    "WITHDRAWN",
    "AcceptedTerms",
    "AccessRequest",
    "GateField",
    "Gates",
    "LicenceText",
    "Terms",
    "TermsReader",
]
