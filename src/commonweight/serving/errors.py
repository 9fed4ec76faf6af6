"""
What goes wrong between a request and an engine.

    ModelNotFound      404   no model by that name for this caller
    ModelRefused       403   the standing verdict does not let this model run
    FileChoiceError    400   the repository holds no file that an engine can load, or several
    ModelUnsupported   400   no engine here loads files of this kind
    ModelTooLarge      503   more than the memory that engines may hold on this host
    LoadFailed         503   the engine could not load the model; says why
    ModelLoading       503   it is being loaded; come back
    EngineLost         503   the engine ended while it was answering
    EngineOverloaded   503   more requests wait than a queue holds, or one waited for as long as it may
"""

from __future__ import annotations

import math

from commonweight.errors import InvalidInput, NotAllowed, NotFound, Unavailable

RETRY_AFTER_LOADING_S = 5  # most small models are up by then; the official client waits as told and asks again
MOST_RETRY_AFTER_S = 120
RETRY_AFTER_LOST_S = 1  # the next request starts a new engine


class ModelNotFound(NotFound):
    code = "model_not_found"

    def __init__(self, name: str, reason: str = "") -> None:
        super().__init__(
            f"The model {name!r} does not exist or you do not have access to it.{' ' + reason if reason else ''}",
            hint="GET /v1/models lists the models that this key can use.",
        )


class ModelRefused(NotAllowed):
    code = "licence_denied"


class FileChoiceError(InvalidInput):
    code = "model_file_unclear"


class ModelUnsupported(InvalidInput):
    code = "model_unsupported"


class ModelTooLarge(Unavailable):
    code = "model_too_large"


class LoadFailed(Unavailable):
    code = "model_load_failed"

    def __init__(self, detail: str, *, hint: str = "") -> None:
        # A client that repeats the request at once would only have the load fail again.
        super().__init__(detail, hint=hint, headers={"x-should-retry": "false"})


class ModelLoading(Unavailable):
    code = "model_loading"

    def __init__(self, detail: str, retry_after: float = RETRY_AFTER_LOADING_S) -> None:
        super().__init__(detail, hint="Try again soon.", headers=_come_back(retry_after))


class EngineLost(Unavailable):
    code = "engine_lost"

    def __init__(
        self, detail: str = "The engine ended while it was answering.", retry_after: float = RETRY_AFTER_LOST_S
    ) -> None:
        hint = "Send the request again; a new engine is started for it."
        super().__init__(detail, hint=hint, headers=_come_back(retry_after))


class EngineOverloaded(Unavailable):
    code = "engine_overloaded"

    def __init__(self, detail: str, retry_after: float) -> None:
        super().__init__(detail, hint="Send the request again later.", headers=_come_back(retry_after))


def _come_back(seconds: float) -> dict[str, str]:
    """Whole seconds. The official client takes up to two minutes as they are, and more as a reason not to come back."""
    return {"retry-after": str(min(MOST_RETRY_AFTER_S, max(1, math.ceil(seconds))))}
