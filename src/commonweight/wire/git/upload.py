"""
upload-pack, statelessly (gitprotocol-v2, gitprotocol-pack, gitprotocol-http): what is there, what is common, the pack.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import replace

from commonweight.errors import CommonweightError, InvalidInput
from commonweight.hub import Fetching, GitRef, Parcel, Repository
from commonweight.wire.git.pkt import DATA, DELIM, FATAL, FLUSH, PROGRESS, Mark, PktReader, band, line
from commonweight.wire.git.requests import MAX_WORDS, FetchRequest, read_fetch, read_v0

CheckCommit = Callable[[str], Awaitable[None]]

AGENT = b"agent=commonweight"
HEAD = "refs/heads/main"
PROGRESS_SECONDS = 1.0  # between two words on how far it is; proxies end connections that say nothing for a minute
_V0_CAPABILITIES = (
    b"multi_ack_detailed no-done side-band-64k ofs-delta shallow deepen-since deepen-not deepen-relative no-progress "
    b"include-tag allow-tip-sha1-in-want allow-reachable-sha1-in-want object-format=sha1 " + AGENT
)


def advertise_v2() -> Iterator[bytes]:
    """What we can; the names follow when they are asked for."""
    yield line(b"version 2\n")
    for capability in (AGENT, b"ls-refs", b"fetch=shallow", b"object-format=sha1"):
        yield line(capability + b"\n")
    yield FLUSH


def advertise_v0(refs: Sequence[GitRef]) -> Iterator[bytes]:
    head = next((one for one in refs if one.name == HEAD), None)
    symref = f" symref=HEAD:{HEAD}".encode() if head else b""
    names = [*([f"{head.target} HEAD"] if head else []), *_names(refs)] or [f"{'0' * 40} capabilities^{{}}"]
    yield line(names[0].encode() + b"\0" + _V0_CAPABILITIES + symref + b"\n")
    for name in names[1:]:
        yield line(name.encode() + b"\n")
    yield FLUSH


def _names(refs: Sequence[GitRef]) -> Iterator[str]:
    for one in refs:
        yield f"{one.target} {one.name}"
        if one.is_annotated:
            yield f"{one.commit} {one.name}^{{}}"


class UploadPack:
    """Answers of one repository. `check` raises where a commit may not go out."""

    def __init__(self, fetching: Fetching, repository: Repository, check: CheckCommit) -> None:
        self._fetching = fetching
        self._check = check
        self._repository = repository

    async def answer_v2(self, lines: PktReader) -> AsyncIterator[bytes]:
        """Raises InvalidInput for what is no request, RevisionNotFound for a want that is not there."""
        command = await lines.next()
        while isinstance(text := await lines.next(), bytes):  # agent, object-format
            if text.startswith(b"object-format=") and text != b"object-format=sha1":
                raise InvalidInput(f"{text[:80]!r} was asked for; the objects here have the format sha1.")
        if command == b"command=ls-refs":
            arguments = await _arguments(lines) if text is Mark.DELIM else []
            return _whole([part async for part in self._listed(arguments)])
        if command == b"command=fetch":
            return await self._fetch_v2(await self._with_commits(await read_fetch(lines)))
        raise InvalidInput(f"{str(command)[:80]} is no command; expected command=ls-refs or command=fetch.")

    async def _listed(self, arguments: Sequence[bytes]) -> AsyncIterator[bytes]:
        prefixes = tuple(one[11:].decode(errors="replace") for one in arguments if one.startswith(b"ref-prefix "))
        refs = await self._fetching.refs(self._repository)
        head = next((one for one in refs if one.name == HEAD), None)
        if head and (not prefixes or "HEAD".startswith(prefixes)):
            yield line(
                f"{head.target} HEAD".encode() + (f" symref-target:{HEAD}".encode() if b"symrefs" in arguments else b"")
            )
        for one in refs:
            if not prefixes or one.name.startswith(prefixes):
                peeled = f" peeled:{one.commit}" if one.is_annotated and b"peel" in arguments else ""
                yield line(f"{one.target} {one.name}{peeled}\n".encode())
        yield FLUSH

    async def _fetch_v2(self, asked: FetchRequest) -> AsyncIterator[bytes]:
        parcel, common = await self._prepared(asked)
        head: list[bytes] = []
        if not asked.done:
            head += [line(b"acknowledgments\n"), *_acknowledged(common)]
            if not common or parcel.lacking.rooted:  # a better common ancestor may come up
                return _whole([*head, FLUSH])
            head += [line(b"ready\n"), DELIM]
        if asked.wish.deepen:
            head += [line(b"shallow-info\n"), *_shallow_lines(parcel), DELIM]
        head.append(line(b"packfile\n"))
        return self._sent(head, parcel, banded=True, quiet="no-progress" in asked.caps)

    async def answer_v0(self, lines: PktReader) -> AsyncIterator[bytes]:
        """Raises InvalidInput for what is no request, RevisionNotFound for a want that is not there."""
        asked = await self._with_commits(await read_v0(lines))
        if not asked.wish.wants:
            return _whole([])
        parcel, common = await self._prepared(asked)
        head = [*_shallow_lines(parcel), FLUSH] if asked.wish.deepen else []
        if not asked.rounds:  # the client first wants to know where its history will end
            return _whole(head)
        answer, complete = _negotiated(asked, common, ready=bool(common) and not parcel.lacking.rooted)
        if not complete:
            return _whole([*head, *answer])
        banded = "side-band-64k" in asked.caps
        return self._sent([*head, *answer], parcel, banded=banded, quiet="no-progress" in asked.caps)

    async def _with_commits(self, asked: FetchRequest) -> FetchRequest:
        return asked.excluding(await self._fetching.refs(self._repository)) if asked.exclude else asked

    async def _prepared(self, asked: FetchRequest) -> tuple[Parcel, list[str]]:
        """What would be sent, and those of the haves that are there."""
        for commit in await self._fetching.commits_of(self._repository, asked.wish.wants):
            await self._check(commit)
        there = await self._fetching.commits_among(self._repository, asked.wish.haves)
        common = [one for one in dict.fromkeys(asked.wish.haves) if one in there]
        return await self._fetching.prepare(self._repository, replace(asked.wish, haves=common)), common

    async def _sent(self, head: list[bytes], parcel: Parcel, *, banded: bool, quiet: bool) -> AsyncIterator[bytes]:
        """The pack in side bands, with words on how far it is; as it is for clients that know no side band."""
        yield b"".join(head)
        try:
            counting = _Counting(self._fetching, self._repository, parcel)
            async for words in counting.words():
                if banded and not quiet:
                    yield b"".join(band(PROGRESS, words))
            async for piece in self._fetching.pack(self._repository, counting.ids):
                yield b"".join(band(DATA, piece)) if banded else piece
        except CommonweightError as error:
            if not banded:
                raise
            yield b"".join(band(FATAL, f"{error.sentence}\n".encode()))
            return
        if banded:
            yield FLUSH


class _Counting:
    """Finds out what is to be sent, and says every second how far it is."""

    def __init__(self, fetching: Fetching, repository: Repository, parcel: Parcel) -> None:
        self._work = fetching.objects(repository, parcel, self._counted)
        self._count = 0
        self.ids: list[bytes] = []

    def _counted(self, count: int) -> None:
        self._count = count

    async def words(self) -> AsyncIterator[bytes]:
        task = asyncio.ensure_future(self._work)
        try:
            while not task.done():
                await asyncio.wait({task}, timeout=PROGRESS_SECONDS)
                if not task.done():
                    yield f"Counting objects: {self._count}\r".encode()
            self.ids = task.result()
            yield f"Counting objects: {len(self.ids)}, done.\n".encode()
        finally:
            task.cancel()


def _acknowledged(common: Sequence[str]) -> list[bytes]:
    return [line(f"ACK {one}\n".encode()) for one in common] or [line(b"NAK\n")]


def _shallow_lines(parcel: Parcel) -> list[bytes]:
    marks = [("shallow", oid) for oid in sorted(parcel.shallow)] + [("unshallow", oid) for oid in sorted(parcel.unshallow)]
    return [line(f"{word} {oid}".encode()) for word, oid in marks]


def _negotiated(asked: FetchRequest, common: Sequence[str], *, ready: bool) -> tuple[list[bytes], bool]:
    """
    What protocol 0 answers to the first round (a request without state has one), and whether the pack follows
    (git's upload-pack.c, get_common_commits).
    """
    if "multi_ack_detailed" not in asked.caps:
        first = [line(f"ACK {common[0]}\n".encode())] if common else [line(b"NAK\n")]
        return first, asked.done
    haves, there = asked.rounds[0] if asked.rounds else (), set(common)
    answer = [line(f"ACK {one} common\n".encode()) for one in haves if one in there]
    if asked.done:
        return [*answer, line(f"ACK {common[-1]}\n".encode() if common else b"NAK\n")], True
    if not ready:
        return [*answer, line(b"NAK\n")], False
    answer += [line(f"ACK {common[-1]} ready\n".encode()), line(b"NAK\n")]
    if "no-done" not in asked.caps:
        return answer, False
    return [*answer, line(f"ACK {common[-1]}\n".encode())], True


async def _arguments(lines: PktReader) -> list[bytes]:
    found: list[bytes] = []
    while isinstance(text := await lines.next(), bytes):
        found.append(text)
        if len(found) > MAX_WORDS:
            raise InvalidInput(f"More than {MAX_WORDS} lines came in one request.")
    return found


async def _whole(parts: Sequence[bytes]) -> AsyncIterator[bytes]:
    yield b"".join(parts)
