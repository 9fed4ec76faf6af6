"""The raw path: split first, each segment decoded afterwards."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote_to_bytes

from starlette.types import Scope

from commonweight.errors import InvalidInput

MAX_RAW_PATH_BYTES: Final = (
    8192  # longer than any client sends; a path component is at most 255 bytes on disk, trees are shallow
)


def split_raw_path(raw_path: bytes) -> list[str]:
    """
    b"/a/refs%2Fpr%2F1/x%20y" -> ["a", "refs/pr/1", "x y"]

    Raises InvalidInput for what is no path or an over-long one, bad UTF-8, NUL, a dot segment (also one hidden behind %2F).
    """
    if not raw_path.startswith(b"/"):  # `OPTIONS *`, or what a proxy is asked
        raise InvalidInput("A path that begins with a slash was expected.")
    if len(raw_path) > MAX_RAW_PATH_BYTES:
        raise InvalidInput(f"The path has {len(raw_path)} bytes; at most {MAX_RAW_PATH_BYTES} are accepted.")
    return [_decode(segment) for segment in raw_path.removeprefix(b"/").split(b"/")]


def _decode(segment: bytes) -> str:
    try:
        text = unquote_to_bytes(segment).decode()
    except UnicodeDecodeError:
        raise InvalidInput("The path is not valid UTF-8 after percent-decoding.") from None
    if "\0" in text:
        raise InvalidInput("The path contains a NUL character.")
    if any(part in (".", "..") for part in text.split("/")):
        raise InvalidInput("The path contains a dot segment ('.' or '..'); send the path it stands for.")
    return text


def raw_path_of(scope: Scope) -> bytes:
    """The path as the client sent it, without the query."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.partition(b"?")[0]
