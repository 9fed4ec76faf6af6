"""receive-pack, statelessly (gitprotocol-pack, "Pushing Data To a Server"): commands, a pack, a report."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from commonweight.errors import CommonweightError, InvalidInput
from commonweight.hub import GitRef, Outcome, PackRefused, Push, Pushes, RefUpdate
from commonweight.wire.git.pkt import DATA, FLUSH, PROGRESS, PktReader, band, line
from commonweight.wire.git.requests import oid_in

MAX_UPDATES = 1000  # names of one push
BEAT_SECONDS = 5.0  # between two empty packets while the push is worked on; proxies end connections that say nothing
CAPABILITIES = (
    b"report-status delete-refs side-band-64k quiet atomic ofs-delta no-thin object-format=sha1 agent=commonweight"
)


@dataclass(frozen=True)
class Commands:
    updates: Sequence[RefUpdate]
    caps: frozenset[str]

    @property
    def brings_objects(self) -> bool:
        return any(not one.deletes for one in self.updates)


def advertise_receive(refs: Sequence[GitRef]) -> Iterator[bytes]:
    names = [f"{one.target} {one.name}".encode() for one in refs] or [b"0" * 40 + b" capabilities^{}"]
    yield line(names[0] + b"\0" + CAPABILITIES + b"\n")
    for name in names[1:]:
        yield line(name + b"\n")
    yield FLUSH


async def read_commands(lines: PktReader) -> Commands:
    """The updates of a push, up to the flush behind them. Raises InvalidInput."""
    updates: list[RefUpdate] = []
    caps = frozenset[str]()
    while isinstance(text := await lines.next(), bytes):
        command, _, words = text.partition(b"\0")
        caps |= set(words.decode(errors="replace").split())
        if command.startswith(b"shallow "):  # where the client's history ends: what did not come must be here anyway
            oid_in(command[8:])
            continue
        updates.append(_update(command))
        if len(updates) > MAX_UPDATES:
            raise InvalidInput(f"A push may move {MAX_UPDATES} names.", hint="Push them in steps.")
    if len({one.name for one in updates}) < len(updates):
        raise InvalidInput("A name came twice in one push.")
    return Commands(updates, caps)


def _update(command: bytes) -> RefUpdate:
    parts = command.split(b" ", 2)
    if len(parts) != 3:
        raise InvalidInput(f"{command[:80]!r} is no update; expected an old id, a new id and a name.")
    try:
        name = parts[2].decode()
    except UnicodeDecodeError:
        raise InvalidInput(f"The name {parts[2][:80]!r} is not UTF-8.") from None
    return RefUpdate(name, oid_in(parts[0]), oid_in(parts[1]))


class PushAnswer:
    """
    Does the push while it answers, so that long ones keep their connection. `kept` is closed in the end, however it ends:
    the pack goes then.
    """

    def __init__(self, pushes: Pushes, push: Push, caps: frozenset[str], kept: ExitStack, headers: dict[str, str]) -> None:
        self._pushes = pushes
        self._push = push
        self._banded = "side-band-64k" in caps
        self._reports = "report-status" in caps
        self._kept = kept
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        media_type = "application/x-git-receive-pack-result"
        try:
            await StreamingResponse(self._said(), headers=self._headers, media_type=media_type)(scope, receive, send)
        finally:
            self._kept.close()

    async def _said(self) -> AsyncIterator[bytes]:
        task = asyncio.ensure_future(self._work())
        try:
            while not task.done():
                await asyncio.wait({task}, timeout=BEAT_SECONDS)
                if not task.done() and self._banded:
                    yield line(bytes([PROGRESS]))
        finally:
            task.cancel()
        report, remarks = task.result()
        if self._banded and remarks:
            yield b"".join(band(PROGRESS, remarks))
        if self._reports:
            yield b"".join(band(DATA, report)) if self._banded else report
        if self._banded:
            yield FLUSH

    async def _work(self) -> tuple[bytes, bytes]:
        """The report, and what a person is told beside it."""
        try:
            return b"".join(_report(b"ok", await self._pushes.push(self._push))), b""
        except PackRefused as error:
            remark, why = error.detail, error.detail
        except CommonweightError as error:
            remark, why = error.sentence, error.detail
        failed = [Outcome(one.name, "unpacker error") for one in self._push.updates]
        return b"".join(_report(_one_line(why), failed)), f"{remark}\n".encode()


def _report(unpacked: bytes, outcomes: Sequence[Outcome]) -> Iterator[bytes]:
    yield line(b"unpack " + unpacked + b"\n")
    for one in outcomes:
        name = one.name.encode()
        yield line(b"ng " + name + b" " + _one_line(one.refused) + b"\n" if one.refused else b"ok " + name + b"\n")
    yield FLUSH


def _one_line(text: str) -> bytes:
    return " ".join(text.split()).encode()[:1000]
