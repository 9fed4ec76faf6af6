"""A chat request, checked and put into the words of an engine (contract, section 3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from commonweight.wire.openai import fields
from commonweight.wire.openai.asked import Asked, Compose
from commonweight.wire.openai.chat_messages import messages_of
from commonweight.wire.openai.chat_parts import AT_ONCE, ManyChoices, NoTokens
from commonweight.wire.openai.chat_tools import ToolChat
from commonweight.wire.openai.errors import BadRequest
from commonweight.wire.openai.fields import (
    boolean,
    check_fields,
    integer,
    number,
    required,
    required_in,
    text,
    thing,
    wrong_type,
)
from commonweight.wire.openai.functions import with_tools
from commonweight.wire.openai.metadata import metadata
from commonweight.wire.openai.pictures import media_of
from commonweight.wire.openai.tool_choice import WORDS, chosen

MAX_TOOLS = 128
FUNCTION: Mapping[str, fields.Check] = {"description": text, "parameters": thing, "strict": boolean}
JSON_SCHEMA: Mapping[str, fields.Check] = {"description": text, "strict": boolean}
_FUNCTION_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")

#: Fields that mean the same to every engine. What is in no list here is not passed on: engines have switches (adapters,
#: slots, caches) that callers must not reach.
SAMPLING: Mapping[str, fields.Check] = {
    "temperature": number(0, 2),
    "top_p": number(0, 1),
    "n": integer(1, fields.MAX_CHOICES),
    "stop": fields.stops,
    "seed": integer(-fields.INT64),
    "frequency_penalty": number(-2, 2),
    "presence_penalty": number(-2, 2),
    "logit_bias": fields.logit_bias,
    "top_k": integer(0),  # not OpenAI's; many open-model clients send these four
    "min_p": number(0, 1),
    "repeat_penalty": number(0, 10),
    "chat_template_kwargs": thing,
}


def _tools(name: str, value: Any) -> None:
    if not isinstance(value, list):
        raise wrong_type(name, "an array", value)
    if len(value) > MAX_TOOLS:
        raise BadRequest(f"Invalid '{name}': at most {MAX_TOOLS} tools are accepted, but got {len(value)}.", param=name)
    for i, tool in enumerate(value):
        _tool(f"{name}[{i}]", tool)


def _tool(where: str, tool: Any) -> None:
    thing(where, tool)
    kind = required_in(where, tool, "type")
    if kind != "function":
        message = f"Unsupported '{where}.type': {kind!r}; engines here call functions."
        raise BadRequest(message, param=f"{where}.type", kind="unsupported_value")
    function = required_in(where, tool, "function")
    thing(f"{where}.function", function)
    name = required_in(f"{where}.function", function, "name")
    if not isinstance(name, str) or not _FUNCTION_NAME.fullmatch(name):
        message = f"Invalid '{where}.function.name': {name!r}; expected 1 to 64 of A-Z a-z 0-9 _ - and dots."
        raise BadRequest(message, param=f"{where}.function.name")
    check_fields(function, FUNCTION, f"{where}.function.")


def _tool_choice(name: str, value: Any) -> None:
    if isinstance(value, str):
        if value not in WORDS:
            raise BadRequest(f"Invalid '{name}': {value!r}; expected 'none', 'auto', 'required' or an object.", param=name)
        return
    thing(name, value)


def _response_format(name: str, value: Any) -> None:
    thing(name, value)
    kind = required_in(name, value, "type")
    if kind not in ("text", "json_object", "json_schema"):
        raise BadRequest(f"Invalid '{name}.type': {kind!r}; expected 'text', 'json_object' or 'json_schema'.", param=name)
    if kind == "json_schema":
        schema = required_in(name, value, "json_schema")
        thing(f"{name}.json_schema", schema)
        text(f"{name}.json_schema.name", required_in(f"{name}.json_schema", schema, "name"))
        if not isinstance(schema.get("schema", {}), dict):
            message = f"Invalid '{name}.json_schema.schema': expected an object that is a JSON schema."
            raise BadRequest(message, param=name)
        check_fields(schema, JSON_SCHEMA, f"{name}.json_schema.")


def _modalities(name: str, value: Any) -> None:
    if not isinstance(value, list):
        raise wrong_type(name, "an array", value)
    if any(one != "text" for one in value):
        message = f"Unsupported '{name}': models here answer with text."
        raise BadRequest(message, param=name, kind="unsupported_value")


CHAT: Mapping[str, fields.Check] = {
    **SAMPLING,
    "logprobs": boolean,
    "top_logprobs": integer(0, fields.MAX_TOP_LOGPROBS),
    "tools": _tools,
    "tool_choice": _tool_choice,
    "parallel_tool_calls": boolean,
    "response_format": _response_format,
    "reasoning_effort": text,
}
READ_HERE: Mapping[str, fields.Check] = {
    "modalities": _modalities,
    "stream": boolean,
    "stream_options": thing,
    "store": boolean,
    "metadata": metadata,
    "max_tokens": integer(0),
    "max_completion_tokens": integer(0),
    "user": text,
    "safety_identifier": text,
}
_CHECKS: Mapping[str, fields.Check] = {**CHAT, **READ_HERE}


def chat_request(body: Mapping[str, Any]) -> Asked:
    """Raises BadRequest that names the first field with nonsense in it."""
    body, functions = with_tools(body) if body.get("functions") else (body, False)
    model = required(body, "model")
    text("model", model)
    messages = messages_of(required(body, "messages"))
    check_fields(body, _CHECKS)
    if body.get("top_logprobs") is not None and not body.get("logprobs"):
        raise BadRequest("'top_logprobs' needs 'logprobs' to be true.", param="top_logprobs")
    upstream = {name: value for name, value in body.items() if name in CHAT and value is not None}
    upstream["messages"] = messages
    limit = body.get("max_completion_tokens")
    limit = body.get("max_tokens") if limit is None else limit
    if limit is not None:
        upstream["max_tokens"] = limit
    tidy(upstream)
    return Asked(
        model,
        upstream,
        stream=bool(body.get("stream")),
        include_usage=wants_usage(body),
        # The engine refuses log-probabilities of tool calls in a stream; unstreamed it gives them.
        never_stream_upstream=bool(body.get("logprobs") and body.get("tools")),
        functions=functions,
        media=media_of(messages),
        compose=_compose(upstream),
    )


def _compose(upstream: Mapping[str, Any]) -> Compose | None:
    """What has to be made of several requests to the engine; None where one is enough. Raises BadRequest."""
    n = upstream.get("n", 1)
    tools, choice = chosen(upstream["tools"], upstream.get("tool_choice")) if "tools" in upstream else ((), "none")
    if upstream.get("max_tokens") == 0:
        return NoTokens(upstream, n).documents
    if tools and choice != "none":
        rest = {name: value for name, value in upstream.items() if name not in ("tools", "tool_choice")}
        return ToolChat(rest, tools, choice == "required").documents
    return ManyChoices(upstream, n).documents if n > AT_ONCE else None


def wants_usage(body: Mapping[str, Any]) -> bool:
    """Whether a stream is to end with a chunk of usage. Raises BadRequest."""
    options = body.get("stream_options") or {}
    wanted = options.get("include_usage")
    if wanted is not None:
        boolean("stream_options.include_usage", wanted)
    return bool(wanted)


def tidy(upstream: dict[str, Any]) -> None:
    """Leave out what says nothing and what engines take for something else."""
    if "logit_bias" in upstream:
        upstream["logit_bias"] = {key: bias for key, bias in upstream["logit_bias"].items() if bias}
    if "stop" in upstream:
        stops = [upstream["stop"]] if isinstance(upstream["stop"], str) else upstream["stop"]
        upstream["stop"] = [stop for stop in stops if stop]
    for name in ("tools", "logit_bias", "stop"):
        if name in upstream and not upstream[name]:
            del upstream[name]
    if "tools" not in upstream:
        upstream.pop("tool_choice", None)
        upstream.pop("parallel_tool_calls", None)
