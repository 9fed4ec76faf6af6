"""Who leaves when bytes run out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from commonweight.serving.budget import Held, victims

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def held(name: str, size: int, minutes: int, evictable: bool = True) -> Held:
    return Held(name, size, NOON + timedelta(minutes=minutes), evictable)


def test_nobody_leaves_while_there_is_room() -> None:
    assert victims([held("a", 40, 0)], needed=60, budget=100) == []


def test_the_one_unused_for_longest_leaves_first() -> None:
    assert victims([held("a", 40, 5), held("b", 40, 1)], needed=50, budget=100) == ["b"]


def test_no_more_leave_than_is_needed() -> None:
    assert victims([held("a", 10, 1), held("b", 60, 2), held("c", 30, 3)], needed=60, budget=100) == ["a", "b"]


def test_one_that_is_at_work_stays() -> None:
    assert victims([held("a", 90, 0, evictable=False)], needed=20, budget=100) is None
    assert victims([held("a", 50, 0, evictable=False), held("b", 50, 9)], needed=50, budget=100) == ["b"]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 99), st.booleans()), max_size=8), st.integers(0, 100))
def test_what_is_chosen_makes_room_and_is_free_to_go(given_sizes: list[tuple[int, int, bool]], needed: int) -> None:
    all_held = [held(str(i), size, minutes, free) for i, (size, minutes, free) in enumerate(given_sizes)]
    chosen = victims(all_held, needed, budget=100)
    staying = sum(one.memory_bytes for one in all_held if one.id not in (chosen or ()))
    if chosen is None:
        assert sum(one.memory_bytes for one in all_held if not one.evictable) + needed > 100
    else:
        assert staying + needed <= 100
        assert all(one.evictable for one in all_held if one.id in chosen)
