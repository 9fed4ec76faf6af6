"""
What goes wrong at a remote.

    RemoteFailed   503   it will not answer this request in a moment either: a wrong key, a wrong address
    RemoteBusy     503   it takes no more for now, or is left alone for a while
    RemoteLost     503   it failed, broke off or kept silent
"""

from __future__ import annotations

from commonweight.errors import Unavailable
from commonweight.serving.errors import RETRY_AFTER_LOST_S, EngineLost, EngineOverloaded


class RemoteFailed(Unavailable):
    """A remote that will not answer the same request in a moment either, so clients are told not to ask again."""

    code = "remote_failed"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers={"x-should-retry": "false"})


class RemoteBusy(EngineOverloaded):
    """`rest`: for so many seconds it has asked to be left alone; 0 where it has said nothing of that."""

    def __init__(self, detail: str, retry_after: float, rest: float = 0.0) -> None:
        super().__init__(detail, retry_after)
        self.rest = rest


class RemoteLost(EngineLost):
    """`rest`: as of RemoteBusy."""

    def __init__(self, detail: str, rest: float = 0.0) -> None:
        super().__init__(detail, rest or RETRY_AFTER_LOST_S)
        self.hint = "Send the request again."
        self.rest = rest
