"""A circuit breaker for one replica: after failures in a row it is left alone for a while, then tried with one request."""

from __future__ import annotations

FAILURES = 3  # in a row: one or two may be the request's own fault
FIRST_REST_S, LAST_REST_S = 2.0, 30.0  # an engine that is being restarted is back within seconds; doubled each time


class Breaker:
    """Closed (all pass), open (none), half-open (one). Times are readings of one monotonic clock, in seconds."""

    def __init__(self) -> None:
        self._failed = 0
        self._rest = FIRST_REST_S
        self._until = 0.0
        self._probing = False

    def lets_pass(self, now: float) -> bool:
        """Whether a request may go there. Changes nothing."""
        return self._failed < FAILURES or (now >= self._until and not self._probing)

    def rests_until(self) -> float:
        """When it may be tried again."""
        return self._until

    def began(self) -> None:
        """A request goes there; while the breaker is open it is the probe."""
        if self._failed >= FAILURES:
            self._probing = True

    def succeeded(self) -> None:
        self._failed, self._rest, self._probing = 0, FIRST_REST_S, False

    def abandoned(self) -> None:
        """The request ended without telling anything about the replica: its client left."""
        self._probing = False

    def failed(self, now: float) -> None:
        self._probing = False
        self._failed += 1
        if self._failed >= FAILURES:
            self._until = now + self._rest
            self._rest = min(self._rest * 2, LAST_REST_S)
