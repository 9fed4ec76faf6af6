"""
What git's fsck checks (git-fsck, fsck.msg-id), as far as it protects those who clone, and what this hub cannot show.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from typing import Final

from commonweight.errors import CommonweightError
from commonweight.hub.objects import DIRECTORY, EXECUTABLE, REGULAR, SUBMODULE
from commonweight.hub.packing import ENTRY
from commonweight.hub.paths import check_path
from commonweight.hub.receiving.reader import BLOB, COMMIT, TAG, TREE, PackRefused

LAST_SECOND: Final = 253_402_300_799  # of the year 9999, after which no calendar here goes on
SYMLINK: Final = 0o120000
GROUP_WRITABLE: Final = 0o100664  # what git wrote in its first weeks
MODES: Final = frozenset({REGULAR, EXECUTABLE, GROUP_WRITABLE, SYMLINK, DIRECTORY, SUBMODULE})
NAMES_KEPT: Final = 100_000  # the same names come in every commit
MAX_HEAD: Final = 1 << 20  # bytes of a commit or a tag; their messages are for people

_IDENT = rb"[^<>\n]*<[^<>\n]*> (\d{1,12}) [+-]\d{4}\n"
_PARENTS = rb"((?:parent [0-9a-f]{40}\n)*)"
_MORE = (  # signatures and the like, none of them a second time; lines that begin with a space go on
    rb"(?:(?!tree |parent |author |committer |object |type |tag |tagger )[^ \n]+ [^\n]*\n(?:[ ][^\n]*\n)*)*"
)
_COMMIT = re.compile(
    rb"tree ([0-9a-f]{40})\n" + _PARENTS + rb"author " + _IDENT + rb"committer " + _IDENT + rb"(" + _MORE + rb")\n"
)
_TAG = re.compile(rb"object ([0-9a-f]{40})\ntype (commit|tag)\ntag [^\n]+\n(?:tagger " + _IDENT + rb")?" + _MORE + rb"\n")
_IGNORED_BY_HFS = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")

Named = tuple[bytes, int]
"""An id, and the kind of object that it has to be."""


class Malformed(PackRefused):
    """An object that must not enter."""

    code = "malformed_object"


def check(kind: int, data: bytes) -> Iterator[Named]:
    """What an object names. Raises Malformed."""
    return _CHECKS[kind](data)


def _check_tree(data: bytes) -> Iterator[Named]:
    at, before, names = 0, b"", set[bytes]()
    while at < len(data):
        found = ENTRY.match(data, at)
        if found is None:
            raise Malformed("a folder (tree) cannot be read")
        mode, name, oid = int(found[1][:8], 8), found[2], found[3]
        _check_entry(mode, name, oid)
        order = name + b"/" if mode == DIRECTORY else name
        if name in names:
            raise Malformed(f"a folder (tree) has the name {name.decode()!r} twice")
        if order <= before:
            raise Malformed("a folder (tree) is not sorted")
        at, before = found.end(), order
        names.add(name)
        if mode != SUBMODULE:
            yield oid, TREE if mode == DIRECTORY else BLOB


def _check_entry(mode: int, name: bytes, oid: bytes) -> None:
    why = _why_not(name)
    if why:
        raise Malformed(why)
    if mode not in MODES:
        raise Malformed(f"{name.decode()!r} has the mode {mode:o}, which git does not write")
    if not any(oid):
        raise Malformed(f"{name.decode()!r} has an id of zeros")
    if mode == SYMLINK and name.lower() in (b".gitmodules", b".gitattributes"):
        raise Malformed(f"{name.decode()!r} is a symbolic link, which would lead git astray")


@functools.lru_cache(maxsize=NAMES_KEPT)
def _why_not(name: bytes) -> str:
    try:
        text = name.decode()
    except UnicodeDecodeError:
        return f"the name {name[:200]!r} is not UTF-8"
    if "/" in text:
        return f"the name {text[:200]!r} has a slash in it"
    try:
        check_path(text)
    except CommonweightError as error:
        return error.detail
    plain = _IGNORED_BY_HFS.sub("", text).lower().partition(":")[0].rstrip(" .")
    if plain in (".git", "git~1"):  # what Apple's and Microsoft's disks take for `.git` (git, is_hfs_dotgit, is_ntfs_dotgit)
        return f"the name {text[:200]!r} is '.git' on some disks"
    return ""


def _check_commit(data: bytes) -> Iterator[Named]:
    found = _COMMIT.match(data) if len(data) <= MAX_HEAD and b"\0" not in data else None
    if found is None or (b"\nmergetag " in found[0] and not _MERGETAG.search(found[0])):
        raise Malformed("a commit is not as git writes them")
    if max(int(found[3]), int(found[4])) > LAST_SECOND:
        raise Malformed("a commit has a date after the year 9999")
    yield bytes.fromhex(found[1].decode()), TREE
    for parent in found[2].split(b"\n")[:-1]:
        yield bytes.fromhex(parent[7:].decode()), COMMIT


def _check_tag(data: bytes) -> Iterator[Named]:
    found = _TAG.match(data) if len(data) <= MAX_HEAD and b"\0" not in data else None
    if found is None or int(found[3] or 0) > LAST_SECOND:
        raise Malformed("a tag is not as git writes them, or stands at something else than a commit")
    yield bytes.fromhex(found[1].decode()), COMMIT if found[2] == b"commit" else TAG


def _check_blob(_: bytes) -> Iterator[Named]:
    return iter(())


_MERGETAG = re.compile(rb"\nmergetag object [0-9a-f]{40}\n type \w+\n tag [^\n]+\n")

_CHECKS: Final[dict[int, Callable[[bytes], Iterator[Named]]]] = {
    TREE: _check_tree, COMMIT: _check_commit, TAG: _check_tag, BLOB: _check_blob,
}  # fmt: skip
