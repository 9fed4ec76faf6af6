"""What the room of gates hands out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

PENDING: Final = "pending"
ACCEPTED: Final = "accepted"
REJECTED: Final = "rejected"
WITHDRAWN: Final = "withdrawn"  # by the person; told to nobody
STATUSES: Final = (PENDING, ACCEPTED, REJECTED)  # those that whoever administers the repository sees and sets


@dataclass(frozen=True, slots=True)
class GateField:
    """What a gate asks for: `extra_gated_fields` of the card. `options` are pairs of value and label, of a select alone."""

    label: str
    kind: str  # text | checkbox | date | country | select
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """How a person stands with a gated repository. `fields` is what was filled in last."""

    id: int
    account_id: int
    user: str
    fullname: str
    status: str  # pending | accepted | rejected | withdrawn
    has_accepted_terms: bool  # false where access was granted to somebody who never asked
    decided_by: str  # who administers it; "" where nobody decided, or the account is gone
    was_decided: bool
    reason: str
    asked_at: datetime
    changed_at: datetime
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AcceptedTerms:
    """One acceptance, as it was recorded: never changed. `status` is how the person stands now, "" where the row is gone."""

    id: int
    repository: str  # models/ada/tiny, as it was called then
    commit: str
    user: str
    fullname: str
    terms: str  # SHA-256 of the text that was accepted
    licence: str
    licence_texts: Sequence[Mapping[str, str]]  # [{path, hash}]
    fields: Mapping[str, Any]
    is_shown: bool
    accepted_at: datetime
    status: str
    changed_at: datetime | None
