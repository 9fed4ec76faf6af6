"""`x-ratelimit-*`, as OpenAI's clients and gateways read them (contract, section 12)."""

from __future__ import annotations

from commonweight.plans.quotas import Meter

_REQUESTS = (b"x-ratelimit-limit-requests", b"x-ratelimit-remaining-requests", b"x-ratelimit-reset-requests")
_TOKENS = (b"x-ratelimit-limit-tokens", b"x-ratelimit-remaining-tokens", b"x-ratelimit-reset-tokens")


def seconds_until(meter: Meter, now: float) -> float:
    """Until a limit is full again."""
    return max(0.0, meter.ends_at - now) if meter.ends_at is not None else 0.0


def duration(seconds: float) -> str:
    """`12ms`, `1s`, `6m0s`."""
    if seconds < 1:
        return f"{int(seconds * 1000)}ms"
    minutes, rest = divmod(int(seconds + 0.999), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def rate_headers(requests: Meter | None, tokens: Meter | None, now: float) -> list[tuple[bytes, bytes]]:
    """Limit, remaining and reset, for ASGI. What is not limited is left out. `now` in Unix seconds."""
    found: list[tuple[bytes, bytes]] = []
    for (limit, remaining, reset), meter in ((_REQUESTS, requests), (_TOKENS, tokens)):
        if meter is not None:
            left = meter.remaining
            wait = "0ms" if left >= meter.limit else duration(seconds_until(meter, now))
            found += ((limit, b"%d" % meter.limit), (remaining, b"%d" % left), (reset, wait.encode()))
    return found
