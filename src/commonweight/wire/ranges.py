"""The Range header: one range of bytes (RFC 9110, section 14)."""

from __future__ import annotations

import re

from commonweight.errors import RangeRefused

_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})\Z")


def parse_range(header: str | None, size: int) -> tuple[int, int] | None:
    """
    First byte and the one after the last; None where all of it is to be sent.

    What cannot be understood, and several ranges at once, are answered with the whole (RFC 9110 allows it). Raises
    RangeRefused where the range lies beyond the end.
    """
    match = _RANGE.match(header.strip()) if header else None
    if match is None or match[0] == "bytes=-":
        return None
    first, last = match[1], match[2]
    if not first:  # the last so many bytes
        length = min(int(last), size)
        if length == 0:
            raise _refused(header, size)
        return size - length, size
    start, end = int(first), min(int(last) + 1, size) if last else size
    if last and int(last) < start:
        return None
    if start >= size:
        raise _refused(header, size)
    return start, end


def _refused(header: str | None, size: int) -> RangeRefused:
    return RangeRefused(f"The range {header!r} lies beyond the {size} bytes.", headers={"Content-Range": f"bytes */{size}"})
