"""
The program of the mock engine's process.

    python -m commonweight.serving.engines.mock_main --name NAME --context 4096 --delay-ms 0 --start-ms 0

It answers every prompt with `word0 word1 …`: as many words as `max_tokens` asks for, eight where it does not ask. A
prompt counts one token per word. The words `mock:think` in a prompt have it think one word first, `mock:call` calls the
first tool with `{"city": "Oslo"}`, others have it fail (`mock_faults`). What stands behind `mock:say ` in the last message
is what it says (and thinks, and calls with) instead, three characters at a time. A prompt longer than the context gets
llama.cpp's refusal. Routes: /health, /slots, /v1/chat/completions, /v1/completions, streamed and not.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from commonweight.serving.engines.llamacpp_main import HOST_VARIABLE, KEY_VARIABLE, announce, tie_to_parent, url_of
from commonweight.serving.engines.mock_faults import FAILS_AT, Fault, Faults

DEFAULT_WORDS = 8
THINK = "mock:think"
CALL = "mock:call"
SAY = "mock:say "
PIECE = 3  # characters of what it was told to say


@dataclass(frozen=True)
class Reply:
    """What one request gets."""

    chat: bool
    prompt_tokens: int
    words: int
    text: str
    thought: str = ""
    tool: str = ""
    said: str = ""  # what it was told to say
    counts: bool = False  # says in every chunk how far it has come, as vLLM does where it is asked to

    @classmethod
    def to(cls, body: dict[str, Any], chat: bool) -> Reply:
        text = json.dumps(body.get("messages") if chat else body.get("prompt"))
        words, said = body.get("max_tokens"), _told_to_say(body)
        tools = body.get("tools") if CALL in text and chat else None
        return cls(
            chat,
            len(text.split()),
            0 if tools else DEFAULT_WORDS if words is None else words,
            text,
            (said or "hm ") if chat and THINK in text else "",
            tools[0]["function"]["name"] if tools else "",
            said,
            bool((body.get("stream_options") or {}).get("continuous_usage_stats")),
        )

    @property
    def finish(self) -> str:
        return "tool_calls" if self.tool else "length"

    def message(self) -> dict[str, Any]:
        """The whole message of a chat."""
        said: dict[str, Any] = {"role": "assistant", "content": "".join(self.texts())}
        if self.thought:
            said["reasoning_content"] = self.thought
        if self.tool:
            function = {"name": self.tool, "arguments": "".join(self.arguments())}
            said |= {"content": None, "tool_calls": [{"id": "call_mock", "type": "function", "function": function}]}
        return said

    def openings(self) -> Iterator[dict[str, Any]]:
        """The deltas of a chat before its words: a thought, and the pieces of a call."""
        if self.thought:
            for piece in _pieces(self.thought) if self.said else (self.thought,):
                yield {"reasoning_content": piece}
        if self.tool:
            function = {"name": self.tool, "arguments": ""}
            yield {"tool_calls": [{"index": 0, "id": "call_mock", "type": "function", "function": function}]}
            for piece in self.arguments():
                yield {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}

    def usage(self, words: int) -> dict[str, int]:
        """After so many words."""
        total = self.prompt_tokens + words
        return {"prompt_tokens": self.prompt_tokens, "completion_tokens": words, "total_tokens": total}

    def texts(self) -> Iterator[str]:
        """The words, one by one."""
        if self.said and not self.tool:
            return iter(_pieces(self.said))
        return (f"word{i} " for i in range(self.words))

    def arguments(self) -> list[str]:
        """What a call is made with, in pieces, as engines send it."""
        return ['{"city": ', *(_pieces(json.dumps(self.said)) if self.said else ('"Oslo"',)), "}"]

    def envelope(self, choices: list[dict[str, Any]], streamed: bool) -> dict[str, Any]:
        """A whole answer, or one chunk of a stream."""
        kind = ("chat.completion.chunk" if streamed else "chat.completion") if self.chat else "text_completion"
        return {"id": "mock", "object": kind, "created": int(time.time()), "model": "mock", "choices": choices}

    def piece(self, text: str | None, finish: str | None) -> dict[str, Any]:
        """One choice of a chunk."""
        if not self.chat:
            return {"index": 0, "text": text or "", "logprobs": None, "finish_reason": finish}
        return {"index": 0, "delta": {} if text is None else {"content": text}, "finish_reason": finish}


class MockServer:
    """The routes."""

    def __init__(self, key: str, context: int, delay: float) -> None:
        self._key = key
        self._context = context
        self._delay = delay
        self._active = 0
        self._faults = Faults()

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/health", self.health)
        app.router.add_get("/slots", self.slots)
        app.router.add_post("/v1/chat/completions", self.complete)
        app.router.add_post("/v1/completions", self.complete)
        return app

    async def health(self, request: web.Request) -> web.Response:
        return web.json_response(
            {"status": "hangs" if self._faults.hangs else "ok"}, status=503 if self._faults.hangs else 200
        )

    async def slots(self, request: web.Request) -> web.Response:
        return web.json_response([{"id": i, "is_processing": True} for i in range(self._active)])

    async def complete(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("authorization") != f"Bearer {self._key}":
            return _refused(401, "Invalid API Key", "authentication_error")
        body = await request.json()
        reply = Reply.to(body, chat=request.path.endswith("chat/completions"))
        if reply.prompt_tokens > self._context:
            numbers = {"n_prompt_tokens": reply.prompt_tokens, "n_ctx": self._context}
            return _refused(400, "the prompt exceeds the context size", "exceed_context_size_error", **numbers)
        self._active += 1
        try:
            fault = self._faults.of(reply.text)
            if fault is not None and fault.is_first:
                return await self._faults.happen(fault, request)
            answer = self._stream if body.get("stream") else self._whole
            return await answer(request, reply, fault)
        finally:
            self._active -= 1

    async def _whole(self, request: web.Request, reply: Reply, fault: Fault | None) -> web.Response:
        for number, _ in enumerate(reply.texts()):
            if fault is not None and number == FAILS_AT:
                return await self._faults.happen(fault, request)
            await self._tick()
        choice: dict[str, Any] = {"index": 0, "finish_reason": reply.finish}
        text = "".join(reply.texts())
        choice |= {"message": reply.message()} if reply.chat else {"text": text, "logprobs": None}
        return web.json_response({**reply.envelope([choice], streamed=False), "usage": reply.usage(reply.words)})

    async def _stream(self, request: web.Request, reply: Reply, fault: Fault | None) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        if reply.chat:
            first = {"index": 0, "delta": {"role": "assistant", "content": None}, "finish_reason": None}
            await response.write(_event(reply.envelope([first], streamed=True)))
        for delta in reply.openings():
            choice = {"index": 0, "delta": delta, "finish_reason": None}
            await response.write(_event(reply.envelope([choice], streamed=True)))
        for number, text in enumerate(reply.texts()):
            if fault is not None and number == FAILS_AT:
                await self._faults.happen(fault, request, response)
            await self._tick()
            so_far = {"usage": reply.usage(number + 1)} if reply.counts else {}
            await response.write(_event({**reply.envelope([reply.piece(text, None)], streamed=True), **so_far}))
        await response.write(_event(reply.envelope([reply.piece(None, reply.finish)], streamed=True)))
        last = {**reply.envelope([], streamed=True), "usage": reply.usage(reply.words)}
        await response.write(_event(last) + b"data: [DONE]\n\n")
        return response

    async def _tick(self) -> None:
        if self._delay:
            await asyncio.sleep(self._delay)


def _told_to_say(body: dict[str, Any]) -> str:
    """What stands behind `mock:say ` in the last message, or in the prompt."""
    last = body["messages"][-1].get("content") if body.get("messages") else body.get("prompt")
    parts = last if isinstance(last, list) else [last]
    texts = [part.get("text", "") if isinstance(part, dict) else str(part) for part in parts]
    return "".join(texts).partition(SAY)[2]


def _pieces(text: str) -> list[str]:
    return [text[at : at + PIECE] for at in range(0, len(text), PIECE)]


def _event(document: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(document)}\n\n".encode()


def _refused(status: int, message: str, kind: str, **more: Any) -> web.Response:
    return web.json_response({"error": {"code": status, "message": message, "type": kind, **more}}, status=status)


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--name", default="mock")
    parser.add_argument("--context", type=int, default=4096)
    parser.add_argument("--delay-ms", type=float, default=0.0)
    parser.add_argument("--start-ms", type=float, default=0.0)
    parser.add_argument("--fail", default="")
    return parser.parse_args(arguments)


async def _serve(options: argparse.Namespace) -> None:
    await asyncio.sleep(options.start_ms / 1000)
    server = MockServer(os.environ.pop(KEY_VARIABLE, ""), options.context, options.delay_ms / 1000)
    runner = web.AppRunner(server.app(), handler_cancellation=True, access_log=None)
    await runner.setup()
    host = os.environ.get(HOST_VARIABLE) or "127.0.0.1"
    site = web.TCPSite(runner, host, 0)
    await site.start()
    port = runner.addresses[0][1]
    announce(base_url=url_of(host, port), engine="mock/1")
    await asyncio.Event().wait()


def main() -> None:
    """Announce the address, stay."""
    options = _parse(sys.argv[1:])
    tie_to_parent()
    if options.fail:
        sys.exit(options.fail)
    asyncio.run(_serve(options))


if __name__ == "__main__":
    main()
