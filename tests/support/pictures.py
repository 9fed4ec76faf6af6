"""Pictures of one colour, written without a library."""

from __future__ import annotations

import base64
import struct
import zlib

Colour = tuple[int, int, int]
RED, BLUE = (255, 0, 0), (0, 0, 255)


def png(colour: Colour, width: int = 48, height: int = 40) -> bytes:
    """PNG (ISO/IEC 15948): eight bits a channel, no filter."""
    rows = (b"\0" + bytes(colour) * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def data_url(picture: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{base64.b64encode(picture).decode()}"


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
