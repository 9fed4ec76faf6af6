"""What a remote's first bytes mean: it is somebody else's server, and may answer anything."""

from __future__ import annotations

import math
import time
from email.utils import parsedate_to_datetime

import orjson

from commonweight.errors import CommonweightError
from commonweight.serving.remote import RemoteBusy, RemoteFailed, RemoteLost
from commonweight.wire.openai.engine_http import HeadRead
from commonweight.wire.openai.errors import error_of_engine

MAX_ERROR_BYTES = 64 << 10  # of an answer that is an error; more than any sentence needs
RETRY_S = 5  # where a remote is busy and does not say for how long
MAX_RETRY_S = 120  # what the official client waits at most


async def first_of_remote(response: HeadRead, prompt_field: str) -> bytes:
    """
    The first bytes of an answer with status 200. Raises RemoteFailed for a redirect and for a key that is refused there,
    RemoteBusy, RemoteLost, or what another refusal means.
    """
    status = response.status
    try:
        if status == 200:
            return await response.readany()
        body = await _some(response)
    except ConnectionError as error:
        raise RemoteLost("The remote broke off before it had answered.") from error
    if 300 <= status < 400:
        raise RemoteFailed("The remote sends requests on to another address, where they are not followed.")
    if status in (401, 403):
        raise RemoteFailed(f"The remote refuses the key that is kept for it (status {status}).")
    if status == 404:
        raise RemoteFailed("The remote knows no such model or address (status 404).")
    if status == 429:
        rest = _rest(response)
        raise RemoteBusy("The remote takes no more requests for now.", rest or RETRY_S, rest)
    if status >= 500:
        raise RemoteLost(f"The remote failed with status {status}.", _rest(response))
    raise _refusal(status, body, prompt_field)


async def _some(response: HeadRead) -> bytes:
    body = b""
    while len(body) < MAX_ERROR_BYTES and (part := await response.readany()):
        body += part
    return body[:MAX_ERROR_BYTES]


def _refusal(status: int, body: bytes, prompt_field: str) -> CommonweightError:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = None
    return error_of_engine(status, document, prompt_field)


def _rest(response: HeadRead) -> float:
    """Seconds for which it asks to be left alone (RFC 9110, 10.2.3: a number of them, or a date); 0 where it does not."""
    said = response.header("retry-after").strip()
    try:
        seconds = float(said) if said[:1].isdigit() else parsedate_to_datetime(said).timestamp() - time.time()
    except ValueError:
        return 0.0
    return min(MAX_RETRY_S, max(0.0, seconds)) if math.isfinite(seconds) else 0.0
