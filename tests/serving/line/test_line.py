"""The line at one model: slots, replicas, who waits."""

from __future__ import annotations

import asyncio
from itertools import count

from commonweight.serving.line import Ask, Blocks, Lane, Line, PlainTicket, Wish, blocks_of
from commonweight.serving.line.breaker import FAILURES, FIRST_REST_S, Breaker
from commonweight.serving.replica import Replica, State
from tests.serving.world import model


class Time:
    """Stands still until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def replica(name: str, slots: int = 2) -> Replica:
    return Replica(name, model(), State.READY, slots=slots)


def line(*replicas: Replica, others: dict[str, Wish] | None = None, time: Time | None = None) -> Line:
    made = Line(time or Time())
    made.know(replicas, others or {}, {})
    return made


def taken(of: Line, ask: Ask | None = None) -> str:
    seat = of.take(ask or Ask())
    return seat.id if seat else ""


def about(text: str) -> Ask:
    blocks: Blocks = blocks_of(text.encode())
    return Ask(prompt=lambda: blocks)


async def test_requests_spread_over_replicas_and_stop_at_their_slots() -> None:
    one = line(replica("a"), replica("b"))
    assert sorted(taken(one) for _ in range(4)) == ["a", "a", "b", "b"]
    assert taken(one) == ""


async def test_what_others_have_under_way_counts_as_load() -> None:
    one = line(replica("a", 4), replica("b", 4))
    one.know([replica("a", 4), replica("b", 4)], {"other": Wish(3, 0, 1.0)}, {"a": 3})
    assert taken(one) == "b"


async def test_a_prompt_goes_where_its_beginning_is_warm_unless_that_is_clearly_busier() -> None:
    one, story, other = line(replica("a", 8), replica("b", 8)), about("fox " * 400), about("hen " * 400)
    warm = taken(one, story)
    assert taken(one, other) != warm
    assert taken(one, story) == warm
    assert taken(one, story) == warm
    assert taken(one, story) != warm, "it has three requests by now, the other one"


async def test_processes_that_know_nothing_prefer_the_same_replica_for_a_prompt() -> None:
    for text in ("fox " * 400, "hen " * 400, "owl " * 400):
        first, second = line(replica("a"), replica("b")), line(replica("b"), replica("a"))
        assert taken(first, about(text)) == taken(second, about(text))


async def test_a_slot_that_comes_free_goes_to_the_next_in_the_queue() -> None:
    one = line(replica("a", 1))
    seat = one.take(Ask())
    assert seat is not None
    heavy, light = Ask(PlainTicket(1, 5.0)), Ask(PlainTicket(2, 1.0))
    places = [one.join(light), one.join(light), one.join(heavy), one.join(heavy)]
    assert [place.position for place in places] == [1, 4, 2, 3]
    assert one.take(heavy) is None, "nobody overtakes the queue"
    one.leave(seat, Ask(), True, 1.0)
    assert await places[0].seat(1.0) == seat
    assert await places[2].seat(0.01) is None


async def test_one_that_gives_up_passes_its_slot_on() -> None:
    one = line(replica("a", 1))
    seat = one.take(Ask())
    assert seat is not None
    first, second = one.join(Ask()), one.join(Ask())
    one.leave(seat, Ask(), True, 1.0)
    first.give_up()
    assert await second.seat(1.0) == seat
    assert one.queued == 0


async def test_batches_wait_while_a_person_does_and_fill_what_is_idle() -> None:
    one, batch = line(replica("a", 3)), Ask(PlainTicket(1, 1.0, Lane.BATCH))
    assert [taken(one, batch) for _ in range(3)] == ["a", "a", ""]
    assert taken(one) == "a"
    waiting_batch, person = one.join(batch), one.join(Ask())
    one.leave(replica("a", 3), batch, True, 1.0)
    assert await person.seat(1.0)
    assert await waiting_batch.seat(0.01) is None


async def test_a_replica_that_fails_is_left_alone_and_tried_with_one_request() -> None:
    time = Time()
    one = line(replica("a", 4), time=time)
    for _ in range(FAILURES):
        seat = one.take(Ask())
        assert seat is not None
        one.leave(seat, Ask(), False, 0.1)
    assert taken(one) == ""
    assert one.rests_until() == FIRST_REST_S
    time.now = FIRST_REST_S
    assert taken(one) == "a"
    assert taken(one) == "", "one probe at a time"
    one.leave(replica("a", 4), Ask(), True, 0.1)
    assert taken(one) == "a"


def test_a_breaker_rests_longer_each_time_and_forgets_after_a_success() -> None:
    breaker, rests = Breaker(), []
    for _ in range(FAILURES + 2):
        breaker.failed(0.0)
        rests.append(breaker.rests_until())
    assert rests[-3:] == [2.0, 4.0, 8.0]
    breaker.succeeded()
    assert breaker.lets_pass(0.0)


async def test_a_replica_that_goes_keeps_its_requests_until_they_end() -> None:
    one, numbers = line(replica("a")), count()
    seat = one.take(Ask())
    assert seat is not None
    one.know([replica("b")], {}, {})
    assert one.under_way() == {"a": 1}
    one.leave(seat, Ask(), None, float(next(numbers)))
    assert one.under_way() == {}
    assert taken(one) == "b"


async def test_a_place_tells_about_how_long_it_takes() -> None:
    one = line(replica("a", 2))
    for _ in range(2):
        seat = one.take(Ask())
        assert seat is not None
        one.leave(seat, Ask(), True, 4.0)
    assert one.seconds_until(3) == 6.0
    await asyncio.sleep(0)
