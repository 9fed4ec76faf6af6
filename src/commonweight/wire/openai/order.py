"""What tells the routes apart that generate, and a request of theirs that was let in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from commonweight.errors import CommonweightError
from commonweight.plans import Admitted
from commonweight.serving import Offer
from commonweight.wire.openai.answer import Answer, Document, Head, failed_early
from commonweight.wire.openai.asked import Asked
from commonweight.wire.openai.screen import Screen
from commonweight.wire.openai.witness import Witness


@dataclass(frozen=True)
class Kind:
    """
    What tells the routes apart that generate. `path` is the engine's, `prompt_field` what its refusals are about.

    `failed_early` is the event for an error before there is an answer, once a stream has begun. `keep` is awaited with
    the finished answer and its usage before the last bytes go out: by a retention decision only.
    """

    path: str
    id_prefix: str
    prompt_field: str
    answer: Callable[[Head, Asked], Answer]
    failed_early: Callable[[CommonweightError], bytes] = failed_early
    route: str = "chat.completions"  # as the ledger names it
    keep: Callable[[Answer, Document | None], Awaitable[None]] | None = None


class Order(NamedTuple):
    """
    A request that was let in. `receipts` are headers that say what answers and under which terms; `written` is what it asks
    of an engine as JSON, empty where that was not written for the bounds.
    """

    kind: Kind
    asked: Asked
    offer: Offer
    admitted: Admitted
    receipts: Mapping[str, str]
    witness: Witness | None = None
    screen: Screen | None = None  # where guardrails look at the answer
    written: bytes = b""
