"""Who leaves when bytes run out: what is cheapest to do without, and nobody in vain."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from commonweight.serving.budget import HALF_LIFE_S, Held, Interest, victims

engines = st.lists(
    st.builds(
        Held,
        st.uuids().map(str),
        st.integers(1, 100),
        st.floats(0.5, 300),
        st.floats(0, 1),
        st.booleans(),
    ),
    max_size=8,
)


def held(name: str, size: int, seconds: float = 10.0, chance: float = 0.5, evictable: bool = True) -> Held:
    return Held(name, size, seconds, chance, evictable)


@given(engines, st.integers(1, 300), st.integers(1, 400))
def test_what_leaves_is_enough_may_leave_and_leaves_not_in_vain(of: list[Held], needed: int, budget: int) -> None:
    chosen = victims(of, needed, budget)
    by_id = {one.id: one for one in of}
    free = budget - sum(one.memory_bytes for one in of)
    if chosen is None:
        assert free + sum(one.memory_bytes for one in of if one.evictable) < needed
        return
    assert all(by_id[name].evictable for name in chosen)
    freed = sum(by_id[name].memory_bytes for name in chosen)
    assert free + freed >= needed
    assert all(free + freed - by_id[name].memory_bytes < needed for name in chosen)


def test_what_fits_evicts_nobody() -> None:
    assert victims([held("a", 40)], 50, 100) == []


def test_the_model_that_is_wanted_less_leaves() -> None:
    assert victims([held("idle", 50, chance=0.1), held("loved", 50, chance=0.9)], 50, 100) == ["idle"]


def test_the_model_that_is_back_sooner_leaves() -> None:
    assert victims([held("slow", 50, 120.0), held("quick", 50, 2.0)], 50, 100) == ["quick"]


def test_seconds_are_set_against_bytes_freed() -> None:
    """The large one takes longer to load, but a small one alone would free too little, and per byte it is cheaper."""
    assert victims([held("large", 80, 20.0), held("small", 10, 5.0), held("other", 10, 5.0)], 20, 100) == ["large"]


def test_a_cheap_small_one_stays_where_it_would_go_in_vain() -> None:
    assert victims([held("tiny", 1, 0.1), held("large", 90)], 50, 100) == ["large"]


def test_interest_fades_and_grows_with_use() -> None:
    interest = Interest(0.0)
    fresh, later = interest.chance(0.0), interest.chance(HALF_LIFE_S)
    assert 0.4 < fresh < 0.6
    assert later < fresh
    interest.add(20, HALF_LIFE_S)
    assert interest.chance(HALF_LIFE_S) > 0.99
