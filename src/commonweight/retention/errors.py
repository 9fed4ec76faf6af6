"""What goes wrong here."""

from __future__ import annotations

from commonweight.errors import InvalidInput, NotAllowed, NotFound


class MayNotDecide(NotAllowed):
    """Whose prompts may be kept is decided by administrators of the account."""

    code = "may_not_decide"


class DecisionNotFound(NotFound):
    code = "decision_not_found"


class NotKept(NotFound):
    """Nothing is kept under this id, or not for this account."""

    code = "not_found"


class ConversationFull(InvalidInput):
    """A conversation has as many items as one may have."""

    code = "conversation_full"
