"""An old-style completion request, checked and put into the words of an engine (contract, section 4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commonweight.wire.openai import fields
from commonweight.wire.openai.asked import Asked
from commonweight.wire.openai.chat_request import SAMPLING, wants_usage
from commonweight.wire.openai.errors import BadRequest
from commonweight.wire.openai.fields import boolean, check_fields, integer, required, text, thing

DEFAULT_MAX_TOKENS = 16
MAX_LOGPROBS = 5
MAX_PROMPTS = 128  # each is a request of its own to the engine

COMPLETION: Mapping[str, fields.Check] = {**SAMPLING, "logprobs": integer(0, MAX_LOGPROBS)}
READ_HERE: Mapping[str, fields.Check] = {
    "stream": boolean,
    "stream_options": thing,
    "echo": boolean,
    "best_of": integer(1, 20),
    "suffix": text,
    "max_tokens": integer(0),
}


def completion_request(body: Mapping[str, Any]) -> Asked:
    """Raises BadRequest that names the first field with nonsense in it, or one that no engine here honours."""
    model = required(body, "model")
    text("model", model)
    prompt = _prompt(required(body, "prompt"))
    check_fields(body, COMPLETION)
    check_fields(body, READ_HERE)
    _refuse_what_is_not_offered(body, prompt)
    upstream = {name: body[name] for name in COMPLETION if body.get(name) is not None}
    limit = body.get("max_tokens")
    upstream |= {"prompt": prompt, "max_tokens": DEFAULT_MAX_TOKENS if limit is None else limit}
    echo = prompt if body.get("echo") and isinstance(prompt, str) else ""
    return Asked(model, upstream, bool(body.get("stream")), wants_usage(body), echo=echo)


def _refuse_what_is_not_offered(body: Mapping[str, Any], prompt: Any) -> None:
    """Better a refusal than an answer that leaves out what was asked for."""
    best_of, choices = body.get("best_of") or 1, body.get("n") or 1
    offers = {
        "suffix": not body.get("suffix"),
        "best_of": best_of <= choices,
        "echo": not body.get("echo") or (isinstance(prompt, str) and body.get("logprobs") is None),
        "max_tokens": body.get("max_tokens") != 0,
    }
    for name, offered in offers.items():
        if not offered:
            message = f"'{name}' with this value is not offered by the engines here; leave it out."
            raise BadRequest(message, param=name, kind="unsupported_parameter")


def _prompt(value: Any) -> Any:
    """A string, a list of strings, a list of token ids, or a list of those lists."""
    if isinstance(value, str) or _tokens(value):
        return value
    if isinstance(value, list) and value and (all(isinstance(item, str) for item in value) or all(map(_tokens, value))):
        if len(value) > MAX_PROMPTS:
            message = f"Invalid 'prompt': at most {MAX_PROMPTS} prompts are accepted, but got {len(value)}."
            raise BadRequest(message, param="prompt", kind="array_above_max_length")
        return value[0] if len(value) == 1 else value
    raise fields.wrong_type("prompt", "a string, an array of strings, or arrays of token ids", value)


def _tokens(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(type(item) is int for item in value)
