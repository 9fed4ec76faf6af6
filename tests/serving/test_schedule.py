"""When a model is warm."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from commonweight.errors import InvalidInput
from commonweight.serving import Window, read_windows
from commonweight.serving.schedule import is_warm

MORNINGS = (Window("45 7 * * 1-5", 60),)


@pytest.mark.parametrize(
    ("moment", "warm"),
    [
        (datetime(2026, 11, 30, 6, 44, tzinfo=UTC), False),  # a Monday; Madrid is an hour ahead in winter
        (datetime(2026, 11, 30, 6, 45, tzinfo=UTC), True),
        (datetime(2026, 11, 30, 7, 44, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 30, 7, 45, tzinfo=UTC), False),
        (datetime(2026, 6, 1, 5, 50, tzinfo=UTC), True),  # and two in summer
        (datetime(2026, 11, 29, 7, 0, tzinfo=UTC), False),  # a Sunday
    ],
)
def test_a_window_opens_by_the_clock_of_its_place(moment: datetime, warm: bool) -> None:
    assert is_warm(MORNINGS, "Europe/Madrid", moment) is warm


def test_a_window_that_is_longer_than_its_period_is_always_open() -> None:
    assert is_warm((Window("0 * * * *", 90),), "UTC", datetime(2026, 1, 1, 10, 59, tzinfo=UTC))


@pytest.mark.parametrize(
    ("windows", "zone", "words"),
    [
        ([{"at": "every morning"}], "UTC", "no cron expression"),
        ([{"at": "* * * * *", "minutes": 0}], "UTC", "'minutes'"),
        ([{"minutes": 5}], "UTC", "needs 'at'"),
        ([{"at": "* * * * *"}], "Mars/Olympus", "time zone"),
        ([{"at": "* * * * *"}] * 17, "UTC", "at most 16"),
    ],
)
def test_what_is_no_schedule_is_refused_and_named(windows: list[dict[str, object]], zone: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        read_windows(windows, zone)
