"""What asks for a place at a model needs: the router's side of requests, whoever implements it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from commonweight.serving.line import Ask
from commonweight.serving.loading import OnProgress
from commonweight.serving.models import ServableModel
from commonweight.serving.replica import Replica


class OneSeat(Protocol):
    """A slot at a replica. `leave` it exactly once."""

    replica: Replica

    @property
    def position(self) -> int:
        """In the queue when it came; 0: it did not wait."""
        ...

    def count(self, tokens: int) -> None:
        """Tokens that the engine has sent, about."""
        ...

    def leave(self, outcome: bool | None, rest: float = 0.0) -> None:
        """
        It is over: the replica answered, failed, or (None) nothing can be said of it. `rest`: for so many seconds it has
        asked to be left alone, as only remotes do.
        """
        ...


class Seats(Protocol):
    """See `Router` for what each does and raises."""

    async def seat(self, model: ServableModel, ask: Ask, wait: float, on_progress: OnProgress | None = None) -> OneSeat: ...

    async def lease_for(self, model: ServableModel, wait: float, on_progress: OnProgress | None = None) -> Replica: ...

    async def is_ready(self, model: ServableModel) -> bool: ...

    def others_ready(self, model: ServableModel, avoid: Collection[str]) -> bool: ...

    async def lost(self, replica: Replica, gone: bool) -> None: ...
