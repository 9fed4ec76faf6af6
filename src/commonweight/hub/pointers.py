"""LFS pointers: the small text that stands in git for a large file (git-lfs, docs/spec.md)."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_POINTER_BYTES = 1024  # the specification's own bound; ours are about 130

_VERSION = b"version https://git-lfs.github.com/spec/v1\n"
_OID = re.compile(rb"^oid sha256:([0-9a-f]{64})$", re.MULTILINE)
_SIZE = re.compile(rb"^size (0|[1-9][0-9]{0,18})$", re.MULTILINE)
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
MAX_INT64 = (1 << 63) - 1  # what the database's column can hold


@dataclass(frozen=True, slots=True)
class Pointer:
    sha256: str
    size: int


def pointer_text(sha256: str, size: int) -> bytes:
    """The canonical pointer: keys in the order that the specification asks for, a newline after each."""
    return _VERSION + f"oid sha256:{sha256}\nsize {size}\n".encode()


def parse_pointer(data: bytes) -> Pointer | None:
    """What a blob points to, or None where it is no pointer."""
    if len(data) > MAX_POINTER_BYTES or not data.startswith(_VERSION):
        return None
    oid, size = _OID.search(data), _SIZE.search(data)
    if oid is None or size is None or int(size[1]) > MAX_INT64:
        return None
    return Pointer(oid[1].decode(), int(size[1]))


def is_sha256(text: str) -> bool:
    return bool(_SHA256.match(text))
