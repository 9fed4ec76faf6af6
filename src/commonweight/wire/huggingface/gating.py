"""Access to gated repositories: asking, deciding, and what was accepted (contract, section 13)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from commonweight.asgi import Needs, Route
from commonweight.clock import iso_z
from commonweight.errors import InvalidInput
from commonweight.hub import AccessRequest, Hub, Terms
from commonweight.wire.huggingface.acceptances import as_csv
from commonweight.wire.huggingface.access import KIND_OF_SEGMENT, Access, for_kind
from commonweight.wire.huggingface.answers import json_answer, next_page, number
from commonweight.wire.huggingface.bodies import optional_text, read_body, read_json, text_field

PAGE = 100  # requests in one answer
MAX_FORM_BYTES = 256 << 10  # 32 fields of 2,000 characters, each of up to twelve bytes as it is sent
MAX_FORM_FIELDS = 100
MAX_DIGITS = 15  # of a number of a request; keeps it within what databases hold


class GateCalls:
    def __init__(self, hub: Hub, access: Access) -> None:
        self._hub = hub
        self._access = access

    def routes(self) -> list[Route]:
        return [route for segment, kind in KIND_OF_SEGMENT.items() for route in self._of_kind(segment, kind)]

    def _of_kind(self, segment: str, kind: str) -> list[Route]:
        repository = f"/api/{segment}/{{namespace}}/{{name}}"
        requests = f"{repository}/user-access-request"
        page = f"{'' if kind == 'model' else f'/{segment}'}/{{namespace}}/{{name}}/ask-access"
        return [
            Route(("GET",), f"{repository}/access-terms", for_kind(self._terms, kind), Needs.READ),
            Route(("POST",), page, for_kind(self._ask, kind), Needs.READ),
            Route(("DELETE",), page, for_kind(self._withdraw, kind), Needs.READ),
            Route(("GET",), f"{requests}/{{status}}", for_kind(self._list, kind), Needs.WRITE),
            Route(("POST",), f"{requests}/handle", for_kind(self._handle, kind), Needs.WRITE),
            Route(("POST",), f"{requests}/grant", for_kind(self._grant, kind), Needs.WRITE),
            Route(("GET",), f"{requests}/acceptances.csv", for_kind(self._acceptances, kind), Needs.WRITE),
            Route(("GET",), f"{requests}/texts/{{hash}}", for_kind(self._text, kind), Needs.READ),
        ]

    # For whoever wants in

    async def _terms(self, request: Request, kind: str) -> Response:
        """Not of the public hub: what has to be accepted, with its hash, and how the caller stands."""
        place = await self._access.place(request, kind)
        terms = await self._hub.gates.terms(place.caller, place.repository)
        standing = await self._hub.gates.standing(place.caller, place.repository)
        said = _terms(terms) | {"gated": place.repository.gated or False}
        return json_answer(said | {"request": _own(standing) if standing else None})

    async def _ask(self, request: Request, kind: str) -> Response:
        place = await self._access.place(request, kind)
        self._hub.check_contributes(place.caller, place.repository)
        fields, shown = await _filled_in(request)
        return json_answer(_own(await self._hub.gates.ask(place.caller, place.repository, fields, shown)))

    async def _withdraw(self, request: Request, kind: str) -> Response:
        place = await self._access.place(request, kind)
        await self._hub.gates.withdraw(place.caller, place.repository)
        return json_answer({"ok": True})

    # For whoever administers the repository

    async def _list(self, request: Request, kind: str) -> Response:
        place, query = await self._access.place(request, kind), request.query_params
        limit, after = number(query.get("limit"), PAGE, PAGE), number(query.get("cursor"), 0, 1 << 40)
        status = request.path_params["status"]
        found = await self._hub.gates.list(place.caller, place.repository, status, after, limit + 1)
        shown, more = found[:limit], len(found) > limit
        headers = next_page(request, self._access.base_url(request), cursor=str(shown[-1].id)) if more else {}
        return json_answer([_request(one) for one in shown], headers=headers)

    async def _handle(self, request: Request, kind: str) -> Response:
        place = await self._access.place(request, kind)
        self._hub.check_administers(place.caller, place.repository)
        body = await read_json(request)
        who, status, reason = _who(body), text_field(body, "status"), optional_text(body, "rejectionReason") or ""
        return json_answer(_request(await self._hub.gates.decide(place.caller, place.repository, who, status, reason)))

    async def _grant(self, request: Request, kind: str) -> Response:
        place = await self._access.place(request, kind)
        self._hub.check_administers(place.caller, place.repository)
        user = text_field(await read_json(request), "user")
        return json_answer(_request(await self._hub.gates.grant(place.caller, place.repository, user)))

    async def _acceptances(self, request: Request, kind: str) -> Response:
        """For those who keep contracts: a table of all that was ever accepted."""
        place = await self._access.place(request, kind)
        found = await self._hub.gates.acceptances(place.caller, place.repository)
        name = f"{place.repository.namespace}-{place.repository.name}-acceptances.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return Response(as_csv(found), headers=headers, media_type="text/csv; charset=utf-8")

    async def _text(self, request: Request, kind: str) -> Response:
        place = await self._access.place(request, kind)
        text = await self._hub.gates.accepted_text(place.caller, place.repository, request.path_params["hash"])
        headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}
        return PlainTextResponse(text, headers=headers)


async def _filled_in(request: Request) -> tuple[Mapping[str, Any], str]:
    """Fields by label, and the hash of the terms that were shown: a form as of a page, or JSON `{fields, terms}`."""
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        body = await read_body(request, MAX_FORM_BYTES)
        try:
            pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FORM_FIELDS, errors="strict")
        except ValueError as error:
            raise InvalidInput(f"The form cannot be read: {error}.") from None
        given = dict(pairs)
        return given, given.pop("terms", "")
    sent = await read_json(request, MAX_FORM_BYTES)
    fields = sent.get("fields", {})
    if not isinstance(fields, dict):
        raise InvalidInput("'fields' must be an object: what is filled in, by the labels of the fields.")
    return fields, optional_text(sent, "terms") or ""


def _who(body: dict[str, Any]) -> str | int:
    """By name or by the number of the request, never both (clients refuse that too). Raises InvalidInput."""
    user, request_id = optional_text(body, "user"), optional_text(body, "requestId")
    if (user is None) == (request_id is None):
        raise InvalidInput("Either 'user' or 'requestId' is needed.")
    if user is not None:
        return user
    assert request_id is not None
    if not request_id.isascii() or not request_id.isdigit() or len(request_id) > MAX_DIGITS:
        raise InvalidInput(f"'requestId' is {request_id[:50]!r}; expected the number of a request.")
    return int(request_id)


def _own(request: AccessRequest) -> dict[str, Any]:
    """As the person sees it."""
    return {"status": request.status, "timestamp": iso_z(request.asked_at), "rejectionReason": request.reason or None}


def _request(request: AccessRequest) -> dict[str, Any]:
    """As whoever administers sees it. There are no addresses for mail here, so none is ever told."""
    described: dict[str, Any] = {
        "requestId": str(request.id),
        "status": request.status,
        "timestamp": iso_z(request.asked_at),
        "user": {"user": request.user, "fullname": request.fullname},
    }
    if request.fields:
        described["fields"] = dict(request.fields)
    return described | ({"rejectionReason": request.reason} if request.reason else {})


def _terms(terms: Terms) -> dict[str, Any]:
    return {
        "commit": terms.commit,
        "hash": terms.hash,
        "text": terms.text,
        "heading": terms.heading,
        "prompt": terms.prompt,
        "description": terms.description,
        "button": terms.button,
        "fields": [_field(label=one.label, kind=one.kind, options=one.options) for one in terms.fields],
        "licence": terms.licence,
        "licenceTexts": [{"path": one.path, "hash": one.hash, "text": one.text} for one in terms.licence_texts],
    }


def _field(label: str, kind: str, options: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    shown = [{"value": value, "label": text} for value, text in options]
    return {"label": label, "type": kind} | ({"options": shown} if shown else {})
