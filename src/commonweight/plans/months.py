"""Calendar months in UTC, and what a part of one costs: to the day, in integers, parts always add up to the whole."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from commonweight.plans.errors import InvalidPlan


@dataclass(frozen=True, order=True)
class Month:
    """`2026-11`: from its first day, 00:00 UTC, up to the first day of the next."""

    year: int
    number: int

    @classmethod
    def of(cls, moment: datetime) -> Month:
        day = moment.astimezone(UTC).date()
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, text: str) -> Month:
        """Raises InvalidPlan."""
        year, _, number = text.partition("-")
        if not (len(year) == 4 and len(number) == 2 and text.replace("-", "").isascii() and (year + number).isdigit()):
            raise InvalidPlan(f"{text!r} is no month; expected one such as 2026-11.")
        if not (1 <= int(number) <= 12 and int(year) >= 1):
            raise InvalidPlan(f"{text!r} is no month of the calendar.")
        return cls(int(year), int(number))

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"

    @property
    def days(self) -> int:
        return monthrange(self.year, self.number)[1]

    @property
    def begins(self) -> datetime:
        return datetime(self.year, self.number, 1, tzinfo=UTC)

    @property
    def ends(self) -> datetime:
        """The first moment after it."""
        return self.begins + timedelta(days=self.days)

    @property
    def next(self) -> Month:
        return Month.of(self.ends)

    @property
    def before(self) -> Month:
        return Month.of(self.begins - timedelta(days=1))

    def day(self, index: int) -> date:
        """Its day by number, from 0."""
        return date(self.year, self.number, index + 1)

    def index(self, moment: datetime) -> int:
        """Which day of it a moment lies on, from 0; those before it are 0, those after it `days`."""
        if moment < self.begins:
            return 0
        return min(self.days, (moment - self.begins).days)


def share(whole: int, month: Month, first: int, after: int) -> int:
    """
    What of a month's `whole` falls on its days `first` (from 0) up to but not including `after`.

    Each day has the same part, rounded down; what is left over falls on the first days, one each. So days that follow one
    another add up to all of them, a whole month to the whole, and no day of a dearer whole is cheaper: a change of plan and
    back never comes out below the cheaper one or above the dearer.
    """
    if not 0 <= first <= after <= month.days:
        raise InvalidPlan(f"Days {first} to {after} do not lie in {month}, which has {month.days}.")
    each, left = divmod(whole, month.days)
    return each * (after - first) + min(after, left) - min(first, left)
