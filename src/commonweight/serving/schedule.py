"""When a model is to be warm: cron expressions in a time zone, each for so many minutes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from commonweight.errors import InvalidInput

MAX_MINUTES = 7 * 24 * 60  # a week; what is longer is a pin
MAX_WINDOWS = 16  # of one model: each is looked at every few seconds


@dataclass(frozen=True)
class Window:
    """From each moment of a cron expression (`45 7 * * 1-5`) on, for some minutes."""

    at: str
    minutes: int


def is_warm(windows: Sequence[Window], time_zone: str, now: datetime) -> bool:
    """Whether a moment lies in one of the windows."""
    local = now.astimezone(ZoneInfo(time_zone))
    return any(_covers(window, local) for window in windows)


def _covers(window: Window, local: datetime) -> bool:
    """The first moment of the expression after the earliest that could still cover this one, is it there already?"""
    earliest = local - timedelta(minutes=window.minutes)
    try:
        return next(CronSim(window.at, earliest)) <= local
    except StopIteration:  # `0 0 30 2 *` never comes
        return False


def read_windows(documents: Sequence[Mapping[str, Any]], time_zone: str) -> tuple[Window, ...]:
    """From `[{"at": "45 7 * * 1-5", "minutes": 60}]`. Raises InvalidInput."""
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise InvalidInput(f"There is no time zone {time_zone!r}.", hint="Name one like Europe/Madrid, or UTC.") from None
    if len(documents) > MAX_WINDOWS:
        raise InvalidInput(f"{len(documents)} windows came; at most {MAX_WINDOWS} are kept for a model.")
    return tuple(_window(document) for document in documents)


def _window(document: Mapping[str, Any]) -> Window:
    at, minutes = document.get("at"), document.get("minutes", 60)
    if not isinstance(at, str):
        raise InvalidInput(f"A window needs 'at', a cron expression; {at!r} came.", hint="Such as 45 7 * * 1-5.")
    if not isinstance(minutes, int) or not 1 <= minutes <= MAX_MINUTES:
        raise InvalidInput(f"'minutes' of a window is {minutes!r}; expected 1 to {MAX_MINUTES}.")
    try:
        CronSim(at, datetime(2026, 1, 1))
    except CronSimError as error:
        raise InvalidInput(f"{at!r} is no cron expression: {error}.", hint="Such as 45 7 * * 1-5.") from None
    return Window(at, minutes)
