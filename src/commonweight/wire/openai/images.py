"""Pictures: `POST /v1/images/generations`, checked and put into the words of an engine (contract, section 10)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from commonweight.serving import EngineLost, Replica
from commonweight.wire.openai.answer import Document
from commonweight.wire.openai.engine_talk import EngineTalk
from commonweight.wire.openai.errors import BadRequest
from commonweight.wire.openai.fields import Check, check_fields, integer, number, required, text

MAX_PICTURES = 10
MAX_PROMPT = 32_000  # characters; what OpenAI takes
MAX_SIDE = 4096  # pixels; more takes more memory than a GPU has
_SIZE = re.compile(r"(?P<width>\d{1,5})x(?P<height>\d{1,5})")

FIELDS: Mapping[str, Check] = {
    "n": integer(1, MAX_PICTURES),
    "size": text,
    "quality": text,
    "response_format": text,
    "output_format": text,
    "background": text,
    "style": text,
    "user": text,
    "moderation": text,
    "seed": integer(0),  # not OpenAI's; the next three are what open pipelines know
    "steps": integer(1, 500),
    "guidance": number(0, 50),
}
#: Values that say what is done anyway; others would be passed over in silence.
_DONE = {
    "quality": ("auto", "standard"),
    "response_format": ("b64_json",),
    "output_format": ("png",),
    "background": ("auto", "opaque"),
    "style": (),
}


@dataclass(frozen=True)
class ImagesAsked:
    """A checked request. `upstream` is the body for the engine."""

    model: str
    upstream: Mapping[str, Any]
    size: str = ""


def images_request(body: Mapping[str, Any]) -> ImagesAsked:
    """Raises BadRequest that names the first field with nonsense in it, or one that no engine here honours."""
    model, prompt = required(body, "model"), required(body, "prompt")
    text("model", model)
    text("prompt", prompt)
    if len(prompt) > MAX_PROMPT:
        message = f"Invalid 'prompt': at most {MAX_PROMPT} characters are accepted, but got {len(prompt)}."
        raise BadRequest(message, param="prompt", kind="string_above_max_length")
    check_fields(body, FIELDS)
    if body.get("stream") or body.get("partial_images"):
        raise _not_offered("stream" if body.get("stream") else "partial_images")
    for name, done in _DONE.items():
        if body.get(name) is not None and body[name] not in done:
            raise _not_offered(name)
    upstream = {name: body[name] for name in ("n", "seed", "steps", "guidance") if body.get(name) is not None}
    size = body.get("size") or "auto"
    return ImagesAsked(model, {"prompt": prompt, **upstream, **_sides(size)}, "" if size == "auto" else size)


def _sides(size: str) -> Mapping[str, int]:
    if size == "auto":
        return {}
    match = _SIZE.fullmatch(size)
    sides = {name: int(side) for name, side in match.groupdict().items()} if match else {}
    if not sides or not all(8 <= side <= MAX_SIDE and side % 8 == 0 for side in sides.values()):
        message = f"Invalid 'size': {size!r}; expected 'auto' or WIDTHxHEIGHT, each a multiple of 8 up to {MAX_SIDE}."
        raise BadRequest(message, param="size")
    return sides


def _not_offered(name: str) -> BadRequest:
    message = f"'{name}' with this value is not offered by the engines here; leave it out."
    return BadRequest(message, param=name, kind="unsupported_value")


async def draw(talk: EngineTalk, asked: ImagesAsked) -> Document:
    """The pictures as PNG files in base64. Raises EngineLost for an answer that holds none."""

    def body(replica: Replica) -> Document:
        return dict(asked.upstream)

    _, document = await talk.ask("/v1/images/generations", body)
    data = document.get("data")
    pictures = [one.get("b64_json") for one in data if isinstance(one, dict)] if isinstance(data, list) else []
    if not pictures or not all(isinstance(picture, str) for picture in pictures):
        raise EngineLost("The engine's answer holds no picture.")
    answer: Document = {"created": document.get("created"), "data": [{"b64_json": picture} for picture in pictures]}
    size = {"size": asked.size} if asked.size else {}
    return {**answer, "output_format": "png", "background": "opaque", **size}
