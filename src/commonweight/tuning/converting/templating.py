"""A chat template as transformers renders it, by jinja2 alone. Source: `utils/chat_template_utils.py` of transformers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import jinja2
from jinja2.ext import Extension, loopcontrols
from jinja2.nodes import CallBlock, Node
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from commonweight.tuning.converting.values import NotConvertible


class TemplateRefused(Exception):
    """A template says of a conversation that it cannot be: roles out of order, no place for a system prompt."""


class _Generation(Extension):
    """`{% generation %}` marks what an assistant said, for training; it writes nothing of its own."""

    tags = {"generation"}  # noqa: RUF012  as jinja2 declares it

    def parse(self, parser: Parser) -> Node | list[Node]:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return CallBlock(self.call_method("_inside"), [], [], body).set_lineno(line)

    def _inside(self, caller: Any) -> str:
        return str(caller())


def _refuse(message: str) -> None:
    raise TemplateRefused(message)


def _now(form: str) -> str:
    return datetime.now().strftime(form)


def _as_json(value: Any, indent: int | None = None, **options: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent, **options)


def render(template: str, messages: Sequence[Mapping[str, Any]], words: Mapping[str, str]) -> str:
    """
    The prompt of a conversation, up to where the assistant is to speak. `words`: `bos_token`, `eos_token`, ….

    Raises TemplateRefused, or NotConvertible for a template that is broken.
    """
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, loopcontrols])
    environment.filters["tojson"] = _as_json
    environment.globals |= {"raise_exception": _refuse, "strftime_now": _now}
    try:
        found = environment.from_string(template)
        return found.render(messages=list(messages), tools=None, documents=None, add_generation_prompt=True, **words)
    except jinja2.TemplateSyntaxError as error:
        raise NotConvertible(f"The chat template is broken at line {error.lineno}: {error.message}.") from None
    except jinja2.TemplateError as error:
        raise TemplateRefused(str(error)) from None
