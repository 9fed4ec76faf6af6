"""Observations that are added up before the library gets them."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram, generate_latest

from commonweight.telemetry import series
from commonweight.telemetry.series import Series, SeriesGroup

BUCKETS = (0.5, 1, 2)


def histogram(registry: CollectorRegistry) -> Histogram:
    return Histogram("seconds", "help", registry=registry, buckets=BUCKETS)


def text(registry: CollectorRegistry) -> list[str]:
    return [line for line in generate_latest(registry).decode().splitlines() if "_created" not in line]


@given(st.lists(st.sampled_from([0.0, 0.5, 0.75, 1.0, 2.0, 2.5, 100.0]), max_size=12))
def test_sums_read_as_what_was_observed_one_by_one(amounts: list[float]) -> None:
    ours, theirs, group = CollectorRegistry(), CollectorRegistry(), SeriesGroup()
    summed, single = Series(histogram(ours), group), histogram(theirs)

    async def observe() -> None:  # within a loop nothing is handed on before its time
        for amount in amounts:
            summed.observe(amount)
            single.observe(amount)
        group.hand_on()

    asyncio.run(observe())
    assert text(ours) == text(theirs)


async def test_what_was_observed_is_handed_on_soon_and_once() -> None:
    registry, group = CollectorRegistry(), SeriesGroup()
    one = Series(histogram(registry), group)
    one.observe(1)
    one.observe(1)
    assert "seconds_count 0.0" in text(registry)
    async with asyncio.timeout(20 * series.HAND_ON_S):
        while "seconds_count 2.0" not in text(registry):
            await asyncio.sleep(0.02)
    group.hand_on()
    assert "seconds_count 2.0" in text(registry)
