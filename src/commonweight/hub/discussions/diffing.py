"""What a pull request changes, file by file: for pages as lines, for clients as the text that `git diff` gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from commonweight.db import Connection
from commonweight.hub.discussions.comparing import Differences, Leaf
from commonweight.hub.discussions.hunks import Effort, Hunk, hunks_of
from commonweight.hub.objects import SUBMODULE, BlobInfo, Blobs, blob_infos

MAX_FILE_BYTES: Final = 256 << 10  # of a text whose lines are compared; longer ones are data
MAX_SHOWN_BYTES: Final = 4 << 20  # read for one diff, all files together
MAX_FILES: Final = 300  # with their lines; what comes after is named alone
MAX_EFFORT: Final = 6_000_000  # lines before times lines after, in the parts that differ; about two seconds at the worst
SNIFFED: Final = 8000  # bytes in which git looks for a NUL (xdiff-interface.c, FIRST_FEW_BYTES)

TEXT, LARGE, BINARY, LONG, SUBPROJECT = "text", "large", "binary", "long", "subproject"


@dataclass(frozen=True, slots=True)
class Side:
    """A file before or after. `large_sha256` where it is a large one, of which git holds the pointer."""

    mode: int
    oid: str
    size: int
    large_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class FileChange:
    """`kind` says how it can be shown: text (hunks), large (hunks of pointers), binary, long (too much), subproject."""

    path: str
    before: Side | None
    after: Side | None
    kind: str
    hunks: Sequence[Hunk] = ()

    @property
    def added(self) -> int:
        return sum(line.mark == "+" for hunk in self.hunks for line in hunk.lines)

    @property
    def removed(self) -> int:
        return sum(line.mark == "-" for hunk in self.hunks for line in hunk.lines)


@dataclass(frozen=True, slots=True)
class Read:
    """A file that differs, with its bytes on both sides; None where they are not to be compared."""

    path: str
    before: Side | None
    after: Side | None
    texts: tuple[bytes, bytes] | None


async def read_differing(connection: Connection, scope: int, blobs: Blobs, differing: Differences) -> list[Read]:
    """In the order of their paths."""
    oids = [side[1] for pair in differing.values() for side in pair if side and side[0] != SUBMODULE]
    infos = await blob_infos(connection, scope, oids)
    left = MAX_SHOWN_BYTES
    found: list[Read] = []
    for path, (old, new) in sorted(differing.items()):
        sizes = [infos[one[1]].size for one in (old, new) if one and one[1] in infos]
        fits = max(sizes, default=0) <= MAX_FILE_BYTES and sum(sizes) <= left and len(found) < MAX_FILES
        texts = None
        if fits:
            left -= sum(sizes)
            texts = (await _bytes(connection, scope, blobs, old), await _bytes(connection, scope, blobs, new))
        found.append(Read(path, _side(old, infos), _side(new, infos), texts))
    return found


async def _bytes(connection: Connection, scope: int, blobs: Blobs, leaf: Leaf | None) -> bytes:
    if leaf is None or leaf[0] == SUBMODULE:
        return b""
    return await blobs.read(connection, scope, leaf[1]) or b""


def compare(read: Sequence[Read]) -> list[FileChange]:
    """Pure, and takes up to a second or two: not for the loop that serves others."""
    effort = Effort(MAX_EFFORT)
    return [_compared(one, effort) for one in read]


def _compared(one: Read, effort: Effort) -> FileChange:
    sides = [side for side in (one.before, one.after) if side]
    if any(side.mode == SUBMODULE for side in sides):
        return FileChange(one.path, one.before, one.after, SUBPROJECT)
    if one.texts is None:
        return FileChange(one.path, one.before, one.after, LONG)
    if any(b"\0" in text[:SNIFFED] for text in one.texts):
        return FileChange(one.path, one.before, one.after, BINARY)
    hunks = hunks_of(*one.texts, effort)
    if hunks is None:
        return FileChange(one.path, one.before, one.after, LONG)
    kind = LARGE if any(side.large_sha256 for side in sides) else TEXT
    return FileChange(one.path, one.before, one.after, kind, hunks)


def _side(leaf: Leaf | None, infos: Mapping[str, BlobInfo]) -> Side | None:
    if leaf is None:
        return None
    info = infos.get(leaf[1])
    if info is None:
        return Side(leaf[0], leaf[1], 0)
    if info.large_sha256 and info.large_size is not None:
        return Side(leaf[0], leaf[1], info.large_size, info.large_sha256)
    return Side(leaf[0], leaf[1], info.size)


def diff_text(changes: Sequence[FileChange]) -> str:
    """As `git diff` writes it; a file too long to compare is told like a binary one."""
    return "".join(f"{line}\n" for one in changes for line in _file_lines(one))


def _file_lines(one: FileChange) -> list[str]:
    old, new = _quoted(f"a/{one.path}"), _quoted(f"b/{one.path}")
    lines = [f"diff --git {old} {new}", *_mode_lines(one)]
    before, after = one.before.oid if one.before else "0" * 40, one.after.oid if one.after else "0" * 40
    same = one.before and one.after and one.before.mode == one.after.mode
    if before != after:
        lines.append(f"index {before[:7]}..{after[:7]}" + (f" {one.before.mode:06o}" if same and one.before else ""))
    shown = ("/dev/null" if one.before is None else old), ("/dev/null" if one.after is None else new)
    if one.kind in (BINARY, LONG):
        return [*lines, f"Binary files {shown[0]} and {shown[1]} differ"]
    body = _subproject_lines(one) if one.kind == SUBPROJECT else _hunk_lines(one.hunks)
    return [*lines, f"--- {_ended(shown[0])}", f"+++ {_ended(shown[1])}", *body] if body else lines


def _mode_lines(one: FileChange) -> list[str]:
    if one.before is None:
        return [f"new file mode {one.after.mode:06o}"] if one.after else []
    if one.after is None:
        return [f"deleted file mode {one.before.mode:06o}"]
    if one.before.mode == one.after.mode:
        return []
    return [f"old mode {one.before.mode:06o}", f"new mode {one.after.mode:06o}"]


def _hunk_lines(hunks: Sequence[Hunk]) -> list[str]:
    found: list[str] = []
    for hunk in hunks:
        found.append(hunk.header)
        for line in hunk.lines:
            found.append(line.mark + line.text)
            if line.ends:
                found.append("\\ No newline at end of file")
    return found


def _subproject_lines(one: FileChange) -> list[str]:
    old = [f"-Subproject commit {one.before.oid}"] if one.before else []
    new = [f"+Subproject commit {one.after.oid}"] if one.after else []
    return [f"@@ -{len(old)} +{len(new)} @@", *old, *new]


def _ended(name: str) -> str:
    """A name with a space ends with a tab there, so that `patch` knows where it ends; as git does."""
    return f"{name}\t" if " " in name else name


def _quoted(path: str) -> str:
    """As git quotes a path in which a quotation mark, a backslash or a control character stands."""
    if not any(one in '"\\' or ord(one) < 32 or ord(one) == 127 for one in path):
        return path
    escaped = path.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(f"\\{ord(one):03o}" if ord(one) < 32 or ord(one) == 127 else one for one in escaped) + '"'
