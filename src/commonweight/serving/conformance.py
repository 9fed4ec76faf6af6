"""
Whether a loaded model keeps to what its engine promises: a few short requests to the engine itself.

What fails is refused afterwards, with the reason; what did not come to an end (a model that rambles) counts as not known.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import aiohttp

from commonweight.serving.engines import Address, Capabilities
from commonweight.serving.trying import ASK, CHAT, WORDS, AskedEngine, Fails, NotKnown, Result
from commonweight.serving.trying_media import check_transcription, check_vision

LIMIT_S: Final = 20.0  # for all checks together, on a machine busy with others; on a quiet one they take less than one
LONG: Final = 64  # tokens in which a call without arguments, or an object with one field, comes to its end

SCHEMA: Final = {
    "type": "object",
    "properties": {"ok": {"type": "boolean"}},
    "required": ["ok"],
    "additionalProperties": False,
}
TOOL: Final = {"type": "function", "function": {"name": "ping", "parameters": {"type": "object", "properties": {}}}}


class Conformance:
    """Checks engines. `session` is a client of its own or a shared one."""

    def __init__(self, session: aiohttp.ClientSession, limit_s: float = LIMIT_S) -> None:
        self._session = session
        self._limit = limit_s

    async def run(self, address: Address) -> Mapping[str, Result]:
        """By name of the check: those that this engine with this model promises to pass, all at once."""
        asked = AskedEngine(self._session, address)
        checks = _checks(address.traits.capabilities)
        tasks = {name: asyncio.create_task(_result(check(asked))) for name, check in checks.items()}
        try:
            if tasks:
                await asyncio.wait(tasks.values(), timeout=self._limit)
            late = Result(None, "It was not answered within %(seconds)s s.", {"seconds": f"{self._limit:.0f}"})
            return {name: task.result() if task.done() else late for name, task in tasks.items()}
        finally:
            for task in tasks.values():
                task.cancel()


async def _result(check: Awaitable[None]) -> Result:
    try:
        await check
    except Fails as error:
        return Result(False, error.reason, error.values)
    except NotKnown as error:
        return Result(None, error.reason, error.values)
    except (aiohttp.ClientError, TimeoutError) as error:
        return Result(None, "It could not be asked (%(why)s).", {"why": type(error).__name__})
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        why = f"{type(error).__name__}: {error}"
        return Result(False, "The answer has another shape than it should (%(why)s).", {"why": why})
    return Result(True)


Check = Callable[[AskedEngine], Awaitable[None]]


def _checks(able: Capabilities) -> Mapping[str, Check]:
    checks: dict[str, Check] = {}
    if able.chat:
        checks |= {"streaming": _streaming, "usage": _usage, "stop": _stop}
    every: Mapping[str, tuple[bool, Check]] = {
        "logprobs": (able.logprobs, _logprobs),
        "vision": (able.vision, check_vision),
        "schema": (able.schema, _schema),
        "tools": (able.tools, _tools),
        "embeddings": (able.embeddings, _embeddings),
        "rerank": (able.rerank, _rerank),
        "transcription": (able.transcription, check_transcription),
    }
    return checks | {name: check for name, (promised, check) in every.items() if promised}


async def _streaming(engine: AskedEngine) -> None:
    text = await engine.text(CHAT, messages=ASK, max_tokens=WORDS, stream=True, stream_options={"include_usage": True})
    events = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: ")]
    chunks = [json.loads(event) for event in events if event != "[DONE]"]
    choices = [choice for chunk in chunks for choice in chunk.get("choices") or ()]
    if not any(choice["delta"].get("content") or choice["delta"].get("reasoning_content") for choice in choices):
        raise NotKnown("It had nothing to say.")
    if not any(choice.get("finish_reason") for choice in choices):
        raise Fails("A stream ends without a reason.")
    if not any(chunk.get("usage") for chunk in chunks):
        raise Fails("A stream ends without its usage.")


async def _usage(engine: AskedEngine) -> None:
    usage = (await engine.ask(CHAT, messages=ASK, max_tokens=WORDS))["usage"]
    prompt, completion, total = (usage[name] for name in ("prompt_tokens", "completion_tokens", "total_tokens"))
    if prompt < 1 or not 0 <= completion <= WORDS or total != prompt + completion:
        raise Fails(
            "It counts %(prompt)s and %(completion)s tokens, together %(total)s, of at most %(most)s.",
            prompt=prompt,
            completion=completion,
            total=total,
            most=WORDS,
        )


async def _stop(engine: AskedEngine) -> None:
    first = str((await engine.choice(max_tokens=WORDS))["message"].get("content") or "")
    words = [word for word in first.split()[1:] if word.isascii() and word.isprintable()]
    if not words:
        raise NotKnown("It says too little to be stopped in the middle.")
    choice = await engine.choice(max_tokens=WORDS, stop=[words[0]])
    if words[0] in str(choice["message"].get("content") or ""):
        raise Fails("It goes on beyond a stop sequence, or shows it.")
    if choice["finish_reason"] != "stop":
        raise Fails("It was stopped by a sequence and says '%(said)s'.", said=choice["finish_reason"])


async def _logprobs(engine: AskedEngine) -> None:
    content = (await engine.choice(max_tokens=2, logprobs=True, top_logprobs=2))["logprobs"]["content"]
    if not content:
        raise NotKnown("It had nothing to say.")
    for item in content:
        if not isinstance(item["token"], str) or not float(item["logprob"]) <= 1e-3 or len(item["top_logprobs"]) != 2:
            raise Fails("It leaves out tokens, their likelihood, or the alternatives that were asked for.")


async def _schema(engine: AskedEngine) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "check", "strict": True, "schema": SCHEMA}}
    choice = await engine.choice(max_tokens=LONG, response_format=form)
    content = str(choice["message"].get("content") or "")
    if choice["finish_reason"] == "length" and content.lstrip()[:1] in ("", "{"):
        raise NotKnown("It did not come to an end within %(most)s tokens.", most=LONG)
    try:
        answer = json.loads(content)
    except ValueError:
        raise Fails("Its answer is no JSON.") from None
    if not isinstance(answer, dict) or not isinstance(answer.get("ok"), bool) or len(answer) != 1:
        raise Fails("Its answer is JSON and does not fit the schema.")


async def _tools(engine: AskedEngine) -> None:
    choice = await engine.choice(max_tokens=LONG, tools=[TOOL], tool_choice="required")
    calls = choice["message"].get("tool_calls")
    if not calls:
        if choice["finish_reason"] == "length":
            raise NotKnown("It did not come to an end within %(most)s tokens.", most=LONG)
        raise Fails("It has to call a tool and does not.")
    function = calls[0]["function"]
    if function["name"] != "ping" or not isinstance(json.loads(function["arguments"] or "{}"), dict):
        raise Fails("It calls a tool by another name, or with arguments that are no JSON object.")


async def _embeddings(engine: AskedEngine) -> None:
    data = (await engine.ask("/v1/embeddings", input=["one", "two"]))["data"]
    vectors = [item["embedding"] for item in data]
    if len(vectors) != 2 or not all(vector and all(map(math.isfinite, vector)) for vector in vectors):
        raise Fails("It gives no vector for each text, or numbers that are none.")


async def _rerank(engine: AskedEngine) -> None:
    results = (await engine.ask("/v1/rerank", query="one", documents=["one", "two"]))["results"]
    if sorted(item["index"] for item in results) != [0, 1] or not all(math.isfinite(r["relevance_score"]) for r in results):
        raise Fails("It leaves out documents, or gives scores that are no numbers.")
