"""Shares of slots between processes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from commonweight.serving.line import Wish, share_of

wishes = st.builds(Wish, st.integers(0, 12), st.integers(0, 6), st.sampled_from([1.0, 2.0, 5.0]))


def shares(all_wishes: list[Wish], slots: int) -> list[int]:
    """What each process works out for itself."""
    named = {str(number): wish for number, wish in enumerate(all_wishes)}
    return [share_of(wish, {k: v for k, v in named.items() if k != name}, slots).total for name, wish in named.items()]


@given(wishes, st.integers(1, 32))
def test_a_process_alone_may_use_every_slot(mine: Wish, slots: int) -> None:
    assert share_of(mine, {}, slots).total == slots


@given(st.lists(wishes, min_size=2, max_size=5), st.integers(1, 16))
def test_under_pressure_no_more_requests_run_than_there_are_slots_or_processes(of: list[Wish], slots: int) -> None:
    if sum(wish.interactive for wish in of) > slots:
        running = [min(wish.interactive, share) for wish, share in zip(of, shares(of, slots), strict=True)]
        assert sum(running) <= max(slots, len(of)) + len(of)
        assert all(share >= 1 for share in shares(of, slots))


@given(st.lists(wishes, min_size=1, max_size=5), st.integers(1, 16))
def test_no_slot_stays_idle_while_somebody_asks_for_one(of: list[Wish], slots: int) -> None:
    running = [min(wish.interactive, share) for wish, share in zip(of, shares(of, slots), strict=True)]
    assert sum(running) >= min(slots, sum(wish.interactive for wish in of))


def test_two_processes_under_pressure_share_by_the_weight_of_their_accounts() -> None:
    heavy, light = Wish(50, 0, 3.0), Wish(50, 0, 1.0)
    assert share_of(heavy, {"other": light}, 8).total == 6
    assert share_of(light, {"other": heavy}, 8).total == 2


def test_batches_take_what_is_idle_and_leave_a_slot_free() -> None:
    assert share_of(Wish(0, 9), {}, 4).batch == 3
    assert share_of(Wish(0, 9), {"web": Wish(2, 0, 1.0)}, 4).batch == 1
    assert share_of(Wish(0, 9), {"web": Wish(4, 0, 1.0)}, 4).batch == 0
    assert share_of(Wish(0, 9), {}, 1).batch == 1
