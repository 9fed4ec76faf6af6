"""What child processes do for scrubbing. Arguments and results are plain values."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from commonweight.errors import CommonweightError
from commonweight.storage.errors import XorbRefused
from commonweight.storage.terms import unpack_terms
from commonweight.storage.work import mapped
from commonweight.storage.xet.chunk_table import ChunkTable
from commonweight.storage.xet.hashes import hash_text, parse_hash
from commonweight.storage.xet.merkle import file_hash
from commonweight.storage.xet.xorb import verify_xorb


@dataclass(frozen=True, slots=True)
class StoredXorb:
    """A xorb, and what the table says of it."""

    name: str
    path: Path
    digest: str
    stored_bytes: int
    chunks: bytes


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A large file with the packed chunk tables of its xorbs, by name."""

    name: str
    size: int
    terms: bytes
    tables: Mapping[str, bytes]
    other_digests: int
    """Scopes that know it by another sha256."""


def check_xorbs(stored: Sequence[StoredXorb]) -> dict[str, str]:
    """What is wrong, by name; whole ones are left out."""
    return {one.name: wrong for one in stored if (wrong := _wrong_with_xorb(one))}


def _wrong_with_xorb(one: StoredXorb) -> str:
    try:
        size = one.path.stat().st_size
        if size != one.stored_bytes:
            return f"It has {size} bytes; {one.stored_bytes} were stored."
        facts = verify_xorb(mapped(one.path), parse_hash(one.name))
    except FileNotFoundError:
        return "Its bytes are not there."
    except OSError as error:
        return f"Its bytes cannot be read: {error.strerror}."
    except XorbRefused as error:
        return error.detail
    if facts.digest != one.digest:
        return "Its bytes have another digest than when they were stored."
    if facts.table.pack() != one.chunks:
        return "The database describes other chunks than it has."
    return ""


def check_files(stored: Sequence[StoredFile]) -> dict[str, str]:
    """What is wrong, by name; whole ones are left out."""
    return {one.name: wrong for one in stored if (wrong := _wrong_with_file(one))}


def _wrong_with_file(one: StoredFile) -> str:
    if one.other_digests:
        return f"{one.other_digests} networks know it by another sha256."
    try:
        leaves = _leaves(one)
    except (CommonweightError, KeyError, IndexError, struct.error):
        return "Its terms in the database do not fit its xorbs."
    if sum(length for _, length in leaves) != one.size:
        return f"Its chunks have {sum(length for _, length in leaves)} bytes in all; it has {one.size}."
    if leaves and hash_text(file_hash(leaves)) != one.name:
        return "Its terms in the database make another file."
    return ""


def _leaves(one: StoredFile) -> list[tuple[bytes, int]]:
    tables = {parse_hash(name): ChunkTable.unpack(packed) for name, packed in one.tables.items()}
    return [leaf for term in unpack_terms(one.terms) for leaf in tables[term.xorb].leaves(term.start, term.end)]
