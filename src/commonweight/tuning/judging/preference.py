"""
Of preference data: which of two given answers a model finds likelier, by the log-probabilities of a prompt that holds them
(`/v1/completions` with `echo` and `logprobs`). Not every engine gives those.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from commonweight.errors import InvalidInput
from commonweight.tuning.judging.asking import COMPLETIONS, Asker, Question
from commonweight.tuning.judging.values import Held, Render, Target

_READ: Final = {"max_tokens": 0, "echo": True, "logprobs": 1, "temperature": 0}


class NotRendered(InvalidInput):
    code = "not_rendered"


@dataclass(frozen=True)
class Tokens:
    """The tokens of a text and how likely each was after those before it (natural logarithm)."""

    texts: Sequence[str]
    logprobs: Sequence[float]


async def leanings(asker: Asker, model: str, held: Sequence[Held], render: Render) -> list[float | None]:
    """
    By item: the log-probability a token of the preferred answer less that of the rejected one, counting from where they
    part; None where the engine does not say. Above 0 the preferred one is likelier. Raises NotRendered.
    """
    rejected = [(one, one.rejected) for one in held if one.rejected is not None]
    questions = [_question(one, target, render) for one, worse in rejected for target in (one.target, worse)]
    tokens = [tokens_of(body) for body in await asker.bodies(model, questions)]
    return [leaning(left, right) for left, right in zip(tokens[::2], tokens[1::2], strict=True)]


def leaning(preferred: Tokens | None, rejected: Tokens | None) -> float | None:
    """None where one is missing, or they have no token of their own."""
    if preferred is None or rejected is None:
        return None
    shared = 0
    for left, right in zip(preferred.texts, rejected.texts, strict=False):
        if left != right:
            break
        shared += 1
    ours, theirs = preferred.logprobs[shared:], rejected.logprobs[shared:]
    return sum(ours) / len(ours) - sum(theirs) / len(theirs) if ours and theirs else None


def tokens_of(body: Any) -> Tokens | None:
    """
    Out of the body of a completion with `echo`; None where it tells no log-probabilities, or one that is no number (a model
    that is broken).
    """
    try:
        told = body["choices"][0]["logprobs"]
        texts, (first, *others) = told["tokens"], told["token_logprobs"]
        found = [0.0 if first is None else float(first), *map(float, others)]  # none is told of the first
    except (KeyError, IndexError, TypeError, ValueError):
        return None
    return Tokens(texts, found) if all(map(math.isfinite, found)) else None


def renderer(folder: Path) -> Render:
    """
    Renders by the chat template of a folder that transformers reads (`chat_template.jinja`, or in `tokenizer_config.json`).
    The token that begins a text is left to the engine. Raises FileNotFoundError where the folder has no template. What it
    gives raises NotRendered.
    """
    from jinja2 import TemplateError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.globals["raise_exception"] = _refuse
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "sort_keys": False}
    template = environment.from_string(_template(folder))
    end = _tokenizer(folder).get("eos_token") or ""
    words = {"bos_token": "", "eos_token": end["content"] if isinstance(end, Mapping) else end}

    def render(messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]]) -> str:
        try:
            return str(template.render(messages=messages, tools=tools or None, add_generation_prompt=True, **words))
        except (TemplateError, ValueError, TypeError) as error:
            raise NotRendered(f"The chat template does not take these messages: {error}") from None

    return render


def _question(held: Held, target: Target, render: Render) -> Question:
    before = held.prompt if held.prompt is not None else render(held.messages, held.tools)
    return Question(COMPLETIONS, {"prompt": before + target.text, **_READ})


def _template(folder: Path) -> str:
    alone = folder / "chat_template.jinja"
    template = alone.read_text() if alone.exists() else _tokenizer(folder).get("chat_template")
    if isinstance(template, list):
        template = next((one["template"] for one in template if one["name"] == "default"), None)
    if not template:
        raise FileNotFoundError(f"There is no chat template in {folder.name}.")
    return str(template)


def _tokenizer(folder: Path) -> Mapping[str, Any]:
    path = folder / "tokenizer_config.json"
    document = orjson.loads(path.read_bytes()) if path.exists() else {}
    return document if isinstance(document, Mapping) else {}


def _refuse(message: str) -> None:
    raise ValueError(message)
