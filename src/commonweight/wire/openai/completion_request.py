"""An old-style completion request, checked and put into the words of an engine (contract, section 4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commonweight.wire.openai import fields
from commonweight.wire.openai.asked import Asked
from commonweight.wire.openai.chat_request import SAMPLING, tidy, wants_usage
from commonweight.wire.openai.completion_parts import AT_ONCE, CompletionPlan
from commonweight.wire.openai.errors import BadRequest
from commonweight.wire.openai.fields import boolean, check_fields, integer, required, text, thing

DEFAULT_MAX_TOKENS = 16
MAX_LOGPROBS = 5
MAX_PROMPTS = 128  # each is a request of its own to the engine
MAX_TEXTS = 512  # prompts times choices: beyond that a batch is the better way

COMPLETION: Mapping[str, fields.Check] = {**SAMPLING, "logprobs": integer(0, MAX_LOGPROBS)}
READ_HERE: Mapping[str, fields.Check] = {
    "stream": boolean,
    "stream_options": thing,
    "echo": boolean,
    "best_of": integer(0, 20),
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
    upstream = {name: body[name] for name in COMPLETION if body.get(name) is not None}
    limit = body.get("max_tokens")
    upstream |= {"prompt": prompt, "max_tokens": DEFAULT_MAX_TOKENS if limit is None else limit}
    tidy(upstream)
    top = upstream.get("logprobs")
    if top == 0:  # engines take it for "none"; OpenAI means the tokens themselves, without others beside them
        upstream["logprobs"] = 1
    plan = _plan(body, upstream)
    echo = prompt if body.get("echo") and plan is None else ""
    return Asked(
        model,
        upstream,
        bool(body.get("stream")),
        wants_usage(body),
        echo=echo,
        top=top,
        best_of=plan.best_of if plan else 0,
        compose=plan.documents if plan else None,
    )


def _plan(body: Mapping[str, Any], upstream: Mapping[str, Any]) -> CompletionPlan | None:
    """What has to be made of several requests to the engine; None where one is enough. Raises BadRequest."""
    prompt, n = upstream["prompt"], upstream.get("n", 1)
    prompts = [prompt] if isinstance(prompt, str) or _tokens(prompt) else list(prompt)
    best_of, echo, suffix = body.get("best_of") or n, bool(body.get("echo")), body.get("suffix") or ""
    _check_together(body, prompts, n, best_of, suffix)
    plain_echo = isinstance(prompt, str) and body.get("logprobs") is None
    reasons = {
        "suffix": bool(suffix),
        "best_of": best_of > n,
        "echo": echo and not plain_echo,
        "max_tokens": upstream["max_tokens"] == 0,
        "n": n > AT_ONCE or (n > 1 and len(prompts) > 1),
    }
    reason = next((name for name, holds in reasons.items() if holds), "")
    if not reason:
        return None
    sampling = {name: upstream[name] for name in SAMPLING if name in upstream and name != "n"}
    limit = upstream["max_tokens"]
    return CompletionPlan(prompts, n, best_of, echo, body.get("logprobs"), suffix, limit, sampling, reason)


def _check_together(body: Mapping[str, Any], prompts: list[Any], n: int, best_of: int, suffix: str) -> None:
    """Raises BadRequest for values that do not go together."""
    if best_of < n:
        message = f"Invalid 'best_of': {best_of} texts cannot give the {n} choices that 'n' asks for."
        raise BadRequest(message, param="best_of")
    if best_of > n and body.get("stream"):
        message = "'best_of' is decided at the end: it cannot be streamed."
        raise BadRequest(message, param="best_of", kind="unsupported_value")
    if suffix and not all(isinstance(prompt, str) for prompt in prompts):
        message = "'suffix' needs a prompt that is text, and not token ids."
        raise BadRequest(message, param="suffix", kind="unsupported_value")
    texts = len(prompts) * best_of
    if texts > MAX_TEXTS:
        message = f"{len(prompts)} prompts with {best_of} texts each are {texts}; at most {MAX_TEXTS} are written at once."
        raise BadRequest(message, param="n", kind="integer_above_max_value")


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
