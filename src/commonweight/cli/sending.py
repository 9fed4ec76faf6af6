"""Files of the command to a running server, in pieces: a file of examples may be larger than what one wants in memory."""

from __future__ import annotations

import json
import os
import secrets
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from commonweight.cli.asking import answer_of, server_address

PIECE: Final = 1 << 20


def send_file(file: Path, purpose: str, url: str | None, token: str | None) -> str:
    """Upload a file to `/v1/files`; its id. Raises what the server refuses it for, or Unavailable."""
    address, secret = server_address(url), token or os.environ.get("COMMONWEIGHT_TOKEN", "")
    border = secrets.token_hex(16)
    head = (
        f'--{border}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\n{purpose}\r\n'
        f'--{border}\r\nContent-Disposition: form-data; name="file"; filename={json.dumps(file.name)}\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    tail = f"\r\n--{border}--\r\n".encode()
    length = len(head) + file.stat().st_size + len(tail)
    headers = {"content-type": f"multipart/form-data; boundary={border}", "content-length": str(length)}
    headers |= {"authorization": f"Bearer {secret}"} if secret else {}
    request = urllib.request.Request(f"{address}/v1/files", _pieces(head, file, tail), headers)  # noqa: S310 - checked
    return str(answer_of(request, address)["id"])


def _pieces(head: bytes, file: Path, tail: bytes) -> Iterator[bytes]:
    yield head
    with file.open("rb") as stream:
        while piece := stream.read(PIECE):
            yield piece
    yield tail
