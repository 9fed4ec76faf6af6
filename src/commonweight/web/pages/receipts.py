"""A verdict to hand on: signed, as JSON and as a page to print; and the keys that it is checked with."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from commonweight.rights.receipts import key_id_of
from commonweight.web.pages.licences import language_of
from commonweight.web.presenting.words import DUTY_TITLES, verdict_word
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Visits

#: The page carries its style in itself, since it is to be kept as one file; it runs nothing and loads nothing.
FILE_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "x-content-type-options": "nosniff",
    "cache-control": "private, no-store",
}


class ReceiptPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._services = services
        self._visits = visits
        self._renderer = renderer

    async def json(self, request: Request) -> Response:
        """`/verdicts/{id}/receipt.json`; `?facts=no` leaves the asker's facts out."""
        receipt = await self._receipt(request)
        name = f"verdict-{receipt['receipt']['verdict_id'][:12]}.json"
        text = json.dumps(receipt, ensure_ascii=False, indent=1)
        headers = {**FILE_HEADERS, "content-disposition": f'attachment; filename="{name}"'}
        return Response(text, media_type="application/json", headers=headers)

    async def page(self, request: Request) -> Response:
        """`/verdicts/{id}/receipt.html`: to be read and printed; the signed receipt is inside."""
        visit = await self._visits.visit(request)
        receipt = await self._receipt(request)
        carried = json.dumps(receipt, ensure_ascii=True).replace("<", "\\u003c")  # nothing in it can end its element
        html = self._renderer.file(
            "receipt_file.html",
            language_of(visit),
            receipt=receipt["receipt"],
            key_id=key_id_of(receipt["signature"]["key"]),
            word=verdict_word(receipt["receipt"]["value"]),
            acts={act["act"]: verdict_word(act["value"]) for act in receipt["receipt"]["verdict"]["acts"]},
            duties=DUTY_TITLES,
            carried=carried,
        )
        return Response(html, media_type="text/html", headers=FILE_HEADERS)

    async def keys(self, request: Request) -> Response:
        """`/.well-known/commonweight-keys.json`: a JWK Set."""
        return JSONResponse(self._services.receipts.public_keys(), headers={"cache-control": "public, max-age=3600"})

    async def _receipt(self, request: Request) -> dict[str, Any]:
        visit = await self._visits.visit(request)
        with_facts = request.query_params.get("facts", "yes") != "no"
        return await self._services.receipts.make(
            visit.caller, request.path_params["id"], visit.frame.base_url, with_facts=with_facts
        )
