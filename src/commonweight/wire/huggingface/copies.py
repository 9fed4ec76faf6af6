"""Copies that the server makes by itself: large files into another repository, and a whole one (contract, 5 and 10.7)."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from commonweight.asgi import Needs, Route
from commonweight.errors import CommonweightError, InvalidInput, NotAuthenticated, TooLarge
from commonweight.hub import (
    KINDS,
    AddLarge,
    Change,
    DeleteFile,
    Entry,
    Hub,
    Repository,
    RepositoryExists,
    Revision,
    is_sha256,
)
from commonweight.identity import Caller
from commonweight.storage import Storage
from commonweight.wire.huggingface.access import KIND_OF_SEGMENT, Access, Place, for_kind
from commonweight.wire.huggingface.answers import json_answer
from commonweight.wire.huggingface.bodies import optional_text, read_json
from commonweight.wire.huggingface.repos import full_name_field, name_taken, named

MAX_FILES = 1000  # in one call; clients send at most 100
NOT_HELD = "The source holds no such file."


class CopyCalls:
    def __init__(self, hub: Hub, storage: Storage, access: Access) -> None:
        self._hub = hub
        self._storage = storage
        self._access = access

    def routes(self) -> list[Route]:
        return [route for segment, kind in KIND_OF_SEGMENT.items() for route in self._of_kind(segment, kind)]

    def _of_kind(self, segment: str, kind: str) -> list[Route]:
        base = f"/api/{segment}/{{namespace}}/{{name}}"
        return [
            Route(("POST",), f"{base}/lfs-files/duplicate", for_kind(self._files, kind), Needs.READ),
            Route(("POST",), f"{base}/duplicate", for_kind(self._whole, kind), Needs.READ),
        ]

    async def _files(self, request: Request, kind: str) -> Response:
        """Large files of the repository in the path, for a commit to another that the caller is about to make."""
        place = await self._access.place(request, kind)
        revision = await self._readable(place)
        body = await read_json(request)
        target = await self._target(place.caller, body.get("target"))
        scope = await self._hub.upload_scope(place.caller, target)
        digests = _digests(body.get("files"))
        await self._keep_access(revision, target)
        failed = [
            {"sha256": sha256, "error": NOT_HELD}
            for sha256 in digests
            if await self._storage.adopt(place.repository.scope, scope, sha256) is None
        ]
        return json_answer({"failed": failed})

    async def _whole(self, request: Request, kind: str) -> Response:
        """A new repository with the files of the branch main, as one commit. A name that is taken gives 409 with `url`."""
        place = await self._access.place(request, kind)
        revision = await self._readable(place)
        body = await read_json(request)
        namespace, name = full_name_field(body, "repository")
        visibility = optional_text(body, "visibility") or ("private" if place.repository.is_private else None)
        try:
            made = await self._hub.create(place.caller, kind, namespace, name, visibility)
        except RepositoryExists as error:
            return name_taken(request, self._access, error)
        try:
            await self._fill(place.caller, revision, made)
        except CommonweightError:
            await self._hub.delete(place.caller, made)  # half a copy is none
            raise
        return json_answer({**named(request, self._access, made), "filesCopyPending": False})

    async def _fill(self, caller: Caller, source: Revision, made: Repository) -> None:
        await self._keep_access(source, made)
        entries = [one for one in await self._hub.tree(source, recursive=True) if one.is_file]
        there = {one.path for one in await self._hub.tree(await self._hub.resolve(made), recursive=True) if one.is_file}
        changes: list[Change] = [DeleteFile(path) for path in sorted(there - {one.path for one in entries})]
        changes += [await self._copied(caller, source.repository, made, one) for one in entries]
        title = f"Duplicate from {source.repository.full_name}"
        await self._hub.commit(caller, made, "main", changes, title, f"At {source.commit}.")

    async def _copied(self, caller: Caller, source: Repository, made: Repository, entry: Entry) -> Change:
        if entry.large is None:
            return await self._hub.stage(caller, made, entry.path, await self._hub.read_blob(source, entry), spill=True)
        await self._storage.adopt(source.scope, made.scope, entry.large.sha256)
        return AddLarge(entry.path, entry.large.sha256, entry.large.size)

    async def _readable(self, place: Place) -> Revision:
        """
        The branch main, if the caller may have its files. Raises NotAuthenticated, GatedRepository, RepositoryNotFound, and
        what policy says.
        """
        if place.caller.account is None:
            raise NotAuthenticated("This needs a token.", hint="Send it as: Authorization: Bearer <token>")
        await self._hub.check_files(place.caller, place.repository)
        revision = await self._hub.resolve(place.repository)
        await self._access.downloads.check_download(place.caller, revision)
        return revision

    async def _keep_access(self, source: Revision, target: Repository) -> None:
        """
        A copy of what is closed stays closed to whom the source is, or a copy would open it to everybody; within a namespace
        its owner decides, who may publish what is his.
        """
        repository = source.repository
        if repository.namespace != target.namespace and (repository.is_private or await self._hub.gate(repository)):
            await self._hub.carry(target, [(source, "")])

    async def _target(self, caller: Caller, said: Any) -> Repository:
        if not isinstance(said, dict) or said.get("type", "model") not in KINDS or not isinstance(said.get("name"), str):
            raise InvalidInput(f"'target' is {said!r}; expected {{type, name}}.")
        namespace, _, name = said["name"].partition("/")
        return await self._hub.find(caller, said.get("type", "model"), namespace, name)


def _digests(files: Any) -> list[str]:
    """Raises InvalidInput, TooLarge."""
    if not isinstance(files, list):
        raise InvalidInput("'files' must be a list of {xetHash, sha256, filename}.")
    if len(files) > MAX_FILES:
        raise TooLarge(f"{len(files)} files came; at most {MAX_FILES} are copied at once.")
    digests = [one.get("sha256") if isinstance(one, dict) else None for one in files]
    wrong = next((one for one in digests if not isinstance(one, str) or not is_sha256(one)), None)
    if wrong is not None or None in digests:
        raise InvalidInput(f"'sha256' is {wrong!r}; expected 64 digits from 0 to f.")
    return [one for one in digests if isinstance(one, str)]
