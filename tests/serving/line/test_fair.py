"""The fairness of the queue, over any requests of any accounts."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from commonweight.serving.line import FairQueue, Lane, PlainTicket

weights = st.sampled_from([0.5, 1.0, 2.0, 3.0, 10.0])
lanes = st.sampled_from(list(Lane))
arrivals = st.lists(st.tuples(st.integers(0, 4), lanes, st.booleans()), max_size=60)  # account, lane, serve one afterwards


def drained(queue: FairQueue[int], lane: Lane) -> list[int]:
    return [what for _ in range(queue.waiting(lane)) if (what := queue.pop(lane)) is not None]


@given(st.lists(weights, min_size=2, max_size=5), st.integers(1, 40))
def test_accounts_that_wait_are_served_by_weight_within_one_request_each(of: list[float], rounds: int) -> None:
    """However much each has queued: here all have more waiting than is ever served."""
    queue: FairQueue[int] = FairQueue()
    for account, weight in enumerate(of):
        for _ in range(rounds):
            queue.push(account, PlainTicket(account, weight))
    served = [0] * len(of)
    for _ in range(rounds):
        account = queue.pop(Lane.INTERACTIVE)
        assert account is not None
        served[account] += 1
        for one, other in pairwise(range(len(of))):
            apart = abs(served[one] / of[one] - served[other] / of[other])
            assert apart <= 1 / of[one] + 1 / of[other] + 1e-9


@given(st.integers(1, 200), weights)
def test_a_newcomer_waits_for_one_request_of_a_flood_by_an_equal(flood: int, weight: float) -> None:
    queue: FairQueue[str] = FairQueue()
    for _ in range(flood):
        queue.push("flood", PlainTicket(1, weight))
    queue.pop(Lane.INTERACTIVE)
    place = queue.push("newcomer", PlainTicket(2, weight))
    assert queue.position(place) <= 2


@given(arrivals)
def test_each_account_is_served_in_the_order_of_its_requests(requests: list[tuple[int, Lane, bool]]) -> None:
    queue: FairQueue[tuple[int, int]] = FairQueue()
    served: dict[tuple[int, Lane], list[int]] = {}
    for number, (account, lane, serve) in enumerate(requests):
        queue.push((account, number), PlainTicket(account, 1.0 + account, lane))
        if serve and (what := queue.pop(lane)):
            served.setdefault((what[0], lane), []).append(what[1])
    for lane in Lane:
        while what := queue.pop(lane):
            served.setdefault((what[0], lane), []).append(what[1])
    assert all(numbers == sorted(numbers) for numbers in served.values())
    assert sum(map(len, served.values())) == len(requests)


@given(arrivals)
def test_the_position_is_how_many_are_served_up_to_it(requests: list[tuple[int, Lane, bool]]) -> None:
    queue: FairQueue[int] = FairQueue()
    places = [
        (number, queue.push(number, PlainTicket(account, 1.0 + account, lane)))
        for number, (account, lane, _) in enumerate(requests)
    ]
    positions = {number: queue.position(place) for number, place in places}
    order = drained(queue, Lane.INTERACTIVE) + drained(queue, Lane.BATCH)
    assert [positions[number] for number in order] == list(range(1, len(order) + 1))


@given(arrivals, st.data())
def test_one_that_leaves_is_never_served_and_the_rest_keep_their_order(
    requests: list[tuple[int, Lane, bool]], data: st.DataObject
) -> None:
    queue: FairQueue[int] = FairQueue()
    tickets = [PlainTicket(account, 1.0, lane) for account, lane, _ in requests]
    places = [queue.push(number, ticket) for number, ticket in enumerate(tickets)]
    leaving = data.draw(st.sets(st.sampled_from(range(len(places))))) if places else set()
    before = sorted(range(len(places)), key=lambda number: queue.position(places[number]))
    assert all(queue.remove(places[number]) for number in leaving)
    assert not any(queue.remove(places[number]) for number in leaving)
    assert drained(queue, Lane.INTERACTIVE) + drained(queue, Lane.BATCH) == [n for n in before if n not in leaving]


def test_a_batch_stands_behind_everything_interactive() -> None:
    queue: FairQueue[str] = FairQueue()
    batch = queue.push("batch", PlainTicket(1, 100.0, Lane.BATCH))
    queue.push("person", PlainTicket(2, 0.1))
    assert queue.position(batch) == 2
    assert queue.waiting(Lane.INTERACTIVE) == queue.waiting(Lane.BATCH) == 1


def test_time_without_requests_earns_nothing() -> None:
    """An account that was away for a thousand requests of another has one turn first, not a thousand."""
    queue: FairQueue[str] = FairQueue()
    for _ in range(1000):
        queue.push("busy", PlainTicket(1))
        queue.pop(Lane.INTERACTIVE)
    for _ in range(3):
        queue.push("busy", PlainTicket(1))
        queue.push("back", PlainTicket(2))
    order = [queue.pop(Lane.INTERACTIVE) for _ in range(6)]
    assert sorted(map(str, order[:2])) == ["back", "busy"]
    assert sorted(map(str, order[2:4])) == ["back", "busy"]
