"""What checks of an engine are made of: requests to it, and what comes of one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp

from commonweight.serving.addressing import addressing
from commonweight.serving.engines import Address

WORDS: Final = 8  # tokens of a plain answer
CHAT: Final = "/v1/chat/completions"
ASK: Final = [{"role": "user", "content": "Count from one to five."}]

_NOT_ITS_FAULT: Final = ("exceed_context_size_error", "does not match the expected")  # llama.cpp's words

Document = dict[str, Any]


class Sentence(Exception):
    """A reason, in words that a catalogue can translate: with places like `%(status)s` for what differs."""

    def __init__(self, reason: str, **values: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.values = values


class Fails(Sentence):
    """The engine does not keep to it; the sentence says how."""


class NotKnown(Sentence):
    """The model did not come far enough to tell."""


@dataclass(frozen=True)
class Result:
    """Of one check. `ok` is None where it could not be told. `values` stand in the places of the reason."""

    ok: bool | None
    reason: str = ""
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """The reason in English."""
        return self.reason % self.values if self.values else self.reason


class AskedEngine:
    """Asks an engine for its model, without adapters."""

    def __init__(self, session: aiohttp.ClientSession, address: Address) -> None:
        self._session = session
        self._address = address

    async def ask(self, path: str, **body: Any) -> Document:
        """A whole answer. Raises Fails with what a refusal says."""
        document = json.loads(await self.text(path, **body))
        if not isinstance(document, dict):
            raise Fails("The answer is no JSON object.")
        return document

    async def text(self, path: str, **body: Any) -> str:
        """The body of an answer, of a stream to its end."""
        headers = {"authorization": f"Bearer {self._address.api_key}", "connection": "close"}
        body |= addressing(self._address.traits)
        async with self._session.post(self._address.base_url + path, json=body, headers=headers) as response:
            text = await response.text()
            if any(word in text for word in _NOT_ITS_FAULT):
                raise NotKnown("The check does not fit into its context, or its words were cut off in the middle.")
            if response.status != 200:
                raise Fails("It answers with status %(status)s.", status=response.status)
            return text

    async def choice(self, **body: Any) -> Document:
        """The one choice of a chat."""
        choice: Document = (await self.ask(CHAT, messages=ASK, temperature=0, **body))["choices"][0]
        return choice
