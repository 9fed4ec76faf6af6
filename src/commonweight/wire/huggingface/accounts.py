"""Who am I, and small calls that need no repository (contract, sections 4, 10.1, 23)."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from commonweight.asgi import Needs, Route
from commonweight.errors import NotAuthenticated
from commonweight.hub import read_card
from commonweight.identity import Account, Caller, MemberRole, Role
from commonweight.wire.huggingface.access import Access
from commonweight.wire.huggingface.answers import json_answer
from commonweight.wire.huggingface.bodies import read_json, text_field
from commonweight.wire.huggingface.card_check import check_card


class AccountCalls:
    def __init__(self, access: Access) -> None:
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
        return json_answer(_whoami(caller, caller.account))

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


def _whoami(caller: Caller, account: Account) -> dict[str, Any]:
    token = caller.token
    role = token.role if token else Role.READ
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
            "accessToken": {"displayName": token.name if token else "session", "role": Role(min(role, Role.WRITE)).word},
        },
    }


def _organisation(organisation: Account, role: MemberRole) -> dict[str, Any]:
    return {
        "type": "org",
        "id": str(organisation.id),
        "name": organisation.name,
        "fullname": organisation.fullname,
        "isEnterprise": False,
        "roleInOrg": role.word,
    }
