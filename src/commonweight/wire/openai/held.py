"""What a request asks for and the engine that is to answer would not hold to: put another way or refused, never dropped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from commonweight.serving import Dialect, Traits, guidance, unheld
from commonweight.wire.openai.errors import BadRequest
from commonweight.wire.openai.pictures import media_of

ANY_OBJECT: Final = {"type": "json_schema", "json_schema": {"name": "object", "schema": {"type": "object"}}}

_NEUTRAL: Mapping[str, Any] = {"n": 1, "presence_penalty": 0, "response_format": {"type": "text"}}


def held(upstream: Mapping[str, Any], traits: Traits, stream: bool = False) -> Mapping[str, Any]:
    """
    The request as this engine keeps to it: a JSON schema of which llama.cpp would leave something out becomes a grammar.

    Raises BadRequest where no grammar says it either, and for what a check of this model found broken.
    """
    if traits.failed:
        _check(upstream, traits.failed, stream)
    if traits.refuses:
        upstream = _without_refused(upstream, traits.refuses)
    form = upstream.get("response_format")
    if traits.dialect is not Dialect.LLAMACPP or form is None or form["type"] == "text":
        return upstream
    if form["type"] == "json_object":  # taken by its name llama.cpp lets a fence of Markdown stand around it
        return {**upstream, "response_format": ANY_OBJECT}
    schema = form["json_schema"].get("schema")
    where = unheld(schema)
    if not where:
        return upstream
    grammar = "" if upstream.get("tools") else guidance(schema)
    if not grammar:
        message = f"The engine of this model cannot hold an answer to {where} of the schema; leave that out."
        raise BadRequest(message, param="response_format", kind="unsupported_value")
    return {**{name: value for name, value in upstream.items() if name != "response_format"}, "grammar": grammar}


def _without_refused(upstream: Mapping[str, Any], refuses: Sequence[str]) -> Mapping[str, Any]:
    """Without what asks for nothing. Raises BadRequest for a field that this engine would not honour."""
    for name in refuses:
        value = upstream.get(name)
        if value not in (None, False, _NEUTRAL.get(name)):
            message = f"'{name}' is not offered by the engine of this model; leave it out."
            raise BadRequest(message, param=name, kind="unsupported_value")
    return {name: value for name, value in upstream.items() if name not in refuses}


def _check(upstream: Mapping[str, Any], failed: Mapping[str, str], stream: bool) -> None:
    form = upstream.get("response_format") or {}
    asked = {
        "tools": ("tools", bool(upstream.get("tools"))),
        "schema": ("response_format", form.get("type") in ("json_schema", "json_object")),
        "logprobs": ("logprobs", bool(upstream.get("logprobs"))),
        "stop": ("stop", bool(upstream.get("stop"))),
        "streaming": ("stream", stream),
        "vision": ("messages", "vision" in failed and bool(media_of(upstream.get("messages") or ()))),
    }
    for name, (param, wanted) in asked.items():
        if wanted and name in failed:
            message = f"'{param}' is not offered with this model: its check for {name} failed. {failed[name]}"
            raise BadRequest(message, param=param, kind="unsupported_value")
