"""
What can go wrong with uses and verdicts.

    CommonweightError
      InvalidInput   InvalidUse         facts that cannot be, or words that are not in the vocabulary
      NotFound       VerdictNotFound    no verdict by that id, or none that the caller may read
                     ModelUnknown       neither kept here nor known, or not for this caller to know of
"""

from __future__ import annotations

from commonweight.errors import InvalidInput, NotFound


class InvalidUse(InvalidInput):
    code = "invalid_use"


class VerdictNotFound(NotFound):
    code = "verdict_not_found"

    def __init__(self, id: str) -> None:
        super().__init__(
            f"There is no verdict {id[:80]!r}, or it is not for you to read.",
            hint="Ask for a new one: POST /cw/v1/verdicts.",
        )


class ModelUnknown(NotFound):
    code = "model_unknown"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name[:200]!r} is neither kept here nor known, or it is not for you to know of.",
            hint="Name a repository (namespace/name[@revision]) or a known model: GET /cw/v1/market lists them.",
        )
