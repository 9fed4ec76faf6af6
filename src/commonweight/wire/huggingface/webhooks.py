"""Webhooks of an account (contract, section 16)."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from commonweight.asgi import Needs, Route
from commonweight.clock import iso_z
from commonweight.errors import InvalidInput
from commonweight.webhooks import DOMAINS, Delivery, Wanted, Watched, Webhook, WebhookNotFound, Webhooks
from commonweight.wire.huggingface.access import Access
from commonweight.wire.huggingface.answers import json_answer, next_page, number
from commonweight.wire.huggingface.bodies import optional_text, read_json, text_field
from commonweight.wire.huggingface.repos import NotOffered

PAGE: Final = 50  # deliveries


class WebhookCalls:
    def __init__(self, webhooks: Webhooks, access: Access) -> None:
        self._webhooks = webhooks
        self._access = access

    def routes(self) -> list[Route]:
        every = "/api/settings/webhooks"
        one = f"{every}/{{key}}"
        return [
            Route(("GET",), every, self._list, Needs.SIGNED_IN),
            Route(("POST",), every, self._create, Needs.SIGNED_IN),
            Route(("GET",), one, self._show, Needs.SIGNED_IN),
            Route(("POST",), one, self._update, Needs.SIGNED_IN),
            Route(("DELETE",), one, self._delete, Needs.SIGNED_IN),
            Route(("POST",), f"{one}/enable", self._enable, Needs.SIGNED_IN),
            Route(("POST",), f"{one}/disable", self._disable, Needs.SIGNED_IN),
            Route(("GET",), f"{one}/deliveries", self._deliveries, Needs.SIGNED_IN),
            Route(("POST",), f"{one}/deliveries/{{delivery}}/resend", self._resend, Needs.SIGNED_IN),
        ]

    async def _list(self, request: Request) -> Response:
        caller, _ = await self._access.signed_in(request)
        return json_answer([_webhook(one) for one in await self._webhooks.list(caller)])

    async def _show(self, request: Request) -> Response:
        caller, _ = await self._access.signed_in(request)
        return _wrapped(await self._webhooks.find(caller, request.path_params["key"]))

    async def _create(self, request: Request) -> Response:
        caller, _ = await self._access.signed_in(request)
        wanted = _wanted(await read_json(request), None)
        return _wrapped(await self._webhooks.create(caller, wanted), wanted.secret)

    async def _update(self, request: Request) -> Response:
        """What is not said stays as it is."""
        caller, _ = await self._access.signed_in(request)
        key = request.path_params["key"]
        wanted = _wanted(await read_json(request), await self._webhooks.find(caller, key))
        return _wrapped(await self._webhooks.update(caller, key, wanted), wanted.secret)

    async def _delete(self, request: Request) -> Response:
        caller, _ = await self._access.signed_in(request)
        await self._webhooks.delete(caller, request.path_params["key"])
        return json_answer({"success": True})

    async def _enable(self, request: Request) -> Response:
        caller, _ = await self._access.signed_in(request)
        return _wrapped(await self._webhooks.enable(caller, request.path_params["key"], True))

    async def _disable(self, request: Request) -> Response:
        caller, _ = await self._access.signed_in(request)
        return _wrapped(await self._webhooks.enable(caller, request.path_params["key"], False))

    async def _deliveries(self, request: Request) -> Response:
        """Not of the public hub."""
        caller, _ = await self._access.signed_in(request)
        query = request.query_params
        before, limit = number(query.get("before"), 0, 1 << 40), number(query.get("limit"), PAGE, PAGE)
        found = await self._webhooks.deliveries(caller, request.path_params["key"], before, limit + 1)
        shown, more = found[:limit], len(found) > limit
        headers = next_page(request, self._access.base_url(request), before=str(shown[-1].id)) if more else {}
        return json_answer([_delivery(one) for one in shown], headers=headers)

    async def _resend(self, request: Request) -> Response:
        """Not of the public hub."""
        caller, _ = await self._access.signed_in(request)
        given = request.path_params["delivery"]
        if not given.isascii() or not given.isdigit() or len(given) > 15:  # what databases hold
            raise WebhookNotFound(f"There is no delivery {given[:50]!r}.")
        return json_answer(_delivery(await self._webhooks.resend(caller, request.path_params["key"], int(given))))


def _wanted(body: dict[str, Any], before: Webhook | None) -> Wanted:
    """Raises InvalidInput, NotOffered."""
    if body.get("jobSourceId") is not None:
        raise NotOffered("Webhooks that start jobs are not offered here.", hint="Give a 'url'.")
    url = text_field(body, "url", before.url) if before else text_field(body, "url")
    domains = body.get("domains")
    if domains is None:
        domains = before.domains if before else DOMAINS
    if not isinstance(domains, list | tuple) or not all(isinstance(one, str) for one in domains):
        raise InvalidInput("'domains' must be a list of texts.")
    watched = body.get("watched") or (before.watched if before else [])
    return Wanted(url, [_watched(one) for one in watched], domains, optional_text(body, "secret"))


def _watched(said: Any) -> Watched:
    if isinstance(said, Watched):
        return said
    if not isinstance(said, dict):
        raise InvalidInput("'watched' must be a list of {type, name}.")
    return Watched(text_field(said, "type"), text_field(said, "name"))


def _wrapped(webhook: Webhook, secret: str | None = None) -> Response:
    return json_answer({"webhook": _webhook(webhook) | ({"secret": secret} if secret else {})})


def _webhook(one: Webhook) -> dict[str, Any]:
    """Its secret is told in the answer to whoever has just set it, and never again."""
    return {
        "id": one.key,
        "url": one.url,
        "watched": [{"type": each.type, "name": each.name} for each in one.watched],
        "domains": list(one.domains),
        "disabled": not one.is_enabled,
        "disabledReason": one.why_disabled or None,
        "hasSecret": one.has_secret,
    }


def _delivery(one: Delivery) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "event": {"scope": one.scope, "action": one.action},
        "about": one.about,
        "state": one.state,
        "tries": one.tries,
        "status": one.status,
        "answer": one.answer,
        "body": one.body,
        "createdAt": iso_z(one.created_at),
        "triedAt": iso_z(one.tried_at) if one.tried_at else None,
    }
