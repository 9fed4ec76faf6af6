"""POST /cw/v1/tuning/check and /cw/v1/tuning/repair: all that is wrong with a file of examples, and a repaired copy."""

# No postponed annotations here: the framework reads those of the handlers, which name a local (`callers`).

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request

from commonweight.asgi import FileForm
from commonweight.errors import InvalidInput
from commonweight.files import File, Files, NewFile, Purpose, Received
from commonweight.identity import Caller
from commonweight.tuning.data import Columns, Findings, Repaired, Wishes, check_file, is_table, repair
from commonweight.wire.cw.callers import Callers

CHECK, REPAIR = "/tuning/check", "/tuning/repair"
MAX_DOCUMENT: Final = 64 << 10  # bytes of a body that names a file
_PIECE: Final = 1 << 20
_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "no_duplicates": {"type": "boolean"},
                        "leave_out": {"type": "boolean"},
                        "mapping": {"type": "string", "description": "As prompt=question,completion=answer."},
                    },
                }
            },
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "description": "The id of a file of this account."},
                        "no_duplicates": {"type": "boolean"},
                        "leave_out": {"type": "boolean"},
                        "mapping": {"type": "string", "description": "As prompt=question,completion=answer."},
                    },
                }
            },
        },
    }
}


class FindingAnswer(BaseModel):
    """`line` counts from 1; null: the file as a whole. `param` is the path of the field within the line."""

    line: int | None
    code: str
    message: str
    param: str | None


class GroupAnswer(BaseModel):
    """Findings of one kind: how many, the first lines, and the first of them."""

    code: str
    count: int
    lines: list[int]
    first: list[FindingAnswer]


class FindingsAnswer(BaseModel):
    """`errors` refuse a file, `warnings` do not (docs/tuning.md lists both)."""

    accepted: bool
    errors: list[GroupAnswer]
    warnings: list[GroupAnswer]
    facts: dict[str, Any]

    @classmethod
    def of(cls, found: Findings) -> "FindingsAnswer":
        return cls.model_validate(found.document())


class RepairAnswer(BaseModel):
    """`file` is the id of the repaired copy; null where it would still be refused, and is not kept."""

    file: str | None
    read: int
    written: int
    changed: int
    changes: list[GroupAnswer]
    found: FindingsAnswer


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")

    file: str = ""
    no_duplicates: bool = False
    leave_out: bool = False
    mapping: str = ""

    @property
    def columns(self) -> Columns:
        """Raises InvalidMapping."""
        return Columns.parse(self.mapping)

    @property
    def wishes(self) -> Wishes:
        return Wishes(self.no_duplicates, self.leave_out)


@dataclass(frozen=True)
class _Given:
    """The bytes to look at, what they are called, and what is wished."""

    received: Received
    filename: str
    asked: _Asked


def tuning_data_routes(callers: Callers, files: Files) -> APIRouter:
    """What is sent is looked at as it lies on disk, and kept by nobody; a repaired copy is a file of the caller's."""
    router = APIRouter(tags=["tuning"])

    @router.post(CHECK, openapi_extra=_BODY)
    async def check(request: Request, caller: Annotated[Caller, Depends(callers.signed_in)]) -> FindingsAnswer:
        async with _given(files, caller, request) as given:
            return FindingsAnswer.of(await asyncio.to_thread(_check, given))

    @router.post(REPAIR, openapi_extra=_BODY)
    async def mend(request: Request, caller: Annotated[Caller, Depends(callers.signed_in)]) -> RepairAnswer:
        async with _given(files, caller, request) as given:
            target = _beside(given)
            try:
                done = await asyncio.to_thread(_repair, given, target)
                kept = await _keep(files, caller, target, given.filename) if done.found.accepted else None
            finally:
                target.unlink(missing_ok=True)
        return _answer(done, kept)

    return router


def _beside(given: _Given) -> Path:
    return given.received.path.with_name(f"{given.received.path.name}.repaired")


def _check(given: _Given) -> Findings:
    """A table is checked as the lines that it becomes."""
    if not given.asked.mapping and not is_table(given.filename):
        return check_file(given.received.path)
    target = _beside(given)
    try:
        return _repair(given, target).found
    finally:
        target.unlink(missing_ok=True)


def _repair(given: _Given, target: Path) -> Repaired:
    asked = given.asked
    return repair(given.received.path, target, asked.wishes, columns=asked.columns, name=given.filename)


def _answer(done: Repaired, kept: File | None) -> RepairAnswer:
    return RepairAnswer.model_validate({**done.document(), "file": kept.id if kept else None})


async def _keep(files: Files, caller: Caller, path: Path, filename: str) -> File:
    stem = filename.rpartition(".")[0] or filename or "examples"
    async with files.receive(_pieces(path)) as received:
        return await files.create(_account(caller), received, NewFile(f"{stem}-repaired.jsonl", Purpose.FINE_TUNE))


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, _PIECE):
            yield piece


def _given(files: Files, caller: Caller, request: Request) -> AbstractAsyncContextManager[_Given]:
    is_form = request.headers.get("content-type", "").startswith("multipart/")
    return _sent(files, request) if is_form else _named(files, caller, request)


@asynccontextmanager
async def _sent(files: Files, request: Request) -> AsyncIterator[_Given]:
    """A form with the file, whose bytes go to disk as they arrive. Raises InvalidInput, TooManyBytes."""
    form = FileForm(request, "file")
    async with files.receive(form.file_bytes()) as received:
        if form.filename is None:
            raise InvalidInput("The form holds no file.", hint="Send it in the field 'file'.")
        yield _Given(received, form.filename, _asked(form.fields))


@asynccontextmanager
async def _named(files: Files, caller: Caller, request: Request) -> AsyncIterator[_Given]:
    """A file that was sent before, by its id. Raises InvalidInput, FileMissing."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_DOCUMENT:
            raise InvalidInput(f"The body has more than {MAX_DOCUMENT:,} bytes.", hint="Send a file as multipart/form-data.")
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidInput(
            f"The body is no JSON: {error}.", hint='Send {"file": "file-…"}, or a form with a file.'
        ) from None
    asked = _asked(document)
    file = await files.get(_account(caller), asked.file)
    async with files.receive(files.read(file)) as received:
        yield _Given(received, file.filename, asked)


def _asked(said: object) -> _Asked:
    try:
        return _Asked.model_validate(said)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "body"
        raise InvalidInput(
            f"{place}: {first['msg']}.", hint='Expected "file", "mapping", "no_duplicates", "leave_out".'
        ) from None


def _account(caller: Caller) -> int:
    assert caller.account is not None, "signed in"
    return caller.account.id
