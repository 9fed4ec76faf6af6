"""What a request asks of accounting, and what it gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

INTERACTIVE: Final = "interactive"
BATCH: Final = "batch"


@dataclass(frozen=True, slots=True)
class Demand:
    """
    What a request may come to at most. `kind` is the route (`chat.completions`), `name` the model as the caller wrote it,
    `address` the caller's. Tokens are bounds: of the prompt from its bytes, of the answer from `max_tokens` or the context.
    """

    kind: str
    prompt_tokens_at_most: int
    completion_tokens_at_most: int
    address: str = ""
    name: str = ""
    lane: str = INTERACTIVE

    @property
    def tokens(self) -> int:
        return self.prompt_tokens_at_most + self.completion_tokens_at_most


@dataclass(frozen=True, slots=True)
class Ticket:
    """By which the queue of a model orders requests: whose, how heavy, in which lane."""

    account_id: int
    weight: int
    lane: str = INTERACTIVE
