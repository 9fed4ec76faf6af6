"""
What can go wrong with uses and verdicts.

    CommonweightError
      InvalidInput   InvalidUse         facts that cannot be, or words that are not in the vocabulary
      NotFound       VerdictNotFound    no verdict by that id, or none that the caller may read
                     ModelUnknown       neither kept here nor known, or not for this caller to know of
                     UseNotFound        no use by that number or name
                     RecordNotFound     no permission or decision by that number
      NotAllowed     DownloadRefused    the standing policy does not let these bytes out
      Conflict       NameTaken          another use, permission or decision goes by that name
      Stale          Overtaken          somebody saved other facts since the caller looked
"""

from __future__ import annotations

from commonweight.errors import Conflict, InvalidInput, NotAllowed, NotFound, Stale


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


class UseNotFound(NotFound):
    code = "use_not_found"

    def __init__(self, use: object) -> None:
        super().__init__(f"There is no use {str(use)[:100]!r}, or it was given up.", hint="GET /cw/v1/uses lists them.")


class RecordNotFound(NotFound):
    code = "record_not_found"

    def __init__(self, what: str, number: object) -> None:
        super().__init__(
            f"There is no {what} {str(number)[:100]!r}, or it has ended already.", hint=f"GET /cw/v1/{what}s lists them."
        )


class NameTaken(Conflict):
    code = "name_taken"

    def __init__(self, what: str, name: str) -> None:
        super().__init__(f"Another {what} goes by the name {name[:100]!r}.", hint="Give this one another name.")


class Overtaken(Stale):
    code = "overtaken"

    def __init__(self, what: str) -> None:
        super().__init__(
            f"Somebody changed {what} since you looked; nothing was saved.",
            hint="Look at what is recorded now, and send what shall hold.",
        )


class DownloadRefused(NotAllowed):
    code = "licence_denied"

    def __init__(self, message: str, verdict_id: str) -> None:
        super().__init__(message, headers={"x-commonweight-verdict": verdict_id})
