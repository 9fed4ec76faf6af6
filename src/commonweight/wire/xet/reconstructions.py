"""The two JSON shapes of a reconstruction (xet-protocol, section 8), and the Range header."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from commonweight.errors import InvalidInput
from commonweight.storage import FetchRange, Reconstruction, hash_text

_RANGE = re.compile(r"bytes=(\d{1,19})-(\d{0,19})")  # 19 digits: what a signed 64-bit number has

Address = Callable[[str, int, int], str]
"""(xorb, first byte, end exclusive) -> signed address"""


def parse_range(header: str | None) -> tuple[int, int | None] | None:
    """
    "bytes=0-99" -> (0, 100)      "bytes=5-" -> (5, None)      None -> None

    Raises InvalidInput for anything else: no client asks a content store for several ranges or for a suffix.
    """
    if header is None:
        return None
    match = _RANGE.fullmatch(header.strip())
    if not match or (match[2] and int(match[2]) < int(match[1])):
        raise InvalidInput(f"The Range {header[:80]!r} is not understood; 'bytes=first-last' was expected.")
    return int(match[1]), int(match[2]) + 1 if match[2] else None


def version_1(found: Reconstruction, address: Address) -> dict[str, Any]:
    fetch = {hash_text(xorb): [_fetch_1(hash_text(xorb), r, address) for r in rs] for xorb, rs in found.fetch.items()}
    return {**_terms(found), "fetch_info": fetch}


def version_2(found: Reconstruction, address: Address) -> dict[str, Any]:
    """One range per entry, so that nobody has to ask for, or answer with, several ranges at once."""
    xorbs = {hash_text(xorb): [_fetch_2(hash_text(xorb), r, address) for r in rs] for xorb, rs in found.fetch.items()}
    return {**_terms(found), "xorbs": xorbs}


def _terms(found: Reconstruction) -> dict[str, Any]:
    terms = [
        {
            "hash": hash_text(term.xorb),
            "unpacked_length": term.unpacked_bytes,
            "range": {"start": term.start, "end": term.end},
        }
        for term in found.terms
    ]
    return {"offset_into_first_range": found.skip, "terms": terms}


def _fetch_1(xorb: str, found: FetchRange, address: Address) -> dict[str, Any]:
    return {
        "range": {"start": found.start, "end": found.end},
        "url": address(xorb, found.byte_start, found.byte_end),
        "url_range": {"start": found.byte_start, "end": found.byte_end - 1},  # inclusive, unlike the chunks
    }


def _fetch_2(xorb: str, found: FetchRange, address: Address) -> dict[str, Any]:
    chunks = {"start": found.start, "end": found.end}
    stored = {"start": found.byte_start, "end": found.byte_end - 1}  # inclusive, unlike the chunks
    return {"url": address(xorb, found.byte_start, found.byte_end), "ranges": [{"chunks": chunks, "bytes": stored}]}
