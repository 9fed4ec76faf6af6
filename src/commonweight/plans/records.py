"""What is written down of one request, and how it is added up."""

from __future__ import annotations

from collections.abc import Iterable
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
_PUBLISHER: Final = FIELDS.index("publisher_id")


def hours_of(records: Iterable[list[Any]]) -> list[dict[str, Any]]:
    """Rows of the ledger, each key once."""
    rows: dict[tuple[Any, ...], list[int]] = {}
    publishers: dict[tuple[Any, ...], int] = {}
    for record in records:
        key = (int(record[0]) // HOUR_S, *record[1:12])
        publishers[key] = record[_PUBLISHER]
        sums = rows.setdefault(key, [0] * len(SUMS))
        sums[0] += 1
        for i, amount in enumerate(record[13:19], 1):
            sums[i] += amount
    return [
        dict(zip(KEYS, (datetime.fromtimestamp(key[0] * HOUR_S, UTC), *key[1:]), strict=True))
        | {"publisher_id": publishers[key]}
        | dict(zip(SUMS, sums, strict=True))
        for key, sums in rows.items()
    ]


#: What tells rows by the minute apart: neither version nor subscription, which statements alone ask for.
MINUTE_KEYS: Final = ("minute", *(name for name in KEYS[1:] if name not in ("plan_version", "subscription_id")))


def minutes_of(records: Iterable[list[Any]]) -> list[dict[str, Any]]:
    """Rows of the ledger by the minute, each key once."""
    rows: dict[tuple[Any, ...], list[int]] = {}
    places = [FIELDS.index(name) for name in MINUTE_KEYS[1:]]
    for record in records:
        key = (int(record[0]) // MINUTE_S, *(record[place] for place in places))
        sums = rows.setdefault(key, [0] * len(SUMS))
        for i, amount in enumerate((1, *record[13:19])):
            sums[i] += amount
    return [
        dict(zip(MINUTE_KEYS, (datetime.fromtimestamp(key[0] * MINUTE_S, UTC), *key[1:]), strict=True))
        | dict(zip(SUMS, sums, strict=True))
        for key, sums in rows.items()
    ]


def spent_of(records: Iterable[list[Any]]) -> dict[Place, int]:
    """By limit and window, what was used up."""
    found: dict[Place, int] = {}
    for record in records:
        for name, window, amount in record[19]:
            found[name, window] = found.get((name, window), 0) + amount
    return found
