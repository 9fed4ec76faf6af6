"""
What must hold for every file of a shard before it is registered (xet-protocol, section 11). Pure.

Still to be done by the caller: that xorbs outside the scope may be referred to at all, and the sha256.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from commonweight.storage.errors import ShardRefused
from commonweight.storage.xet.chunk_table import ChunkTable
from commonweight.storage.xet.hashes import HASH_BYTES, hash_text, verification_hash
from commonweight.storage.xet.merkle import file_hash
from commonweight.storage.xet.shard import ShardFile, Term

MAX_FILE_CHUNKS = 1 << 22  # 256 GiB at the usual chunk size; terms can repeat a xorb, so a small shard could ask for more

Tables = Mapping[bytes, ChunkTable]


@dataclass(frozen=True, slots=True)
class CheckedFile:
    xet_hash: str
    sha256: str
    size: int
    terms: tuple[Term, ...]
    outside: frozenset[bytes]
    """Hashes of the chunks that the file takes from xorbs which the scope does not hold and its writer may not read."""
    first_chunk: bytes = b""
    """The hash of its first chunk, by which clients ask for it; empty where it has none."""


def not_held(xorb: bytes) -> ShardRefused:
    """One sentence for a xorb that is missing and for one that belongs to others: the difference is nobody's business."""
    return ShardRefused(
        f"The xorb {hash_text(xorb)} is not stored for this repository.",
        hint="Upload it before the shard. If the client believes that it did, clear its Xet cache and try again.",
    )


def check_files(files: Sequence[ShardFile], tables: Tables, held: set[bytes]) -> list[CheckedFile]:
    """Check files against the chunk tables of all xorbs they name. Raises ShardRefused with the first thing wrong."""
    return [_check_file(file, tables, held) for file in files]


def _check_file(file: ShardFile, tables: Tables, held: set[bytes]) -> CheckedFile:
    name = hash_text(file.file_hash)
    if file.verification is None:
        raise ShardRefused(f"The file {name} comes without verification hashes; one for each term was expected.")
    if file.sha256 is None:
        raise ShardRefused(f"The file {name} comes without a sha256, by which a commit refers to it.")
    if sum(max(0, term.end - term.start) for term in file.terms) > MAX_FILE_CHUNKS:
        raise ShardRefused(f"The file {name} has more than {MAX_FILE_CHUNKS} chunks.")
    for number, (term, proof) in enumerate(zip(file.terms, file.verification, strict=True)):
        _check_term(term, proof, tables[term.xorb], f"Term {number} of the file {name}", held)
    leaves = [leaf for term in file.terms for leaf in tables[term.xorb].leaves(term.start, term.end)]
    computed = file_hash(leaves)
    if computed != file.file_hash:
        raise ShardRefused(f"The chunks of the file {name} make a file of another hash, {hash_text(computed)}.")
    size, outside = sum(length for _, length in leaves), _outside(file, tables, held)
    return CheckedFile(name, file.sha256, size, file.terms, outside, leaves[0][0] if leaves else b"")


def _check_term(term: Term, proof: bytes, table: ChunkTable, where: str, held: set[bytes]) -> None:
    problem = _problem(term, proof, table)
    if problem and term.xorb not in held:
        raise not_held(term.xorb)
    if problem:
        raise ShardRefused(f"{where} (xorb {hash_text(term.xorb)}) {problem}")


def _problem(term: Term, proof: bytes, table: ChunkTable) -> str:
    if not term.start < term.end <= len(table):
        return f"names chunks {term.start} to {term.end}; the xorb has {len(table)}."
    unpacked = table.unpacked_length(term.start, term.end)
    if unpacked != term.unpacked_bytes:
        return f"says {term.unpacked_bytes} bytes; its chunks have {unpacked}."
    if verification_hash(table.hashes_of(term.start, term.end)) != proof:
        return "has a verification hash that does not fit its chunks."
    return ""


def _outside(file: ShardFile, tables: Tables, held: set[bytes]) -> frozenset[bytes]:
    found: set[bytes] = set()
    for term in file.terms:
        if term.xorb not in held:
            hashes = tables[term.xorb].hashes_of(term.start, term.end)
            found.update(hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES))
    return frozenset(found)
