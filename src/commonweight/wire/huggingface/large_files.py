"""Large files over all of a history, and taking them out of it (contract, section 11)."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from commonweight.asgi import Needs, Route
from commonweight.clock import iso_z
from commonweight.errors import InvalidInput, TooLarge
from commonweight.hub import Hub
from commonweight.hub.purging import LargeInHistory
from commonweight.wire.huggingface.access import KIND_OF_SEGMENT, Access, for_kind
from commonweight.wire.huggingface.answers import json_answer, next_page, number
from commonweight.wire.huggingface.bodies import read_json

PAGE = 1000
MAX_DELETIONS = 1000  # in one call; clients send as many


class LargeFileCalls:
    def __init__(self, hub: Hub, access: Access) -> None:
        self._hub = hub
        self._access = access

    def routes(self) -> list[Route]:
        return [route for segment, kind in KIND_OF_SEGMENT.items() for route in self._of_kind(segment, kind)]

    def _of_kind(self, segment: str, kind: str) -> list[Route]:
        base = f"/api/{segment}/{{namespace}}/{{name}}/lfs-files"
        return [
            Route(("GET",), base, for_kind(self._list, kind), Needs.WRITE),
            Route(("POST",), f"{base}/batch", for_kind(self._delete, kind), Needs.WRITE),
        ]

    async def _list(self, request: Request, kind: str) -> Response:
        place = await self._access.place(request, kind)
        files = await self._hub.large_files.list(place.caller, place.repository)
        start = number(request.query_params.get("cursor"), 0, len(files) + 1)
        base = self._access.base_url(request)
        more = next_page(request, base, cursor=str(start + PAGE)) if len(files) > start + PAGE else {}
        return json_answer([_described(one) for one in files[start : start + PAGE]], headers=more)

    async def _delete(self, request: Request, kind: str) -> Response:
        """Raises InvalidInput where history is to keep pointers to bytes that are gone: such a repository is broken."""
        place = await self._access.place(request, kind)
        said = (await read_json(request)).get("deletions")
        oids = said.get("sha") if isinstance(said, dict) else None
        if not isinstance(said, dict) or not isinstance(oids, list) or not all(isinstance(one, str) for one in oids):
            raise InvalidInput("'deletions' must be {sha: [ids of files as lfs-files lists them], rewriteHistory: true}.")
        if len(oids) > MAX_DELETIONS:
            raise TooLarge(f"{len(oids)} files came; at most {MAX_DELETIONS} are taken out at once.")
        if said.get("rewriteHistory") is False:
            raise InvalidInput(
                "Without rewriting history, commits would name bytes that are gone.", hint="Send rewriteHistory: true."
            )
        moved = await self._hub.large_files.purge(place.caller, place.repository, oids)
        return json_answer({"ok": True, "refs": moved})


def _described(one: LargeInHistory) -> dict[str, Any]:
    return {
        "fileOid": one.oid,
        "filename": one.path,
        "oid": one.sha256,
        "pushedAt": iso_z(one.pushed_at),
        "ref": one.ref,
        "size": one.size,
    }
