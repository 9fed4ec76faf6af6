"""
The repository that comes of a tuning: a draft with all artefacts, its card and what it owes, until somebody accepts it. See
docs/tuning.md.
"""

from commonweight.tuning.publishing.artefacts import sha256_of
from commonweight.tuning.publishing.publisher import (
    MustNotBePublished,
    NoDraft,
    NotGoodEnough,
    Publisher,
    public_refusal,
)
from commonweight.tuning.publishing.requiring import KeptReports, Reports, Requirement
from commonweight.tuning.publishing.signing import PURPOSE
from commonweight.tuning.publishing.values import BaseUsed, DataUsed, Draft, Made

__all__ = [
    "PURPOSE",
    "BaseUsed",
    "DataUsed",
    "Draft",
    "KeptReports",
    "Made",
    "MustNotBePublished",
    "NoDraft",
    "NotGoodEnough",
    "Publisher",
    "Reports",
    "Requirement",
    "public_refusal",
    "sha256_of",
]
