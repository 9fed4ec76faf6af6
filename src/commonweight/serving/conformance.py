"""
Whether a loaded model keeps to what its engine promises: a few short requests to the engine itself.

What fails is refused afterwards, with the reason; what did not come to an end (a model that rambles) counts as not known.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

from commonweight.serving.addressing import addressing
from commonweight.serving.engines import Address, Capabilities

LIMIT_S: Final = 20.0  # for all checks together, on a machine busy with others; on a quiet one they take less than one
WORDS: Final = 8  # tokens of a plain answer
LONG: Final = 64  # tokens in which a call without arguments, or an object with one field, comes to its end

ASK: Final = [{"role": "user", "content": "Count from one to five."}]
#: A red square of 16 pixels.
PICTURE: Final = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAAFklEQVR42mP4z8BAEmIY1TCqYfhqAACQ+f8B8u7o"
    "VwAAAABJRU5ErkJggg=="
)
LOOK: Final = [
    {
        "role": "user",
        "content": [{"type": "text", "text": ASK[0]["content"]}, {"type": "image_url", "image_url": {"url": PICTURE}}],
    }
]
SCHEMA: Final = {
    "type": "object",
    "properties": {"ok": {"type": "boolean"}},
    "required": ["ok"],
    "additionalProperties": False,
}
TOOL: Final = {"type": "function", "function": {"name": "ping", "parameters": {"type": "object", "properties": {}}}}

_NOT_ITS_FAULT: Final = ("exceed_context_size_error", "does not match the expected")  # llama.cpp's words

Document = dict[str, Any]


class _Fails(Exception):
    """The engine does not keep to it; the sentence says how."""


class _Unknown(Exception):
    """The model did not come far enough to tell."""


@dataclass(frozen=True)
class Result:
    """Of one check. `ok` is None where it could not be told."""

    ok: bool | None
    reason: str = ""


class Conformance:
    """Checks engines. `session` is a client of its own or a shared one."""

    def __init__(self, session: aiohttp.ClientSession, limit_s: float = LIMIT_S) -> None:
        self._session = session
        self._limit = limit_s

    async def run(self, address: Address) -> Mapping[str, Result]:
        """By name of the check: those that this engine with this model promises to pass, all at once."""
        asked = _Engine(self._session, address)
        checks = _checks(address.traits.capabilities)
        tasks = {name: asyncio.create_task(_result(check(asked))) for name, check in checks.items()}
        try:
            if tasks:
                await asyncio.wait(tasks.values(), timeout=self._limit)
            late = Result(None, f"It was not answered within {self._limit:.0f} s.")
            return {name: task.result() if task.done() else late for name, task in tasks.items()}
        finally:
            for task in tasks.values():
                task.cancel()


async def _result(check: Awaitable[None]) -> Result:
    try:
        await check
    except _Fails as error:
        return Result(False, str(error))
    except (_Unknown, aiohttp.ClientError, TimeoutError) as error:
        return Result(None, str(error))
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        return Result(False, f"The answer has another shape than it should ({type(error).__name__}: {error}).")
    return Result(True)


class _Engine:
    """Asks an engine for its model, without adapters."""

    def __init__(self, session: aiohttp.ClientSession, address: Address) -> None:
        self._session = session
        self._address = address

    async def ask(self, path: str, **body: Any) -> Document:
        """A whole answer. Raises _Fails with what a refusal says."""
        document = json.loads(await self.text(path, **body))
        if not isinstance(document, dict):
            raise _Fails("The answer is no JSON object.")
        return document

    async def text(self, path: str, **body: Any) -> str:
        """The body of an answer, of a stream to its end."""
        headers = {"authorization": f"Bearer {self._address.api_key}", "connection": "close"}
        body |= addressing(self._address.traits)
        async with self._session.post(self._address.base_url + path, json=body, headers=headers) as response:
            text = await response.text()
            if any(word in text for word in _NOT_ITS_FAULT):
                raise _Unknown("The check does not fit into its context, or its words were cut off in the middle.")
            if response.status != 200:
                raise _Fails(f"It answers with status {response.status}.")
            return text

    async def choice(self, **body: Any) -> Document:
        """The one choice of a chat."""
        choice: Document = (await self.ask("/v1/chat/completions", messages=ASK, temperature=0, **body))["choices"][0]
        return choice


Check = Callable[[_Engine], Awaitable[None]]


def _checks(able: Capabilities) -> Mapping[str, Check]:
    checks: dict[str, Check] = {}
    if able.chat:
        checks |= {"streaming": _streaming, "usage": _usage, "stop": _stop}
    every: Mapping[str, tuple[bool, Check]] = {
        "logprobs": (able.logprobs, _logprobs),
        "vision": (able.vision, _vision),
        "schema": (able.schema, _schema),
        "tools": (able.tools, _tools),
        "embeddings": (able.embeddings, _embeddings),
        "rerank": (able.rerank, _rerank),
    }
    return checks | {name: check for name, (promised, check) in every.items() if promised}


async def _streaming(engine: _Engine) -> None:
    text = await engine.text(
        "/v1/chat/completions", messages=ASK, max_tokens=WORDS, stream=True, stream_options={"include_usage": True}
    )
    events = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: ")]
    chunks = [json.loads(event) for event in events if event != "[DONE]"]
    choices = [choice for chunk in chunks for choice in chunk.get("choices") or ()]
    if not any(choice["delta"].get("content") or choice["delta"].get("reasoning_content") for choice in choices):
        raise _Unknown("It had nothing to say.")
    if not any(choice.get("finish_reason") for choice in choices):
        raise _Fails("A stream ends without a reason.")
    if not any(chunk.get("usage") for chunk in chunks):
        raise _Fails("A stream ends without its usage.")


async def _usage(engine: _Engine) -> None:
    usage = (await engine.ask("/v1/chat/completions", messages=ASK, max_tokens=WORDS))["usage"]
    prompt, completion, total = (usage[name] for name in ("prompt_tokens", "completion_tokens", "total_tokens"))
    if prompt < 1 or not 0 <= completion <= WORDS or total != prompt + completion:
        raise _Fails(f"It counts {prompt} and {completion} tokens, together {total}, of at most {WORDS}.")


async def _vision(engine: _Engine) -> None:
    looked = (await engine.ask("/v1/chat/completions", messages=LOOK, max_tokens=WORDS))["usage"]
    said = (await engine.ask("/v1/chat/completions", messages=ASK, max_tokens=1))["usage"]
    if looked["prompt_tokens"] <= said["prompt_tokens"]:
        raise _Fails("A picture beside its prompt adds nothing to it.")


async def _stop(engine: _Engine) -> None:
    first = str((await engine.choice(max_tokens=WORDS))["message"].get("content") or "")
    words = [word for word in first.split()[1:] if word.isascii() and word.isprintable()]
    if not words:
        raise _Unknown("It says too little to be stopped in the middle.")
    choice = await engine.choice(max_tokens=WORDS, stop=[words[0]])
    if words[0] in str(choice["message"].get("content") or ""):
        raise _Fails("It goes on beyond a stop sequence, or shows it.")
    if choice["finish_reason"] != "stop":
        raise _Fails(f"It was stopped by a sequence and says {choice['finish_reason']!r}.")


async def _logprobs(engine: _Engine) -> None:
    content = (await engine.choice(max_tokens=2, logprobs=True, top_logprobs=2))["logprobs"]["content"]
    if not content:
        raise _Unknown("It had nothing to say.")
    for item in content:
        if not isinstance(item["token"], str) or not float(item["logprob"]) <= 1e-3 or len(item["top_logprobs"]) != 2:
            raise _Fails("It leaves out tokens, their likelihood, or the alternatives that were asked for.")


async def _schema(engine: _Engine) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "check", "strict": True, "schema": SCHEMA}}
    choice = await engine.choice(max_tokens=LONG, response_format=form)
    content = str(choice["message"].get("content") or "")
    if choice["finish_reason"] == "length" and content.lstrip()[:1] in ("", "{"):
        raise _Unknown(f"It did not come to an end within {LONG} tokens.")
    try:
        answer = json.loads(content)
    except ValueError:
        raise _Fails("Its answer is no JSON.") from None
    if not isinstance(answer, dict) or not isinstance(answer.get("ok"), bool) or len(answer) != 1:
        raise _Fails("Its answer is JSON and does not fit the schema.")


async def _tools(engine: _Engine) -> None:
    choice = await engine.choice(max_tokens=LONG, tools=[TOOL], tool_choice="required")
    calls = choice["message"].get("tool_calls")
    if not calls:
        if choice["finish_reason"] == "length":
            raise _Unknown(f"It did not come to an end within {LONG} tokens.")
        raise _Fails("It has to call a tool and does not.")
    function = calls[0]["function"]
    if function["name"] != "ping" or not isinstance(json.loads(function["arguments"] or "{}"), dict):
        raise _Fails("It calls a tool by another name, or with arguments that are no JSON object.")


async def _embeddings(engine: _Engine) -> None:
    data = (await engine.ask("/v1/embeddings", input=["one", "two"]))["data"]
    vectors = [item["embedding"] for item in data]
    if len(vectors) != 2 or not all(vector and all(map(math.isfinite, vector)) for vector in vectors):
        raise _Fails("It gives no vector for each text, or numbers that are none.")


async def _rerank(engine: _Engine) -> None:
    results = (await engine.ask("/v1/rerank", query="one", documents=["one", "two"]))["results"]
    if sorted(item["index"] for item in results) != [0, 1] or not all(math.isfinite(r["relevance_score"]) for r in results):
        raise _Fails("It leaves out documents, or gives scores that are no numbers.")
