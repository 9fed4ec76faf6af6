"""Remotes that are left alone for a while, as this process sees them: they failed again and again, or asked for it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from commonweight.serving.line.breaker import Breaker
from commonweight.serving.remote.errors import RemoteBusy

log = logging.getLogger(__name__)


@dataclass
class _Health:
    base_url: str
    breaker: Breaker = field(default_factory=Breaker)
    asked_until: float = 0.0  # its own word, by `Retry-After`


class Resting:
    """
    By the name of each remote. A changed address begins anew.

    What a remote said of one request holds for all of them: it counts by the key that is kept here, and knows nothing of
    ours.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._known: dict[str, _Health] = {}

    def rests(self, name: str, base_url: str) -> bool:
        """Whether it is not to be asked now."""
        return self._until(self._of(name, base_url)) > self._now()

    def begin(self, name: str, base_url: str) -> None:
        """A request goes there. Raises RemoteBusy while it is left alone."""
        health, now = self._of(name, base_url), self._now()
        until = self._until(health)
        if until > now:
            why = "it has asked for that" if health.asked_until >= until else "it failed several times in a row"
            raise RemoteBusy(f"The remote {name!r} is left alone for {until - now:.0f} s: {why}.", until - now)
        if not health.breaker.lets_pass(now):
            raise RemoteBusy(f"The remote {name!r} failed several times in a row; one request tries it again now.", 1.0)
        health.breaker.began()

    def end(self, name: str, base_url: str, outcome: bool | None, rest: float) -> None:
        """It answered, failed, or (None) nothing can be said. `rest`: the seconds for which it asked to be left alone."""
        health, now = self._of(name, base_url), self._now()
        health.asked_until = max(health.asked_until, now + rest if rest else 0.0)
        if outcome is None:
            health.breaker.abandoned()
        elif outcome:
            health.breaker.succeeded()
        else:
            health.breaker.failed(now)
            if not health.breaker.lets_pass(now):
                log.warning("the remote %r fails again and again; it is left alone for a while", name)

    def _until(self, health: _Health) -> float:
        return max(health.asked_until, health.breaker.rests_until())

    def _of(self, name: str, base_url: str) -> _Health:
        known = self._known.get(name)
        if known is None or known.base_url != base_url:
            known = self._known[name] = _Health(base_url)
        return known
