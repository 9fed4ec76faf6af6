"""A form with a recording, checked and put into the words of an engine (contract, section 11)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request

from commonweight.wire.openai.answer import Document
from commonweight.wire.openai.errors import BadRequest, RequestTooLarge
from commonweight.wire.openai.fields import required
from commonweight.wire.openai.multipart import Form
from commonweight.wire.openai.recordings import MAX_BYTES, seconds_at_most
from commonweight.wire.openai.transcripts import SHAPES

TOKENS_PER_SECOND: Final = 50  # as engines count sound: what Whisper's encoder makes of it
WINDOW_S: Final = 30  # what it hears at once
TOKENS_PER_WINDOW: Final = 448  # what it writes of it at most
MAX_PROMPT: Final = 4_096  # characters; models read some two hundred tokens

#: Values that say what is done anyway; others would be passed over in silence.
_DONE: Final[Mapping[str, tuple[str, ...]]] = {
    "chunking_strategy": ("auto",),
    "timestamp_granularities": ("segment",),
    "include": (),
    "keywords": (),
    "languages": (),
    "known_speaker_names": (),
    "known_speaker_references": (),
}


@dataclass(frozen=True)
class TranscriptAsked:
    """A checked form. `upstream` is the body for the engine; `prompt_tokens` and `written` are what it may come to."""

    model: str
    upstream: Mapping[str, Any]
    shape: str
    stream: bool
    prompt_tokens: int
    written: int


async def transcript_request(request: Request, task: str) -> TranscriptAsked:
    """`task` is transcribe or translate. Raises BadRequest that names the field, RequestTooLarge."""
    form = Form(request, "file")
    data = await _file(form)
    fields = {name.partition("[")[0]: value for name, value in form.fields.items()}
    model = required(fields, "model")
    if form.filename is None:
        raise BadRequest("Missing required parameter: 'file'.", param="file", kind="missing_required_parameter")
    shape, wishes = _shape(fields), _wishes(form, fields, task)
    stream = _flag("stream", fields.get("stream", "false"))
    if stream and shape != "json":
        raise BadRequest("A stream has the shape of 'json'; leave 'response_format' out.", param="response_format")
    seconds = seconds_at_most(data)
    written = (seconds // WINDOW_S + 2) * TOKENS_PER_WINDOW
    upstream = {"audio": base64.b64encode(data).decode(), "task": task, "details": shape == "verbose_json", **wishes}
    upstream |= {"most_seconds": seconds, "most_tokens": written}
    read = seconds * TOKENS_PER_SECOND + len(str(wishes.get("prompt", "")).encode())
    return TranscriptAsked(model, upstream, shape, stream, read, written)


async def _file(form: Form) -> bytes:
    pieces, size = [], 0
    async for piece in form.file_bytes():
        size += len(piece)
        if size > MAX_BYTES:
            raise RequestTooLarge(f"The recording has more than {MAX_BYTES >> 20} MiB.")
        pieces.append(piece)
    return b"".join(pieces)


def _shape(fields: Mapping[str, str]) -> str:
    shape = fields.get("response_format", "json")
    if shape not in SHAPES:
        message = f"Invalid 'response_format': {shape!r}; expected one of {', '.join(SHAPES)}."
        raise BadRequest(message, param="response_format", kind="unsupported_value")
    return shape


def _wishes(form: Form, fields: Mapping[str, str], task: str) -> Document:
    for name, value in form.every:
        name = name.partition("[")[0]
        if name in _DONE and value not in _DONE[name]:
            message = f"'{name}' with the value {value[:40]!r} is not offered by the engines here; leave it out."
            raise BadRequest(message, param=name, kind="unsupported_value")
    wishes: Document = {}
    if fields.get("temperature"):
        wishes["temperature"] = _temperature(fields["temperature"])
    if prompt := fields.get("prompt"):
        if len(prompt) > MAX_PROMPT:
            message = f"Invalid 'prompt': at most {MAX_PROMPT} characters are accepted, but got {len(prompt)}."
            raise BadRequest(message, param="prompt", kind="string_above_max_length")
        wishes["prompt"] = prompt
    if task == "transcribe" and fields.get("language"):
        wishes["language"] = fields["language"].lower()
    return wishes


def _temperature(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise BadRequest(f"Invalid 'temperature': {text[:40]!r}; expected a number from 0 to 1.", param="temperature")
    return value


def _flag(name: str, text: str) -> bool:
    if text.lower() not in ("true", "false", "1", "0"):
        raise BadRequest(f"Invalid '{name}': {text[:40]!r}; expected true or false.", param=name)
    return text.lower() in ("true", "1")
