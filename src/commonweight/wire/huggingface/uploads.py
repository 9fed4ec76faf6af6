"""Preupload and commit (contract, sections 10.2 and 10.5)."""

from __future__ import annotations

import asyncio
import base64
import binascii
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from commonweight.asgi import Needs, Route
from commonweight.errors import InvalidInput, TooLarge
from commonweight.hub import AddLarge, Candidate, Change, DeleteFile, DeleteFolder, Entry, Hub
from commonweight.wire.huggingface.access import KIND_OF_SEGMENT, Access, Place, for_kind, web_path
from commonweight.wire.huggingface.answers import flag, json_answer
from commonweight.wire.huggingface.bodies import OFF_LOOP_BYTES, lines, optional_text, parse_object, read_json, text_field

MAX_PREUPLOAD = 1000  # files in one call; clients send 256
MAX_SAMPLE = 1024  # characters of a file's beginning in base64; clients send 512 bytes
MAX_LINE = 48 << 20  # bytes of one line of a commit: a file of 36 MB in base64. From 10 MB on files are large ones
MAX_LINES = 50_000  # of one commit; clients send at most 1,000
HELD_BYTES = 32 << 20  # of small files held in memory for one commit; what comes after goes to the disk at once


class UploadCalls:
    def __init__(self, hub: Hub, access: Access) -> None:
        self._hub = hub
        self._access = access

    def routes(self) -> list[Route]:
        return [route for segment, kind in KIND_OF_SEGMENT.items() for route in self._of_kind(segment, kind)]

    def _of_kind(self, segment: str, kind: str) -> list[Route]:
        base = f"/api/{segment}/{{namespace}}/{{name}}"
        return [
            Route(("POST",), f"{base}/preupload/{{revision}}", for_kind(self._preupload, kind), Needs.WRITE),
            Route(("POST",), f"{base}/commit/{{revision}}", for_kind(self._commit, kind), Needs.WRITE),
        ]

    async def _preupload(self, request: Request, kind: str) -> Response:
        caller, revision = await self._access.revision(request, kind)
        await self._check(request, Place(caller, revision.repository))
        body = await read_json(request)
        files = _candidates(body)
        large, left_out = await self._hub.upload_modes(revision, files, optional_text(body, "gitIgnore"))
        there = {one.path: one for one in await self._hub.entries(revision, [one.path for one in files]) if one.is_file}
        answer = [_mode(one.path, large[one.path], one.path in left_out, there.get(one.path)) for one in files]
        return json_answer({"files": answer})

    async def _check(self, request: Request, place: Place) -> None:
        """Whoever may read may bring changes as a pull request; else it is for who may commit there."""
        if flag(request.query_params.get("create_pr")):
            self._hub.check_contributes(place.caller, place.repository)
        else:
            await self._hub.check_commits(place.caller, place.repository, request.path_params["revision"])

    async def _commit(self, request: Request, kind: str) -> Response:
        place = await self._access.place(request, kind)
        await self._check(request, place)
        received = await _Received(self._hub, place).read(request)
        ref = request.path_params["revision"]
        message = received.changes, received.title, received.description, received.parent
        base = f"{self._access.base_url(request)}{web_path(place.repository)}"
        if flag(request.query_params.get("create_pr")):
            commit, number = await self._hub.propose(place.caller, place.repository, ref, *message)
            opened = {"pullRequestUrl": f"{base}/discussions/{number}"}
        else:
            commit, opened = await self._hub.commit(place.caller, place.repository, ref, *message), {}
        answer = {"success": True, "commitUrl": f"{base}/commit/{commit.id}", "commitOid": commit.id, "hookOutput": ""}
        return json_answer(answer | opened)


class _Received:
    """The lines of a commit, turned into changes one by one: no more than one file is in memory as text."""

    def __init__(self, hub: Hub, place: Place) -> None:
        self._hub = hub
        self._place = place
        self._held = 0
        self.changes: list[Change] = []
        self.title, self.description, self.parent = "", "", None

    title: str
    description: str
    parent: str | None

    async def read(self, request: Request) -> _Received:
        """Raises InvalidInput, TooLarge, InvalidPath, and what reading JSON raises."""
        count = 0
        async for line in lines(request, MAX_LINE):
            count += 1
            if count > MAX_LINES:
                raise TooLarge(f"A commit may have {MAX_LINES} lines.", hint="Send several commits.")
            await self._take(await parse_object(line), first=count == 1)
        if count == 0:
            raise InvalidInput("The commit is empty; a line with the key 'header' was expected first.")
        return self

    async def _take(self, item: dict[str, Any], *, first: bool) -> None:
        key, value = item.get("key"), item.get("value")
        if not isinstance(value, dict) or (key == "header") != first:
            raise InvalidInput('Every line must be {"key": …, "value": {…}}, and the first one must be the header.')
        match key:
            case "header":
                self.title, self.description = text_field(value, "summary"), text_field(value, "description", "")
                self.parent = optional_text(value, "parentCommit")
            case "file":
                await self._take_file(value)
            case "lfsFile":
                self.changes.append(_large(value))
            case "deletedFile":
                self.changes.append(DeleteFile(text_field(value, "path")))
            case "deletedFolder":
                self.changes.append(DeleteFolder(text_field(value, "path")))
            case _:
                expected = "file, lfsFile, deletedFile, deletedFolder"
                raise InvalidInput(f"A line has the key {str(key)[:50]!r}; expected one of {expected}.")

    async def _take_file(self, value: dict[str, Any]) -> None:
        path, content = text_field(value, "path"), await _decode(value)
        spill = self._held > HELD_BYTES
        change = await self._hub.stage(self._place.caller, self._place.repository, path, content, spill=spill)
        self._held += len(content)
        self.changes.append(change)


async def _decode(value: dict[str, Any]) -> bytes:
    content, encoding = text_field(value, "content"), text_field(value, "encoding", "utf-8")
    if encoding == "utf-8":
        return content.encode(errors="surrogatepass")
    if encoding != "base64":
        raise InvalidInput(f"'encoding' is {encoding[:50]!r}; expected base64 or utf-8.")
    try:
        if len(content) > OFF_LOOP_BYTES:
            return await asyncio.to_thread(base64.b64decode, content, validate=True)
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput(f"The content of {value.get('path')!r} is not base64: {error}.") from None


def _large(value: dict[str, Any]) -> AddLarge:
    size = value.get("size")
    if text_field(value, "algo", "sha256") != "sha256":
        raise InvalidInput(f"'algo' is {value['algo']!r}; expected sha256.")
    if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 0):
        raise InvalidInput(f"'size' is {size!r}; expected a number of bytes.")
    return AddLarge(text_field(value, "path"), text_field(value, "oid"), size)


def _candidates(body: dict[str, Any]) -> list[Candidate]:
    files = body.get("files")
    if not isinstance(files, list) or not all(isinstance(one, dict) for one in files):
        raise InvalidInput("'files' must be a list of {path, size, sample}.")
    if len(files) > MAX_PREUPLOAD:
        raise TooLarge(f"{len(files)} files came; at most {MAX_PREUPLOAD} are answered at once.")
    return [_candidate(one) for one in files]


def _candidate(file: dict[str, Any]) -> Candidate:
    size, sample = file.get("size", 0), text_field(file, "sample", "")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise InvalidInput(f"'size' is {size!r}; expected a number of bytes.")
    try:
        return Candidate(text_field(file, "path"), size, base64.b64decode(sample[:MAX_SAMPLE]))
    except (binascii.Error, ValueError) as error:
        raise InvalidInput(f"The sample of {file.get('path')!r} is not base64: {error}.") from None


def _mode(path: str, large: bool, left_out: bool, there: Entry | None) -> dict[str, Any]:
    """`oid` lets clients skip what has not changed: SHA-1 of a regular file's blob, SHA-256 of a large one (10.2)."""
    oid = None if there is None else there.large.sha256 if there.large else there.oid
    return {"path": path, "uploadMode": "lfs" if large else "regular", "shouldIgnore": left_out, "oid": oid}
