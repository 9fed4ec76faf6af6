"""Recordings as they arrive: which formats are read, and how long one can be, before anything is unpacked."""

from __future__ import annotations

import math
import struct
from typing import Final

from commonweight.wire.openai.errors import BadRequest

MAX_BYTES: Final = 25 << 20  # what OpenAI takes
MAX_SECONDS: Final = 7_200  # a long lecture; half a gigabyte once it is unpacked
FORMATS: Final = "WAV, MP3, FLAC and Ogg Vorbis"
LEAST_RATE: Final = 1_000  # bytes a second: MP3 has no lower rate than 8 kbit/s, and Vorbis none in use
_OGG_HEAD: Final = 64  # bytes in which an Ogg file says what it holds


def seconds_at_most(data: bytes) -> int:
    """
    How long a recording can be: by the head of a WAV or FLAC file, else by the lowest rate there is. Raises BadRequest for
    what is none, and for one that says itself that it is too long.
    """
    seconds = _seconds(data)
    if seconds is None:
        message = f"Invalid 'file': its bytes are no recording that is read here; formats are {FORMATS}."
        raise BadRequest(message, param="file", kind="unsupported_value")
    if seconds > MAX_SECONDS:
        message = f"Invalid 'file': a recording of {seconds:.0f} seconds; at most {MAX_SECONDS} are taken."
        raise BadRequest(message, param="file")
    return math.ceil(seconds) + 1


def _seconds(data: bytes) -> float | None:
    if data.startswith(b"RIFF") and data[8:12] == b"WAVE":
        return _of_wav(data)
    if data.startswith(b"fLaC"):
        return _of_flac(data)
    ogg = data.startswith(b"OggS") and b"\x01vorbis" in data[:_OGG_HEAD]
    mp3 = data.startswith(b"ID3") or (len(data) > 1 and data[0] == 0xFF and data[1] & 0xE6 in (0xE2, 0xE4, 0xE6))
    return min(len(data) / LEAST_RATE, MAX_SECONDS - 1) if ogg or mp3 else None


def _of_wav(data: bytes) -> float | None:
    """By the bytes of a second that its `fmt ` chunk tells; None where it has none."""
    at = data.find(b"fmt ", 12, 1 << 16)
    if at < 0 or len(data) < at + 24:
        return None
    (rate,) = struct.unpack_from("<I", data, at + 16)
    return len(data) / rate if rate else None


def _of_flac(data: bytes) -> float | None:
    """By its STREAMINFO (RFC 9639, section 8.2): 20 bits of samples a second, 36 of samples (0: not known)."""
    if len(data) < 26:
        return None
    packed = int.from_bytes(data[18:26])
    rate, samples = packed >> 44, packed & ((1 << 36) - 1)
    return (samples / rate if samples else MAX_SECONDS - 1) if rate else None
