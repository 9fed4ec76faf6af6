"""The caller of an HTTP request: a token in the Authorization header, or a browser's session cookie."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie

from commonweight.errors import NotAllowed
from commonweight.identity.callers import Caller
from commonweight.identity.identity import Identity

SESSION_COOKIE = "cw_session"
CSRF_HEADER = "x-csrf-token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class CsrfMismatch(NotAllowed):
    code = "csrf_mismatch"


class FineGrained(NotAllowed):
    """The token is for chosen repositories and organisations, and this address is about something else."""

    code = "fine_grained_token"


class Takes(enum.Enum):
    """Which fine-grained tokens a wire takes: one that asks for rights of repositories takes them all."""

    NONE = "none"
    INFERENCE = "those that call models"
    ALL = "all"


def check_taken(caller: Caller, takes: Takes) -> Caller:
    """The same caller. Raises FineGrained where its token is for other things than this wire."""
    grants = caller.token.grants if caller.token else None
    if grants is None or takes is Takes.ALL or (takes is Takes.INFERENCE and grants.inference):
        return caller
    raise FineGrained(
        "This token is for chosen repositories and organisations, and not for this address.",
        hint="Use a token of role read, write or admin.",
    )


async def caller_of(
    identity: Identity, method: str, headers: Mapping[str, str], client: str, takes: Takes = Takes.NONE
) -> Caller:
    """
    The caller behind a request; `headers` finds lower-case names (Starlette's Headers do), `client` is its IP address.

    A cookie alone may only look: a deed by cookie must carry the session's CSRF token in `x-csrf-token`.
    Raises InvalidCredentials for a bad or expired token, AddressRefused for one used from elsewhere than it may be,
    CsrfMismatch for a deed without the CSRF token, FineGrained for a token that this wire does not take.
    """
    authorization = headers.get("authorization")
    cookie = None if authorization else session_cookie(headers)
    caller = await identity.authenticate(authorization, cookie, client)
    if cookie and not caller.is_anonymous and method not in SAFE_METHODS:
        check_csrf(identity, cookie, headers.get(CSRF_HEADER, ""))
    return check_taken(caller, takes)


def session_cookie(headers: Mapping[str, str]) -> str | None:
    """The value of the session cookie, if there is one."""
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(SESSION_COOKIE)
    except CookieError:
        return None
    return morsel.value if morsel else None


def check_csrf(identity: Identity, cookie: str, given: str) -> None:
    """Raises CsrfMismatch unless `given` is the CSRF token of this session."""
    if not identity.csrf_matches(cookie, given):
        raise CsrfMismatch(
            "This request came with a session cookie but without its CSRF token.", hint="Reload the page and try again."
        )
