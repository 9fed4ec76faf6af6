"""How many tokens a prompt has, by the engine's own template and tokenizer."""

from __future__ import annotations

from typing import Any

import orjson

from commonweight.serving import EngineLost, Offer, Replica
from commonweight.wire.openai.answer import Document
from commonweight.wire.openai.asked import Asked
from commonweight.wire.openai.call import Call
from commonweight.wire.openai.engine_talk import CHAT_PATH
from commonweight.wire.openai.upstream import Upstream


class Counter:
    """Asks an engine to write the prompt and to take it apart. Nothing is generated."""

    def __init__(self, upstream: Upstream, wait: float) -> None:
        self._upstream = upstream
        self._wait = wait

    async def tokens(self, offer: Offer, asked: Asked) -> int:
        """
        The tokens of the prompt that a chat request becomes: exactly what its `usage` would say.

        Raises what `Upstream.ask` raises, also where the engine does not offer it.
        """
        if asked.media:
            return await self._read(offer, asked.upstream)
        written = await self._ask(offer, "/apply-template", asked.upstream)
        prompt = written.get("prompt")
        if not isinstance(prompt, str):
            raise EngineLost("The engine did not say what the prompt becomes.")
        said = await self._ask(offer, "/tokenize", {"content": prompt, "add_special": True, "parse_special": True})
        tokens = said.get("tokens")
        if not isinstance(tokens, list):
            raise EngineLost("The engine did not take the prompt apart.")
        return len(tokens)

    async def _read(self, offer: Offer, chat: Document) -> int:
        """What pictures become is known to whoever has looked at them: the prompt is read, and one token thrown away."""
        fields = {"messages": chat["messages"], "max_tokens": 1, "stream": False}
        usage = (await self._ask(offer, CHAT_PATH, fields)).get("usage") or {}
        if not isinstance(usage.get("prompt_tokens"), int):
            raise EngineLost("The engine did not say how long the prompt is.")
        return int(usage["prompt_tokens"])

    async def _ask(self, offer: Offer, path: str, body: Document) -> dict[str, Any]:
        def written(_: Replica) -> bytes:
            return orjson.dumps(body)

        async with self._upstream.ask(Call(offer.servable, path, written, "input"), self._wait, _silent) as opened:
            document = await opened.document()
        if not isinstance(document, dict):
            raise EngineLost("The engine's answer was no JSON object.")
        return document


async def _silent(text: str) -> None:
    """A count has nowhere to put comments."""
