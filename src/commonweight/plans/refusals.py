"""
Why a request is not admitted.

    KeyNotAllowed   403   the key may not be used for this
    RateLimited     429   too much at once; it passes within a minute, and clients try again by themselves
    QuotaExceeded   429   what was granted is used up; trying again is of no use before somebody grants more
    NotRecorded     503   usage could not be written down, so nothing is answered
"""

from __future__ import annotations

from typing import ClassVar, Final

from commonweight.errors import CommonweightError, NotAllowed, Unavailable

TOO_MANY: Final = 429
NO_RETRY: Final = {"x-should-retry": "false"}


class KeyNotAllowed(NotAllowed):
    code = "key_not_allowed"


class Limited(CommonweightError):
    """`of` is what OpenAI's clients know it by: requests, tokens or insufficient_quota."""

    status = TOO_MANY
    of: ClassVar[str] = "requests"


class RateLimited(Limited):
    code = "rate_limit_exceeded"


class TokensLimited(RateLimited):
    of = "tokens"


class QuotaExceeded(Limited):
    code = "insufficient_quota"
    of = "insufficient_quota"

    def __init__(self, detail: str, *, hint: str = "") -> None:
        super().__init__(detail, hint=hint, headers=NO_RETRY)


class NotRecorded(Unavailable):
    code = "usage_not_recorded"
