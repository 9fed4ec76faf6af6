"""
The one error shape. A room raises its own subclass of one of these; a wire dresses it in what its clients understand.

    CommonweightError
      InvalidInput      400    what came cannot be understood or is out of range
      NotAuthenticated  401    who is asking is not known
      NotAllowed        403    who is asking is known, and may not
      NotFound          404    there is nothing by that name, or nothing that this caller may know of
      MethodNotAllowed  405    the address exists, the deed does not
      Conflict          409    it is there already, or somebody else was faster
      Stale             412    it has changed since the caller looked
      TooLarge          413    more than the bound named in the message
      RangeRefused      416    the bytes asked for lie beyond the end
      Unprocessable     422    understood, and refused for what it says
      Unavailable       503    not now; trying again later may help
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class CommonweightError(Exception):
    """
    `detail` says what came and what was expected; `hint` says what to do next.

    `code` is a stable word for programs. `headers` are sent with the answer whatever the wire.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"

    def __init__(self, detail: str, *, hint: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.hint = hint
        self.headers = dict(headers or {})

    @property
    def sentence(self) -> str:
        """Detail and hint as one line for a person."""
        return f"{self.detail} {self.hint}".strip()

    def problem(self) -> dict[str, Any]:
        """The body of an `application/problem+json` answer (RFC 9457)."""
        body = {
            "type": f"urn:commonweight:error:{self.code}",
            "title": self.code.replace("_", " "),
            "status": self.status,
        }
        return {**body, "detail": self.detail, **({"next_step": self.hint} if self.hint else {})}


class InvalidInput(CommonweightError):
    status = 400
    code = "invalid_input"


class NotAuthenticated(CommonweightError):
    status = 401
    code = "not_authenticated"


class NotAllowed(CommonweightError):
    status = 403
    code = "not_allowed"


class NotFound(CommonweightError):
    status = 404
    code = "not_found"


class MethodNotAllowed(CommonweightError):
    status = 405
    code = "method_not_allowed"


class Conflict(CommonweightError):
    status = 409
    code = "conflict"


class Stale(CommonweightError):
    status = 412
    code = "stale"


class TooLarge(CommonweightError):
    status = 413
    code = "too_large"


class RangeRefused(CommonweightError):
    status = 416
    code = "range_not_satisfiable"


class Unprocessable(CommonweightError):
    status = 422
    code = "unprocessable"


class Unavailable(CommonweightError):
    status = 503
    code = "unavailable"
