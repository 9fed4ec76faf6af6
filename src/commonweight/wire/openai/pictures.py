"""
Pictures in messages: read from data URLs, looked at before an engine sees them.

Engines would fetch an address by themselves, from inside the house, and llama.cpp hands what it does not know to ffprobe; so
nothing but a whole picture of a known format reaches one.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import imagesize

from commonweight.wire.openai.errors import BadRequest
from commonweight.wire.openai.fields import required_in, text, thing, wrong_type

MAX_PICTURE_BYTES: Final = 20 << 20  # what OpenAI takes; photographs have a quarter of it
MAX_PIXELS: Final = 50_000_000  # 150 MB once it is unpacked; large cameras make 45 million
FORMATS: Final[Mapping[bytes, str]] = {b"\x89PNG\r\n\x1a\n": "PNG", b"\xff\xd8\xff": "JPEG", b"GIF8": "GIF", b"BM": "BMP"}
Part = tuple[str, Mapping[str, Any]]  # where it stands in the request, and what it says

_DETAILS: Final = ("auto", "low", "high", "original")
_DATA: Final = re.compile(r"data:[^,;]*(?:;[^,;]*)*;base64,", re.IGNORECASE)


def media_of(messages: Sequence[Mapping[str, Any]]) -> list[Part]:
    """The parts that are no text, with where they stand."""
    return [
        (f"messages[{i}].content[{j}]", part)
        for i, message in enumerate(messages)
        if isinstance(message.get("content"), list)
        for j, part in enumerate(message["content"])
        if part["type"] not in ("text", "refusal")
    ]


def check_media(media: Sequence[Part], sees: bool) -> None:
    """
    Parts of messages that are no text, for an engine of this house; `sees`: its model takes pictures. Raises BadRequest.
    """
    for where, part in media:
        if part["type"] != "image_url":
            message = f"Unsupported '{where}': a part of type {part['type']!r} cannot be read by models here."
            raise BadRequest(message, param=where, kind="unsupported_value")
        if not sees:
            message = f"Unsupported '{where}': this model takes no pictures. GET /v1/models says which do ('vision')."
            raise BadRequest(message, param=where, kind="unsupported_value")
        check_picture(where, part)


def check_picture(where: str, part: Mapping[str, Any]) -> None:
    """A part of the type `image_url`. Raises BadRequest for what is no picture that engines read, or too large a one."""
    given = required_in(where, part, "image_url")
    thing(f"{where}.image_url", given)
    url = required_in(f"{where}.image_url", given, "url")
    where = f"{where}.image_url.url"
    if not isinstance(url, str):
        raise wrong_type(where, "a string", url)
    detail = given.get("detail")
    if detail is not None:
        text(f"{where}.detail", detail)
        if detail not in _DETAILS:
            raise BadRequest(f"Invalid 'detail': {detail!r}; expected one of {', '.join(_DETAILS)}.", param=where)
    _look_at(where, _bytes_of(where, url))


def _bytes_of(where: str, url: str) -> bytes:
    """The bytes of a data URL. Raises BadRequest."""
    beginning = _DATA.match(url)
    if beginning is None:
        kind = url.partition(":")[0][:20] if ":" in url[:20] else "no scheme"
        message = (
            f"Invalid '{where}': an address ({kind}) was given; pictures are not fetched from here. "
            "Send its bytes as 'data:image/png;base64,...'."
        )
        raise BadRequest(message, param=where, kind="unsupported_value")
    if (len(url) - beginning.end()) // 4 * 3 > MAX_PICTURE_BYTES:
        raise BadRequest(f"The picture in '{where}' has more than {MAX_PICTURE_BYTES >> 20} MiB.", param=where)
    try:
        return base64.b64decode(url[beginning.end() :], validate=True)
    except binascii.Error:
        raise BadRequest(f"Invalid '{where}': its base64 cannot be read.", param=where) from None


def _look_at(where: str, data: bytes) -> None:
    """Raises BadRequest where it is no picture of a format that is read, or too large once unpacked."""
    if not any(data.startswith(beginning) for beginning in FORMATS):
        message = f"Invalid '{where}': its bytes are no picture that is read here; expected {', '.join(FORMATS.values())}."
        raise BadRequest(message, param=where, kind="invalid_image")
    width, height = imagesize.get(io.BytesIO(data), exif_rotation=False)
    if width < 1 or height < 1:
        message = f"Invalid '{where}': the picture is broken; its size cannot be read."
        raise BadRequest(message, param=where, kind="invalid_image")
    if width * height > MAX_PIXELS:
        message = f"The picture in '{where}' is {width} x {height}; at most {MAX_PIXELS:,} pixels are read."
        raise BadRequest(message, param=where, kind="invalid_image")
