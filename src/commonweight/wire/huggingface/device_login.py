"""
Signing in on a device: `hf auth login` (contract, section 4; RFC 8628). Answers and errors have the shapes of OAuth, and
forms come as forms.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson
from starlette.requests import Request
from starlette.responses import Response

from commonweight.asgi import Needs, Route, client_of
from commonweight.identity import DEVICE_INTERVAL, DeviceLogin, Issued, OAuthError
from commonweight.wire.huggingface.bodies import read_body

DEVICE_GRANT: Final = "urn:ietf:params:oauth:grant-type:device_code"
REFRESH_GRANT: Final = "refresh_token"
PAGE: Final = "/login/device"  # where a code is approved
MAX_FORM_BYTES: Final = 16 << 10  # a form has some hundred bytes


class DeviceLoginCalls:
    def __init__(self, devices: DeviceLogin, base_url: Callable[[Request], str]) -> None:
        self._devices = devices
        self._base_url = base_url

    def routes(self) -> list[Route]:
        return [
            Route(("POST",), "/oauth/device", self.begin, Needs.NOTHING),
            Route(("POST",), "/oauth/token", self.token, Needs.NOTHING),
        ]

    async def begin(self, request: Request) -> Response:
        try:
            form = await _form(request)
        except OAuthError as error:
            return _refused(error)
        begun = await self._devices.begin(form.get("client_id", ""), client_of(request))
        page = self._base_url(request) + PAGE
        return _answer(
            {
                "device_code": begun.device_code,
                "user_code": begun.user_code,
                "verification_uri": page,
                "verification_uri_complete": f"{page}?code={begun.user_code}",
                "expires_in": begun.seconds,
                "interval": DEVICE_INTERVAL,
            }
        )

    async def token(self, request: Request) -> Response:
        try:
            return _answer(_told(await self._issued(await _form(request))))
        except OAuthError as error:
            return _refused(error)

    async def _issued(self, form: dict[str, str]) -> Issued:
        """Raises OAuthError."""
        grant = form.get("grant_type", "")
        if grant == DEVICE_GRANT:
            return await self._devices.poll(form.get("device_code", ""))
        if grant == REFRESH_GRANT:
            return await self._devices.refresh(form.get("refresh_token", ""))
        raise OAuthError("unsupported_grant_type", f"{grant!r:.80} is not offered; {DEVICE_GRANT} and {REFRESH_GRANT} are.")


def _told(issued: Issued) -> dict[str, Any]:
    return {
        "access_token": issued.access_token,
        "refresh_token": issued.refresh_token,
        "expires_in": issued.seconds,
        "token_type": "Bearer",
    }


def _answer(content: dict[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, {"Cache-Control": "no-store"}, "application/json")


def _refused(error: OAuthError) -> Response:
    return _answer({"error": error.word, "error_description": error.detail}, error.status)


async def _form(request: Request) -> dict[str, str]:
    """Raises OAuthError for what is no form, TooLarge."""
    body = await read_body(request, MAX_FORM_BYTES)
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=20, errors="strict"))
    except ValueError as error:
        raise OAuthError("invalid_request", f"The form cannot be read: {error}.") from None
