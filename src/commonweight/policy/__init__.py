"""
What this installation allows: its uses, the verdicts that stand for them, and what a verdict stops.

Made with `Policy(database, hub, known, records, clock)`; see docs/policy.md.
"""

from commonweight.policy.bills import MEDIA_TYPES as BILL_MEDIA_TYPES
from commonweight.policy.bills import Bills
from commonweight.policy.errors import InvalidUse, ModelUnknown, VerdictNotFound
from commonweight.policy.offline import Snapshot, offline_subject, snapshot_of_metadata
from commonweight.policy.packs import MadePack, Packs, ReplacesUnasked, Wanted
from commonweight.policy.policy import Policy
from commonweight.policy.receipts import Receipts
from commonweight.policy.uses import DEFAULT_FACTS, DEFAULT_NAME
from commonweight.policy.values import Admission, Refusal, StoredVerdict, Subject, Use, UseChange, VerdictChange

__all__ = [
    "BILL_MEDIA_TYPES",
    "DEFAULT_FACTS",
    "DEFAULT_NAME",
    "Admission",
    "Bills",
    "InvalidUse",
    "MadePack",
    "ModelUnknown",
    "Packs",
    "Policy",
    "Receipts",
    "Refusal",
    "ReplacesUnasked",
    "Snapshot",
    "StoredVerdict",
    "Subject",
    "Use",
    "UseChange",
    "VerdictChange",
    "VerdictNotFound",
    "Wanted",
    "offline_subject",
    "snapshot_of_metadata",
]
