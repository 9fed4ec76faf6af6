"""The test vectors of the Xet protocol, and the inputs that they speak of."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "assets" / "xet-vectors.json").read_text())


def stream(label: str, length: int) -> bytes:
    """The first bytes of SHA256("label:0") || SHA256("label:1") || …"""
    blocks = (hashlib.sha256(f"{label}:{number}".encode()).digest() for number in range(length // 32 + 1))
    return b"".join(blocks)[:length]


def _megabyte() -> bytes:
    return stream("xet-vec", 1_000_000)


CHUNKING_INPUTS = {
    "empty": lambda: b"",
    "tiny": lambda: stream("xet-vec", 100),
    "one_short_of_min": lambda: stream("xet-vec", 8191),
    "zeros": lambda: bytes(300_000),
    "megabyte": _megabyte,
    "megabyte_insert40": lambda: _megabyte()[:500_000] + stream("ins", 40) + _megabyte()[500_000:],
    "megabyte_append": lambda: _megabyte() + stream("app", 100_000),
}


def wire_inputs() -> list[bytes]:
    """The three files of the captured upload, in the order of `wire.files`: text, floats, random bytes."""
    import numpy as np

    text = (b"The quick brown fox jumps over the lazy dog. " * 300)[:12_000]
    return [text, np.linspace(0, 1, 3000, dtype="<f4").tobytes(), stream("rnd", 900)]
