"""Chats with tools: by the model's own template where it has a place for them, in words where it has none."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from commonweight.serving import Dialect, Replica, unheld
from commonweight.wire.openai.answer import Document
from commonweight.wire.openai.chat_parts import AT_ONCE, ManyChoices
from commonweight.wire.openai.engine_talk import CHAT_PATH, EngineTalk
from commonweight.wire.openai.errors import BadRequest
from commonweight.wire.openai.tally import whole_usage
from commonweight.wire.openai.tool_choice import Tools
from commonweight.wire.openai.worded_tools import delta_of, worded

PROBE: Final = "commonweight_probe"  # the name of a tool that stands in a prompt only where the template put it there


class _SpeaksForItself(BadRequest):
    """Another engine than llama.cpp: it puts tools into its prompts by itself, or refuses them."""


class _CheckFailed(BadRequest):
    """When it was loaded, the model called no tool by its own template."""


@dataclass(frozen=True)
class ToolChat:
    """`upstream` without its tools; they are `tools`, of which one has to be called where `must_call`."""

    upstream: Mapping[str, Any]
    tools: Tools
    must_call: bool

    async def documents(self, talk: EngineTalk) -> AsyncIterator[Document]:
        """The engine's stream. Raises BadRequest for what it would not hold to."""
        n = self.upstream.get("n", 1)
        if await talk.once("tools", partial(_template_has_tools, talk)):
            body = {**self.upstream, "tools": list(self.tools), "tool_choice": "required" if self.must_call else "auto"}
            whole = bool(self.upstream.get("logprobs"))  # llama.cpp refuses these with tools in a stream
            stream = _whole(talk, body, n) if whole else ManyChoices(self._checked(body), n).documents(talk)
        else:
            stream = _called(ManyChoices(worded(self.upstream, self.tools, self.must_call), n).documents(talk))
        async for document in stream:
            yield document

    def _checked(self, body: Document) -> Document:
        """Raises BadRequest where a strict schema says what would not be held."""
        for tool in self.tools:
            function = tool["function"]
            where = unheld(function.get("parameters")) if function.get("strict") else ""
            if where:
                message = f"Arguments of {function['name']!r} cannot be held to {where} of its schema; leave that out."
                raise BadRequest(message, param="tools", kind="unsupported_value")
        return body


async def _template_has_tools(talk: EngineTalk) -> bool:
    """
    Whether the prompt that the engine writes tells of tools, and the model called one when that was tried. Of other engines
    nothing is asked.
    """
    tool = {"type": "function", "function": {"name": PROBE, "parameters": {"type": "object", "properties": {}}}}
    chat: Document = {"messages": [{"role": "user", "content": "Hello"}], "tools": [tool]}

    def body(replica: Replica) -> Document:
        if replica.traits.dialect is not Dialect.LLAMACPP:
            raise _SpeaksForItself("asked for nothing")
        if "tools" in replica.traits.failed:
            raise _CheckFailed("asked for nothing")
        return chat

    try:
        _, written = await talk.ask("/apply-template", body)
    except _SpeaksForItself:
        return True
    except _CheckFailed:
        return False
    return PROBE in str(written.get("prompt", ""))


async def _whole(talk: EngineTalk, body: Document, n: int) -> AsyncIterator[Document]:
    """An unstreamed answer, as a stream of one piece."""
    if n > AT_ONCE:
        message = f"Invalid 'n': with 'tools' and 'logprobs' at most {AT_ONCE} choices are given at once, but got {n}."
        raise BadRequest(message, param="n", kind="integer_above_max_value")
    replica, document = await talk.ask(CHAT_PATH, lambda _: {**body, "stream": False})
    choices = [{**choice, "delta": choice.get("message") or {}} for choice in document.get("choices") or ()]
    yield {"choices": choices, "usage": whole_usage(document, replica.engine)}


async def _called(stream: AsyncIterator[Document]) -> AsyncIterator[Document]:
    """What the model wrote in JSON, as calls: each choice once it is whole."""
    texts: dict[int, list[str]] = {}
    logprobs: dict[int, list[Any]] = {}
    async for raw in stream:
        done = []
        for choice in raw.get("choices") or ():
            index = choice.get("index", 0)
            texts.setdefault(index, []).append((choice.get("delta") or {}).get("content") or "")
            logprobs.setdefault(index, []).extend((choice.get("logprobs") or {}).get("content") or ())
            if choice.get("finish_reason"):
                done.append(_choice(index, "".join(texts[index]), logprobs[index], choice["finish_reason"]))
        if not done and raw.get("choices"):  # what was written so far is counted, and not yet told
            done = [{"index": choice.get("index", 0), "delta": {}, "finish_reason": None} for choice in raw["choices"]]
        if done or raw.get("usage"):
            yield {**raw, "choices": done}


def _choice(index: int, text: str, logprobs: list[Any], finish: str) -> Document:
    delta, calls = delta_of(text)
    choice: Document = {"index": index, "delta": delta, "finish_reason": "tool_calls" if calls else finish}
    return {**choice, "logprobs": {"content": logprobs}} if logprobs else choice
