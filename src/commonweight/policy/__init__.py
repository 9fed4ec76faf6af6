"""
What this installation allows: its organisation and uses, the verdicts that stand for them, what people decided, what
changed.

Made with `Policy(database, hub, known, records, clock)`; see docs/policy.md.
"""

from commonweight.policy.asking import HeldPermission, PersonsDecision
from commonweight.policy.bills import MEDIA_TYPES as BILL_MEDIA_TYPES
from commonweight.policy.bills import Bills
from commonweight.policy.causes import CAUSES
from commonweight.policy.dry_run import DryRun
from commonweight.policy.edits import DecisionEdit, PermissionGrant
from commonweight.policy.errors import (
    DownloadRefused,
    InvalidUse,
    ModelUnknown,
    NameTaken,
    Overtaken,
    RecordNotFound,
    UseNotFound,
    VerdictNotFound,
)
from commonweight.policy.feed import Cause, CausesPage, Change, OfCause
from commonweight.policy.feed_queries import DIRECTIONS, ChangeFilters
from commonweight.policy.files_say import INSTALL, FilesSay
from commonweight.policy.holders import holder_of
from commonweight.policy.models_of_use import WAITS, AskedModels, ModelOfUse, ModelsPage
from commonweight.policy.moving_documents import DocumentChange
from commonweight.policy.offline import Match, Snapshot, offline_subject, snapshot_of_metadata
from commonweight.policy.packs import MadePack, Packs, Parent, ReplacesUnasked, Wanted
from commonweight.policy.policy import ApprovalEdit, Policy
from commonweight.policy.previewing import Preview, Proposal
from commonweight.policy.ready_policies import READY_POLICIES, ReadyPolicy
from commonweight.policy.receipts import Receipts
from commonweight.policy.rules import AREAS, MEASURES, InvalidPolicy, Met, Rules
from commonweight.policy.staleness import STALE_KINDS
from commonweight.policy.standing_policy import Approval, StaleApproval
from commonweight.policy.sweep_progress import SweepProgress, WaitsFor
from commonweight.policy.templates import TEMPLATES, UseTemplate
from commonweight.policy.touching import Tally, TouchedModel, Touches
from commonweight.policy.uses import DEFAULT_FACTS, DEFAULT_NAME, OrganisationEdit, UseEdit
from commonweight.policy.values import (
    OWN,
    Admission,
    Organisation,
    Outcome,
    Refusal,
    Stale,
    StoredVerdict,
    Subject,
    Use,
    UseChange,
    VerdictChange,
)
from commonweight.rights.attachment import UNIDENTIFIED

__all__ = [
    "AREAS",
    "BILL_MEDIA_TYPES",
    "CAUSES",
    "DEFAULT_FACTS",
    "DEFAULT_NAME",
    "DIRECTIONS",
    "INSTALL",
    "MEASURES",
    "OWN",
    "READY_POLICIES",
    "STALE_KINDS",
    "TEMPLATES",
    "UNIDENTIFIED",
    "WAITS",
    "Admission",
    "Approval",
    "ApprovalEdit",
    "AskedModels",
    "Bills",
    "Cause",
    "CausesPage",
    "Change",
    "ChangeFilters",
    "DecisionEdit",
    "DocumentChange",
    "DownloadRefused",
    "DryRun",
    "FilesSay",
    "HeldPermission",
    "InvalidPolicy",
    "InvalidUse",
    "MadePack",
    "Match",
    "Met",
    "ModelOfUse",
    "ModelUnknown",
    "ModelsPage",
    "NameTaken",
    "OfCause",
    "Organisation",
    "OrganisationEdit",
    "Outcome",
    "Overtaken",
    "Packs",
    "Parent",
    "PermissionGrant",
    "PersonsDecision",
    "Policy",
    "Preview",
    "Proposal",
    "ReadyPolicy",
    "Receipts",
    "RecordNotFound",
    "Refusal",
    "ReplacesUnasked",
    "Rules",
    "Snapshot",
    "Stale",
    "StaleApproval",
    "StoredVerdict",
    "Subject",
    "SweepProgress",
    "Tally",
    "TouchedModel",
    "Touches",
    "Use",
    "UseChange",
    "UseEdit",
    "UseNotFound",
    "UseTemplate",
    "VerdictChange",
    "VerdictNotFound",
    "WaitsFor",
    "Wanted",
    "holder_of",
    "offline_subject",
    "snapshot_of_metadata",
]
