"""Who is asking: accounts, organisations, roles, tokens, browser sessions, audit."""

from commonweight.identity.audit import record
from commonweight.identity.callers import ANONYMOUS, Account, Caller, Role, TokenInfo
from commonweight.identity.identity import AccountMissing, AlreadyExists, Identity, InvalidCredentials, SignedIn
from commonweight.identity.keys import Keys
from commonweight.identity.names import RESERVED_NAMES, InvalidName, check_name

__all__ = [
    "ANONYMOUS",
    "RESERVED_NAMES",
    "Account",
    "AccountMissing",
    "AlreadyExists",
    "Caller",
    "Identity",
    "InvalidCredentials",
    "InvalidName",
    "Keys",
    "Role",
    "SignedIn",
    "TokenInfo",
    "check_name",
    "record",
]
