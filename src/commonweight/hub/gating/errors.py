"""
What can go wrong at a gate.

    NotGated               nothing has to be asked for
    AccessState            the request stands so already, or may not be changed so
    AccessRequestNotFound  nobody of that name, or no request of that number
    TermsChanged           the card or a licence text has changed since it was shown
    AccessRejected         whoever administers the repository has said no
"""

from __future__ import annotations

from commonweight.errors import Conflict, NotAllowed, NotFound, Stale


class NotGated(Conflict):
    code = "not_gated"


class AccessState(Conflict):
    code = "access_state"


class AccessRequestNotFound(NotFound):
    code = "access_request_not_found"


class TermsChanged(Stale):
    code = "terms_changed"

    def __init__(self) -> None:
        super().__init__("The conditions have changed since they were shown.", hint="Read them again, then accept them.")


class AccessRejected(NotAllowed):
    code = "access_rejected"
