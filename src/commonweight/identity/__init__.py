"""Who is asking: accounts, organisations, roles, tokens, browser sessions, audit."""

from commonweight.identity.audit import account_names, record
from commonweight.identity.callers import ANONYMOUS, NO_TOKEN, Account, Caller, Network, Role, TokenInfo, on_nobodys_behalf
from commonweight.identity.device_login import INTERVAL as DEVICE_INTERVAL
from commonweight.identity.device_login import DeviceLogin, Issued, NoSuchCode, OAuthError, Waiting
from commonweight.identity.freshness import Freshness
from commonweight.identity.grants import Grant, Grants, TokenScope
from commonweight.identity.identity import (
    AccountMissing,
    AddressRefused,
    AlreadyExists,
    Identity,
    InvalidCredentials,
    SignedIn,
)
from commonweight.identity.keys import Keys
from commonweight.identity.names import RESERVED_NAMES, InvalidName, check_name
from commonweight.identity.organisations import (
    Changed,
    LastAdmin,
    MayNotManage,
    Member,
    NoMember,
    OrganisationEdit,
    Organisations,
    may_manage,
)
from commonweight.identity.own_tokens import MayNotMakeTokens, OwnToken, OwnTokens, TokenMissing, TokenWish
from commonweight.identity.requests import (
    CSRF_HEADER,
    SESSION_COOKIE,
    CsrfMismatch,
    FineGrained,
    Takes,
    caller_of,
    check_csrf,
    check_taken,
    session_cookie,
)
from commonweight.identity.roles import MemberRole, Right, rights_of_member
from commonweight.identity.signing import Signer
from commonweight.identity.tokens import NewToken, bound_token, insert_token, networks_of, new_token, renew_token, token_info

__all__ = [
    "ANONYMOUS",
    "CSRF_HEADER",
    "DEVICE_INTERVAL",
    "NO_TOKEN",
    "RESERVED_NAMES",
    "SESSION_COOKIE",
    "Account",
    "AccountMissing",
    "AddressRefused",
    "AlreadyExists",
    "Caller",
    "Changed",
    "CsrfMismatch",
    "DeviceLogin",
    "FineGrained",
    "Freshness",
    "Grant",
    "Grants",
    "Identity",
    "InvalidCredentials",
    "InvalidName",
    "Issued",
    "Keys",
    "LastAdmin",
    "MayNotMakeTokens",
    "MayNotManage",
    "Member",
    "MemberRole",
    "Network",
    "NewToken",
    "NoMember",
    "NoSuchCode",
    "OAuthError",
    "OrganisationEdit",
    "Organisations",
    "OwnToken",
    "OwnTokens",
    "Right",
    "Role",
    "SignedIn",
    "Signer",
    "Takes",
    "TokenInfo",
    "TokenMissing",
    "TokenScope",
    "TokenWish",
    "Waiting",
    "account_names",
    "bound_token",
    "caller_of",
    "check_csrf",
    "check_name",
    "check_taken",
    "insert_token",
    "may_manage",
    "networks_of",
    "new_token",
    "on_nobodys_behalf",
    "record",
    "renew_token",
    "rights_of_member",
    "session_cookie",
    "token_info",
]
