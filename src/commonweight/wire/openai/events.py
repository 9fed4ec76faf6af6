"""Server-sent events: taken apart as an engine sends them, written as a client reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from commonweight.errors import CommonweightError
from commonweight.serving import EngineLost
from commonweight.wire.openai.errors import error_of_engine

MAX_EVENT_BYTES = 8 << 20  # one token with its log-probabilities is some kilobytes; more is a broken engine
DONE_PAYLOAD = b"[DONE]"
DONE = b"data: [DONE]\n\n"


class BrokenStream(EngineLost):
    """The engine's stream is not what it should be: too large an event, or not JSON."""

    def __init__(self, what: str) -> None:
        super().__init__(f"The engine sent {what}.")


class Said:
    """
    What an engine says in a stream of events, however the network cuts it. `prompt_field` is what an error may be about.

    An event is one `data:` line in every engine, so lines are all that has to be told apart.
    """

    def __init__(self, prompt_field: str) -> None:
        self._prompt_field = prompt_field
        self._rest = b""
        self._error: CommonweightError | None = None

    def take(self, piece: bytes) -> list[dict[str, Any]]:
        """
        The documents that are whole with this piece of the stream (b"" is its end), as far as nothing is wrong with them:
        `check` raises what is, so that what was said before counts. Left out are comments, `[DONE]`, and how far a prompt is
        read.
        """
        *lines, self._rest = (self._rest + (piece or b"\n")).split(b"\n")
        found: list[dict[str, Any]] = []
        try:
            if len(self._rest) > MAX_EVENT_BYTES:
                raise BrokenStream(f"an event of more than {MAX_EVENT_BYTES} bytes")
            for line in lines:
                if line and line.startswith(b"data:") and (payload := line[5:].strip()) and payload != DONE_PAYLOAD:
                    document = parse(payload)
                    if "error" in document:
                        raise error_of_engine(500, document, self._prompt_field)
                    if "prompt_progress" not in document:
                        found.append(document)
        except CommonweightError as error:
            self._error = self._error or error
        return found

    def check(self) -> None:
        """Raises BrokenStream for what is no event, and what an error of the engine means."""
        if self._error is not None:
            raise self._error


def parse(payload: bytes) -> dict[str, Any]:
    """The document of an event; empty for `null`, which llama.cpp sends before several prompts. Raises BrokenStream."""
    try:
        document = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise BrokenStream(f"an event that is no JSON: {error}") from None
    if document is not None and not isinstance(document, dict):
        raise BrokenStream("an event that is no object")
    return document or {}


def event(document: Mapping[str, Any]) -> bytes:
    """`data: {…}` and a blank line."""
    return b"data: " + orjson.dumps(document) + b"\n\n"


def comment(text: str) -> bytes:
    """A line that clients skip and that keeps proxies awake."""
    return b": " + " ".join(text.split()).encode() + b"\n\n"
