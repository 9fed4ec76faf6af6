"""What goes wrong here."""

from __future__ import annotations

from commonweight.errors import InvalidInput, NotAllowed, NotFound, Unavailable


class MayNotGuard(NotAllowed):
    """Guardrails are decided by administrators: of the account, or of the installation where they reach further."""

    code = "may_not_guard"


class GuardrailNotFound(NotFound):
    code = "guardrail_not_found"


class InvalidGuardrail(InvalidInput):
    code = "invalid_guardrail"


class GuardNotInstalled(Unavailable):
    """A guardrail is in force, and what it looks with is not installed: nothing goes through unseen."""

    code = "guard_not_installed"

    def __init__(self) -> None:
        super().__init__(
            "Guardrails for personal data and secrets need the extra `guard`, which is not installed here.",
            hint='Install it: pip install "commonweight[guard]".',
        )


class GuardUnavailable(Unavailable):
    """The model that tells topics apart does not answer: nothing goes through unseen."""

    code = "guard_unavailable"


class ContentRefused(InvalidInput):
    """A request holds what a guardrail refuses. The message never quotes it."""

    code = "content_filter"
