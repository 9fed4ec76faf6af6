"""
Hashes of the Xet protocol: 32 raw bytes, or as text 64 hex digits in an order of their own (xet-protocol, section 2).
"""

from __future__ import annotations

import re

from blake3 import blake3

from commonweight.storage.errors import FormatRefused

HASH_BYTES = 32
ZERO_HASH = bytes(HASH_BYTES)
ONE_IN = 1024  # section 9: clients ask about a chunk whose hash modulo this is 0, wherever it stands

_HASH_TEXT = re.compile(r"[0-9a-f]{64}")

_CHUNK_KEY = bytes.fromhex("6697f5775b9550de3135cbaca597181c9de421109beb2b58b4d0b04b93adf229")
_NODE_KEY = bytes.fromhex("017ec5c7a5472996fd946666b48a02e65ddd536f37c76dd2f86352e64a53713f")
_VERIFICATION_KEY = bytes.fromhex("7f1857d6ce56ed66127ff913e7a5c3f3a4cd26d5b5db49e64124987f28fb94c3")


def swizzle(raw: bytes) -> bytes:
    """Each group of 8 bytes reversed: the step between raw bytes and text, and its own inverse."""
    return raw[7::-1] + raw[15:7:-1] + raw[23:15:-1] + raw[31:23:-1]


def hash_text(raw: bytes) -> str:
    """Bytes 00 01 … 1f -> "0706050403020100 0f0e…" without the space: four little-endian u64 as 16 digits each."""
    return swizzle(raw).hex()


def parse_hash(text: str) -> bytes:
    """The raw bytes behind a hash string. Raises FormatRefused unless it is 64 lower-case hex digits."""
    if not _HASH_TEXT.fullmatch(text):
        raise FormatRefused(f"{text[:80]!r} is not a hash: 64 lower-case hex digits were expected.")
    return swizzle(bytes.fromhex(text))


def last_word(raw: bytes) -> int:
    """What "hash modulo n" refers to: bytes 24 to 32 as a little-endian u64."""
    return int.from_bytes(raw[24:], "little")


def is_asked(chunk: bytes) -> bool:
    """Whether clients may ask about the chunk with this hash wherever it stands."""
    return last_word(chunk) % ONE_IN == 0


def chunk_hash(data: bytes | memoryview) -> bytes:
    """The name of a chunk, from its uncompressed bytes."""
    return blake3(data, key=_CHUNK_KEY).digest()


def node_hash(text: bytes) -> bytes:
    """The hash of a merkle node, from the text made of its children (section 4)."""
    return blake3(text, key=_NODE_KEY).digest()


def verification_hash(chunk_hashes: bytes) -> bytes:
    """The proof that goes with a term: from the raw hashes of its chunks, one after the other."""
    return blake3(chunk_hashes, key=_VERIFICATION_KEY).digest()


def salted(merkle_root: bytes) -> bytes:
    """The id of a file whose chunks have this merkle root."""
    return blake3(merkle_root, key=ZERO_HASH).digest()
