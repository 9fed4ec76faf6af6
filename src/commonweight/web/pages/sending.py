"""What the pages with forms of facts share: who may send them, from what they were filled in, and giving them back whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from commonweight.identity import Caller
from commonweight.policy import Policy, RecordNotFound
from commonweight.web.contexts import KeptPage, OutcomeView
from commonweight.web.presenting.outcomes import outcome_view
from commonweight.web.visits import Form, Visit

LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)  # what a form without its moment counts as: older than anything recorded


def seen_in(form: Form) -> datetime:
    """The moment of what the form was filled in from."""
    try:
        seen = datetime.fromisoformat(form.one("seen"))
    except ValueError:
        return LONG_AGO
    return seen if seen.tzinfo is not None and seen > LONG_AGO else LONG_AGO


def was_in(form: Form) -> Mapping[str, Any]:
    """The facts that the form was filled in from; none where that cannot be read: then what was typed counts as it is."""
    try:
        was = json.loads(form.one("was"))
    except ValueError:
        return {}
    return was if isinstance(was, dict) else {}


def was_text(facts: Mapping[str, Any]) -> str:
    """Facts as a form carries them."""
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":"))


def kept_page(visit: Visit, form: Form, *, is_long: bool = False) -> KeptPage:
    """For a form whose session has ended: all that was typed, to be sent again after signing in."""
    fields = tuple((name, value) for name, values in form.values.items() if name != "csrf" for value in values)
    return KeptPage(visit.frame, visit.request.url.path, fields, is_long)


async def outcome_of(policy: Policy, caller: Caller, cause: str) -> OutcomeView | None:
    """What the deed named in the address has come to by now; None where none is named, or not for this caller."""
    if not caller.is_admin or not cause.isascii() or not cause.isdigit() or len(cause) > 18:  # what 64 bits hold
        return None
    try:
        found = await policy.outcome(caller, int(cause))
    except RecordNotFound:
        return None
    return outcome_view(found)
