"""The routes of files and uploads (contract, section 7). Bytes stream through; only forms' small fields are held."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp

from commonweight.asgi import Group, Needs, Route
from commonweight.files import MAX_FILE_BYTES, MAX_LISTED, MAX_PART_BYTES, File, Files, Uploads
from commonweight.wire.openai import fields
from commonweight.wire.openai.asked import read_document
from commonweight.wire.openai.errors import BadRequest, RequestTooLarge, dress
from commonweight.wire.openai.file_fields import (
    file_document,
    new_file_of_document,
    new_file_of_form,
    part_document,
    upload_document,
)
from commonweight.wire.openai.inference import Authenticate
from commonweight.wire.openai.keys import json_answer, key_owner
from commonweight.wire.openai.lists import cursor_of, list_document, oldest_first
from commonweight.wire.openai.multipart import Form
from commonweight.wire.ranges import parse_range

FORM_BYTES = 1 << 20  # what a form may hold beside its file


class FilesWire:
    """`/v1/files` and `/v1/uploads`."""

    def __init__(self, authenticate: Authenticate, files: Files, uploads: Uploads) -> None:
        self._authenticate = authenticate
        self._files = files
        self._uploads = uploads

    def group(self) -> Group:
        routes = (
            Route(("POST",), "/v1/files", self.create, Needs.KEY),
            Route(("GET",), "/v1/files", self.list, Needs.KEY),
            Route(("GET",), "/v1/files/{id}", self.retrieve, Needs.KEY),
            Route(("DELETE",), "/v1/files/{id}", self.delete, Needs.KEY),
            Route(("GET",), "/v1/files/{id}/content", self.content, Needs.KEY),
            Route(("POST",), "/v1/uploads", self.start_upload, Needs.KEY),
            Route(("POST",), "/v1/uploads/{id}/parts", self.add_part, Needs.KEY),
            Route(("POST",), "/v1/uploads/{id}/complete", self.complete_upload, Needs.KEY),
            Route(("POST",), "/v1/uploads/{id}/cancel", self.cancel_upload, Needs.KEY),
        )
        return Group("/v1/files", routes, dress)

    async def create(self, request: Request) -> ASGIApp:
        """`POST /v1/files`: a form with `file` and `purpose`."""
        account = await self._account(request)
        _check_announced(request, MAX_FILE_BYTES)
        form = Form(request, "file")
        async with self._files.receive(form.file_bytes()) as received:
            if form.filename is None:
                raise _missing("file")
            new = new_file_of_form(form.fields, form.filename)
            return json_answer(file_document(await self._files.create(account, received, new)))

    async def list(self, request: Request) -> ASGIApp:
        """`GET /v1/files`."""
        account = await self._account(request)
        cursor = cursor_of(request, default=MAX_LISTED, most=MAX_LISTED)
        named = request.query_params.get("purpose")
        page = await self._files.list(
            account,
            purpose=named,
            after=cursor.after,
            limit=cursor.limit,
            oldest_first=oldest_first(request),
        )
        return json_answer(list_document([file_document(file) for file in page.files], has_more=page.has_more))

    async def retrieve(self, request: Request) -> ASGIApp:
        """`GET /v1/files/{id}`."""
        return json_answer(file_document(await self._file(request)))

    async def delete(self, request: Request) -> ASGIApp:
        """`DELETE /v1/files/{id}`."""
        file_id = request.path_params["id"]
        await self._files.delete(await self._account(request), file_id)
        return json_answer({"id": file_id, "object": "file", "deleted": True})

    async def content(self, request: Request) -> ASGIApp:
        """`GET /v1/files/{id}/content`: the bytes, or one range of them."""
        file = await self._file(request)
        span = parse_range(request.headers.get("range"), file.bytes)
        start, end = span or (0, file.bytes)
        headers = _content_headers(file, end - start)
        if span:
            headers["content-range"] = f"bytes {start}-{end - 1}/{file.bytes}"
        if request.method == "HEAD":
            return Response(None, 200, headers, "application/octet-stream")
        body = self._files.read(file, start, end)
        return StreamingResponse(body, 206 if span else 200, headers, "application/octet-stream")

    async def start_upload(self, request: Request) -> ASGIApp:
        """`POST /v1/uploads`."""
        account = await self._account(request)
        body = await read_document(request)
        new = new_file_of_document(body)
        fields.integer(0)("bytes", fields.required(body, "bytes"))
        return json_answer(upload_document(await self._uploads.create(account, new, body["bytes"])))

    async def add_part(self, request: Request) -> ASGIApp:
        """`POST /v1/uploads/{id}/parts`: a form with `data`."""
        account, upload_id = await self._account(request), request.path_params["id"]
        await self._uploads.pending(account, upload_id)  # before 64 MB have been sent for nothing
        _check_announced(request, MAX_PART_BYTES)
        form = Form(request, "data")
        async with self._uploads.receive(form.file_bytes()) as received:
            if form.filename is None:
                raise _missing("data")
            return json_answer(part_document(await self._uploads.add_part(account, upload_id, received)))

    async def complete_upload(self, request: Request) -> ASGIApp:
        """`POST /v1/uploads/{id}/complete`."""
        account, body = await self._account(request), await read_document(request)
        part_ids = fields.required(body, "part_ids")
        if not isinstance(part_ids, list) or not all(isinstance(one, str) for one in part_ids):
            raise fields.wrong_type("part_ids", "an array of strings", part_ids)
        fields.check_fields(body, {"md5": fields.text})
        upload = await self._uploads.complete(account, request.path_params["id"], part_ids, body.get("md5"))
        return json_answer(upload_document(upload))

    async def cancel_upload(self, request: Request) -> ASGIApp:
        """`POST /v1/uploads/{id}/cancel`."""
        upload = await self._uploads.cancel(await self._account(request), request.path_params["id"])
        return json_answer(upload_document(upload))

    async def _file(self, request: Request) -> File:
        return await self._files.get(await self._account(request), request.path_params["id"])

    async def _account(self, request: Request) -> int:
        _, account = await key_owner(self._authenticate, request)
        return account.id


def _missing(name: str) -> BadRequest:
    return BadRequest(f"Missing required parameter: '{name}'.", param=name, kind="missing_required_parameter")


def _check_announced(request: Request, most: int) -> None:
    """What is too long by its own account need not be sent. Raises RequestTooLarge."""
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > most + FORM_BYTES:
        message = f"The request has {announced} bytes; a file of at most {most} is accepted here."
        raise RequestTooLarge(message)


def _content_headers(file: File, length: int) -> dict[str, str]:
    """A browser that is led here keeps the bytes as a file, whatever they are."""
    return {
        "content-length": str(length),
        "accept-ranges": "bytes",
        "content-disposition": f"attachment; filename*=UTF-8''{quote(file.filename, safe='')}",
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox",
    }
