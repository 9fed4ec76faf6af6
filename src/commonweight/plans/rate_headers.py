"""`x-ratelimit-*`, as OpenAI's clients and gateways read them (contract, section 12)."""

from __future__ import annotations

from dataclasses import dataclass

from commonweight.plans.quotas import Meter

_NAMES = ("limit", "remaining", "reset")


def seconds_until(meter: Meter, now: float) -> float:
    """Until a limit is full again."""
    return max(0.0, meter.ends_at - now) if meter.ends_at is not None else 0.0


def duration(seconds: float) -> str:
    """`12ms`, `1s`, `6m0s`."""
    if seconds < 1:
        return f"{int(seconds * 1000)}ms"
    minutes, rest = divmod(int(seconds + 0.999), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


@dataclass(frozen=True, slots=True)
class RateHeaders:
    """By `requests` and `tokens`: limit, remaining, reset. What is not limited is left out."""

    pairs: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, requests: Meter | None, tokens: Meter | None, now: float) -> RateHeaders:
        pairs: list[tuple[str, str]] = []
        for what, meter in (("requests", requests), ("tokens", tokens)):
            if meter is None:
                continue
            full = meter.remaining >= meter.limit
            values = (str(meter.limit), str(meter.remaining), duration(0.0 if full else seconds_until(meter, now)))
            pairs += [(f"x-ratelimit-{name}-{what}", value) for name, value in zip(_NAMES, values, strict=True)]
        return cls(tuple(pairs))

    def as_asgi(self) -> list[tuple[bytes, bytes]]:
        return [(name.encode(), value.encode()) for name, value in self.pairs]

    def as_dict(self) -> dict[str, str]:
        return dict(self.pairs)
