"""What is written down of one request, and how it is added up."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from commonweight.plans.lender import Place

HOUR_S: Final = 3600
MINUTE_S: Final = 60

#: Of a record, in order. `spent` lists [limit, window, amount] of what has to be remembered as used up.
FIELDS: Final = (
    "at",  # Unix seconds
    "payer_id",
    "account_id",
    "token_id",
    "repository",
    "commit",
    "plan_id",
    "plan_version",
    "subscription_id",
    "use_id",
    "route",
    "currency",
    "publisher_id",
    "prompt_tokens",
    "cached_tokens",
    "completion_tokens",
    "included_tokens",
    "cost",
    "engine_micros",
    "spent",
)
KEYS: Final = ("hour", *FIELDS[1:12])
SUMS: Final = ("requests", *FIELDS[13:19])
#: What tells rows by the minute apart: neither version nor subscription, which statements alone ask for.
MINUTE_KEYS: Final = ("minute", *(name for name in KEYS[1:] if name not in ("plan_version", "subscription_id")))
_MINUTE_PLACES: Final = [KEYS.index(name) for name in MINUTE_KEYS[1:]]


class Summed:
    """Records added up as they come, so that a million of them need no more memory than one."""

    def __init__(self) -> None:
        self._minutes: dict[tuple[Any, ...], list[int]] = {}  # by minute, all keys, publisher
        self.spent: dict[Place, int] = {}  # by limit and window, what was used up

    def add(self, record: list[Any]) -> None:
        key = (int(record[0]) // MINUTE_S, *record[1:13])
        sums = self._minutes.get(key)
        if sums is None:
            sums = self._minutes[key] = [0] * len(SUMS)
        sums[0] += 1
        for i, amount in enumerate(record[13:19], 1):
            sums[i] += amount
        for name, window, amount in record[19]:
            self.spent[name, window] = self.spent.get((name, window), 0) + amount

    def hours(self) -> list[dict[str, Any]]:
        """Rows of the ledger, each key once."""
        publishers: dict[tuple[Any, ...], int] = {}
        rows: dict[tuple[Any, ...], list[int]] = {}
        for (minute, *key, publisher), sums in self._minutes.items():
            hour = (minute * MINUTE_S // HOUR_S * HOUR_S, *key)
            publishers[hour] = publisher
            rows[hour] = _added(rows.get(hour), sums)
        return [{**_row(KEYS, key, sums), "publisher_id": publishers[key]} for key, sums in rows.items()]

    def minutes(self) -> list[dict[str, Any]]:
        """Rows of the ledger by the minute, each key once."""
        rows: dict[tuple[Any, ...], list[int]] = {}
        for key, sums in self._minutes.items():
            minute = (key[0] * MINUTE_S, *(key[place] for place in _MINUTE_PLACES))
            rows[minute] = _added(rows.get(minute), sums)
        return [_row(MINUTE_KEYS, key, sums) for key, sums in rows.items()]


def _added(one: list[int] | None, other: list[int]) -> list[int]:
    return other if one is None else [a + b for a, b in zip(one, other, strict=True)]


def _row(names: tuple[str, ...], key: tuple[Any, ...], sums: list[int]) -> dict[str, Any]:
    """`key` begins with Unix seconds."""
    values = (datetime.fromtimestamp(key[0], UTC), *key[1:], *sums)
    return dict(zip((*names, *SUMS), values, strict=True))
