"""Windows of time in which limits hold: a minute, a calendar month (UTC), always, and the present moment."""

from __future__ import annotations

import enum
from datetime import UTC, datetime
from typing import Final

MINUTE_S: Final = 60


class Period(enum.StrEnum):
    MINUTE = "minute"
    MONTH = "month"
    TOTAL = "total"
    NOW = "now"  # what is held, not what is used up: requests under way


class Windows:
    """The windows of one moment. `names[period]` is what a window is called, `ends[period]` when it ends (Unix seconds)."""

    def __init__(self, now: float) -> None:
        minute = int(now // MINUTE_S)
        day = datetime.fromtimestamp(now, UTC)
        year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
        self.names = {
            Period.MINUTE: str(minute),
            Period.MONTH: f"{day.year:04d}-{day.month:02d}",
            Period.TOTAL: "total",
            Period.NOW: "now",
        }
        self.ends: dict[Period, float | None] = {
            Period.MINUTE: float((minute + 1) * MINUTE_S),
            Period.MONTH: datetime(year, month, 1, tzinfo=UTC).timestamp(),
            Period.TOTAL: None,
            Period.NOW: None,
        }
        # From when on and until when this is so: a month ends with a minute.
        self.begin = float(minute * MINUTE_S)
        self.end = self.begin + MINUTE_S
