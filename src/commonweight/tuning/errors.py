"""
What goes wrong with tunings when something is asked of them. What goes wrong with their work stands in their `error`.

    TuningMissing     404   no tuning by that id for this account
    TunedModelMissing 404   no model was tuned under that name for this account
    TuningRefused     400   it cannot begin: its file, its base, its method, or this machine
    NotDerivable      403   the terms of the base do not let a model be derived from it for this use
    TuningClosed      409   it is over, or in a state in which this cannot be asked
    NotYours          403   the model was not tuned by this account
    NothingMade       404   it has published nothing
"""

from __future__ import annotations

from commonweight.errors import Conflict, InvalidInput, NotAllowed, NotFound


class TuningMissing(NotFound):
    code = "fine_tuning_job_not_found"

    def __init__(self, tuning_id: str) -> None:
        hint = "GET /v1/fine_tuning/jobs lists those of this account."
        super().__init__(f"No fine-tuning job found with id '{tuning_id[:80]}'.", hint=hint)


class TunedModelMissing(NotFound):
    code = "model_not_found"

    def __init__(self, name: str) -> None:
        super().__init__(f"No model was tuned here under the name '{name[:200]}' by this account.")


class TuningRefused(InvalidInput):
    """`param` names the field that is to be changed; `code` is a word for programs."""

    code = "invalid_fine_tuning_job"

    def __init__(self, detail: str, *, hint: str = "", param: str | None = None, kind: str = "") -> None:
        super().__init__(detail, hint=hint)
        self.param = param
        self.kind = kind or self.code


class NotDerivable(NotAllowed):
    code = "licence_denied"


class NothingMade(NotFound):
    code = "nothing_made"


class NotYours(NotAllowed):
    code = "insufficient_permissions"


class TuningClosed(Conflict):
    code = "fine_tuning_job_closed"

    def __init__(self, deed: str, tuning_id: str, status: str) -> None:
        # A conflict is repeated by clients: this one stays.
        super().__init__(f"Cannot {deed} {tuning_id}: it is {status}.", headers={"x-should-retry": "false"})
