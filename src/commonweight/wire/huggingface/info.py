"""What is said about a repository: info (contract, section 7)."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from commonweight.asgi import Needs, Route
from commonweight.errors import InvalidInput, TooLarge
from commonweight.hub import INDEX, Hub, Revision
from commonweight.vetting.scans import Scans
from commonweight.wire.huggingface.access import KIND_OF_SEGMENT, Access, for_kind, no_such_repository
from commonweight.wire.huggingface.answers import flag, json_answer
from commonweight.wire.huggingface.bodies import parse_object
from commonweight.wire.huggingface.describing import chosen, describe, expand_of, siblings
from commonweight.wire.huggingface.security import SECURITY, repository_status

MAX_INDEX = 32 << 20  # bytes of an index; it names each tensor of a model once
MAX_SHARDS = 1000


class InfoCalls:
    def __init__(self, hub: Hub, access: Access, scans: Scans | None = None) -> None:
        self._hub = hub
        self._access = access
        self._scans = scans

    def routes(self) -> list[Route]:
        headers = "/api/models/{namespace}/{name}/safetensors-metadata/{path...}"
        routes = [route for segment, kind in KIND_OF_SEGMENT.items() for route in self._of_kind(segment, kind)]
        return [*routes, Route(("GET",), headers, self._headers, Needs.READ)]

    def _of_kind(self, segment: str, kind: str) -> list[Route]:
        async def bare(request: Request) -> Response:
            await self._access.caller(request)
            raise no_such_repository(request)

        base = f"/api/{segment}/{{namespace}}/{{name}}"
        return [
            Route(("GET",), f"/api/{segment}/{{name}}", bare, Needs.NOTHING),
            Route(("GET",), base, for_kind(self._info, kind), Needs.READ),
            Route(("GET",), f"{base}/revision/{{revision}}", for_kind(self._info, kind), Needs.READ),
        ]

    async def _headers(self, request: Request) -> Response:
        """The headers of all shards that an index names, at `main` (contract, section 7)."""
        caller, revision = await self._access.revision(request, "model")
        await self._hub.check_files(caller, revision.repository)
        await self._access.downloads.check_download(caller, revision)
        path = request.path_params["path"]
        document = await self._index(revision, path)
        folder = path.rpartition("/")[0]
        shards = sorted({f"{folder}/{one}" if folder else one for one in document["weight_map"].values()})
        headers = await self._hub.safetensors_headers(revision, shards)
        index = {"metadata": document["metadata"]} if isinstance(document.get("metadata"), dict) else {}
        named = {shard.removeprefix(f"{folder}/") if folder else shard: header for shard, header in headers.items()}
        return json_answer({"index": index, "headers": named}, headers={"X-Repo-Commit": revision.commit})

    async def _index(self, revision: Revision, path: str) -> dict[str, Any]:
        """Raises EntryNotFound, InvalidInput."""
        document = await parse_object(await self._hub.read_small(revision, path, MAX_INDEX))
        shards = document.get("weight_map")
        if not isinstance(shards, dict) or not all(isinstance(one, str) for one in shards.values()):
            raise InvalidInput(f"{path} has no weight_map: it is no index of safetensors files.", hint=f"Ask for {INDEX}.")
        if len(set(shards.values())) > MAX_SHARDS:
            raise TooLarge(f"{path} names more than {MAX_SHARDS} files.")
        return document

    async def _info(self, request: Request, kind: str) -> Response:
        expand = expand_of(request.query_params, kind)
        _, revision = await self._access.revision(request, kind)
        facts, contents = await self._hub.facts(revision), await self._hub.contents(revision)
        needs_files = expand is None or not expand.isdisjoint({"siblings", "usedStorage"})
        files = [one for one in await self._hub.tree(revision, recursive=True) if one.is_file] if needs_files else []
        whole = describe(revision.repository, revision.commit, facts, contents, await self._hub.gate(revision.repository))
        whole["siblings"] = siblings(files, with_blobs=flag(request.query_params.get("blobs")))
        whole["usedStorage"] = sum(one.size for one in files)
        answer = chosen(whole, expand)
        if self._scans and (flag(request.query_params.get("securityStatus")) or (expand and SECURITY in expand)):
            answer[SECURITY] = repository_status(await self._scans.of_revision(revision))
        return json_answer(answer, headers={"X-Repo-Commit": revision.commit})
