"""Who am I, and small calls that need no repository (contract, sections 4, 10.1, 23)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from commonweight.asgi import Needs, Route
from commonweight.clock import iso_z
from commonweight.errors import NotAuthenticated
from commonweight.hub import Hub, NamedGrant, read_card
from commonweight.identity import Account, Caller, MemberRole, Role, TokenInfo, TokenScope
from commonweight.wire.huggingface.access import Access
from commonweight.wire.huggingface.answers import json_answer
from commonweight.wire.huggingface.bodies import read_json, text_field
from commonweight.wire.huggingface.card_check import check_card

ENTITIES = {"organisation": "org"}  # the other kinds are called as here
#: What the public hub calls what a fine-grained token may do.
PERMISSIONS: Mapping[TokenScope, tuple[str, ...]] = {
    TokenScope.READ: ("repo.content.read",),
    TokenScope.WRITE: ("repo.content.read", "repo.write"),
    TokenScope.DISCUSSIONS: ("repo.content.read", "discussion.write"),
    TokenScope.SETTINGS: ("repo.content.read", "repo.settings.write"),
}


class AccountCalls:
    def __init__(self, hub: Hub, access: Access) -> None:
        self._hub = hub
        self._access = access

    def routes(self) -> list[Route]:
        return [
            Route(("GET",), "/api/whoami-v2", self.whoami, Needs.SIGNED_IN),
            Route(("POST",), "/api/validate-yaml", self.validate_yaml, Needs.NOTHING),
            Route(("GET",), "/api/agent-harnesses", self.agent_harnesses, Needs.NOTHING),
            Route(("HEAD", "GET"), "/api/telemetry/{topic...}", self.telemetry, Needs.NOTHING),
        ]

    async def whoami(self, request: Request) -> Response:
        caller = await self._access.caller(request)
        if caller.account is None:
            raise NotAuthenticated("Invalid username or password.", hint="Send a token.")
        grants = caller.token.grants if caller.token else None
        named = await self._hub.granting.names(grants) if grants else []
        return json_answer(_whoami(caller, caller.account, named))

    async def validate_yaml(self, request: Request) -> Response:
        """Never fails to parse: clients read `warnings` and `errors` whatever the status (section 10.1)."""
        body = await read_json(request)
        card = read_card(text_field(body, "content").encode(errors="replace"))
        errors, warnings = check_card(card)
        status = 400 if errors else 200
        if "text/plain" in request.headers.get("accept", ""):
            lines = [f"- Error: {one}" for one in errors] + [f"- Warning: {one}" for one in warnings]
            return PlainTextResponse("\n".join(lines), status)
        content = {"errors": [{"message": one} for one in errors], "warnings": [{"message": one} for one in warnings]}
        return json_answer(content, status)

    async def agent_harnesses(self, _: Request) -> Response:
        return json_answer({"standardEnvVars": [], "harnesses": {}})

    async def telemetry(self, _: Request) -> Response:
        """Clients say what they are used for; nothing is kept."""
        return Response(status_code=204)


def _whoami(caller: Caller, account: Account, named: Sequence[NamedGrant]) -> dict[str, Any]:
    return {
        "type": "user",
        "id": str(account.id),
        "name": account.name,
        "fullname": account.fullname,
        "isPro": False,
        "canPay": False,
        "orgs": [_organisation(one, held) for one, held in caller.organisations.values()],
        "auth": {
            "type": "access_token",
            "accessToken": _token(caller.token, named),
        },
    }


def _token(token: TokenInfo | None, named: Sequence[NamedGrant]) -> dict[str, Any]:
    """Of which kind it is, as clients read it: read, write or fineGrained, this with what it is for."""
    if token is None:
        return {"displayName": "session", "role": Role.READ.word}
    expires = {"expiresAt": iso_z(token.expires_at)} if token.expires_at else {}
    if token.grants is None:
        return {"displayName": token.name, "role": Role(min(token.role, Role.WRITE)).word, **expires}
    scoped = [
        {
            "entity": {"_id": str(one.id), "type": ENTITIES.get(one.kind, one.kind), "name": one.name},
            "permissions": sorted(permission for scope in one.scopes for permission in PERMISSIONS[scope]),
        }
        for one in named
    ]
    overall = ["inference.serverless.write"] if token.grants.inference else []
    fine = {"canReadGatedRepos": False, "global": overall, "scoped": scoped}
    return {"displayName": token.name, "role": "fineGrained", "fineGrained": fine, **expires}


def _organisation(organisation: Account, role: MemberRole) -> dict[str, Any]:
    return {
        "type": "org",
        "id": str(organisation.id),
        "name": organisation.name,
        "fullname": organisation.fullname,
        "isEnterprise": False,
        "roleInOrg": role.word,
    }
