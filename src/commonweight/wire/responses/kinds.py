"""How a generation makes a response."""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Final

from commonweight.wire.openai.answer import Answer, Document, Head
from commonweight.wire.openai.asked import Asked
from commonweight.wire.openai.order import Kind
from commonweight.wire.responses.answer import ID_PREFIX, ResponseAnswer, failed_early
from commonweight.wire.responses.request import ResponseAsked

ENGINE_PATH: Final = "/v1/chat/completions"

Keep = Callable[[Answer, Document | None], Awaitable[None]]


def new_id() -> str:
    """An id for a response. Those of its items are made of it."""
    return ID_PREFIX + secrets.token_hex(15)


def response_kind(
    response_id: str,
    asked: ResponseAsked,
    *,
    stored: bool,
    recorded: list[bytes] | None = None,
    keep: Keep | None = None,
) -> Kind:
    """`recorded` takes the events, `keep` is called with the whole answer before its last bytes go out."""

    def answer(head: Head, _: Asked) -> ResponseAnswer:
        making = ResponseAnswer(head._replace(id=response_id), asked, stored=stored, recorded=recorded)
        if recorded is not None and not asked.stream:
            making.begin()  # what goes out whole has its events too, for those who ask for them later
        return making

    return Kind(ENGINE_PATH, ID_PREFIX, "input", answer, failed_early, route="responses", keep=keep)


def queued_document(response_id: str, asked: ResponseAsked) -> Document:
    """What a response in the background is before anybody works on it."""
    head = Head(response_id, int(time.time()), asked.model, "")
    return {**ResponseAnswer(head, asked, stored=True).whole(None), "status": "queued", "completed_at": None}
