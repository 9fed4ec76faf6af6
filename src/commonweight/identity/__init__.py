"""Who is asking: accounts, organisations, roles, tokens, browser sessions, audit."""

from commonweight.identity.audit import account_names, record
from commonweight.identity.callers import ANONYMOUS, Account, Caller, Role, TokenInfo, on_nobodys_behalf
from commonweight.identity.identity import AccountMissing, AlreadyExists, Identity, InvalidCredentials, SignedIn, new_token
from commonweight.identity.keys import Keys
from commonweight.identity.names import RESERVED_NAMES, InvalidName, check_name
from commonweight.identity.requests import CSRF_HEADER, SESSION_COOKIE, CsrfMismatch, caller_of, check_csrf, session_cookie
from commonweight.identity.signing import Signer

__all__ = [
    "ANONYMOUS",
    "CSRF_HEADER",
    "RESERVED_NAMES",
    "SESSION_COOKIE",
    "Account",
    "AccountMissing",
    "AlreadyExists",
    "Caller",
    "CsrfMismatch",
    "Identity",
    "InvalidCredentials",
    "InvalidName",
    "Keys",
    "Role",
    "SignedIn",
    "Signer",
    "TokenInfo",
    "account_names",
    "caller_of",
    "check_csrf",
    "check_name",
    "new_token",
    "on_nobodys_behalf",
    "record",
    "session_cookie",
]
