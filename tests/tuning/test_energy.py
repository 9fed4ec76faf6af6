"""Energy is measured where the machine has counters, and is else not told: no figure comes from assumed watts."""

from __future__ import annotations

from pathlib import Path

import pytest

from commonweight.tuning.training.child.energy import COUNTERS, Meter


def counter(folder: Path, name: str, microjoules: int | str, *, domain: str = "package-0", most: int = 1_000_000) -> None:
    path = folder / name
    path.mkdir(parents=True, exist_ok=True)
    for file, value in (("energy_uj", microjoules), ("name", domain), ("max_energy_range_uj", most)):
        (path / file).write_text(f"{value}\n")


def a_meter(folder: Path, before: dict[str, object] | None = None, seconds: float = 7.04) -> Meter:
    return Meter(before, folder, lambda: seconds)


def test_packages_and_their_memory_are_added_up_and_what_lies_within_a_package_is_not(tmp_path: Path) -> None:
    names = {"intel-rapl:0": "package-0", "intel-rapl:0:0": "core", "intel-rapl:0:1": "dram", "intel-rapl:1": "package-1"}
    for name, domain in names.items():
        counter(tmp_path, name, 1000, domain=domain)
    meter = a_meter(tmp_path)
    for name, domain in names.items():
        counter(tmp_path, name, 501_000, domain=domain)
    assert meter.used() == {"cpu_seconds": 7.0, "joules": pytest.approx(1.5)}


def test_a_counter_that_began_again_is_followed(tmp_path: Path) -> None:
    counter(tmp_path, "intel-rapl:0", 900_000)
    meter = a_meter(tmp_path)
    for value in (100_000, 400_000, 0):
        counter(tmp_path, "intel-rapl:0", value)
        used = meter.used()
    assert used["joules"] == pytest.approx(0.2 + 0.3 + 0.6)


def test_runs_before_are_added_and_one_that_was_not_measured_leaves_the_whole_unknown(tmp_path: Path) -> None:
    counter(tmp_path, "intel-rapl:0", 0)
    assert a_meter(tmp_path, {"cpu_seconds": 10.0, "joules": 5.0}).used() == {"cpu_seconds": 17.0, "joules": 5.0}
    assert a_meter(tmp_path, {"cpu_seconds": 10.0, "joules": None}).used() == {"cpu_seconds": 17.0, "joules": None}
    assert a_meter(tmp_path, {}).used()["joules"] is None


@pytest.mark.parametrize("value", [None, "no number"])
def test_without_a_counter_that_can_be_read_there_is_processor_time_alone(tmp_path: Path, value: str | None) -> None:
    if value is not None:
        counter(tmp_path, "intel-rapl:0", value)
    assert a_meter(tmp_path).used() == {"cpu_seconds": 7.0, "joules": None}


def test_of_this_machine_something_is_told() -> None:
    used = Meter(counters=COUNTERS).used()
    assert used["cpu_seconds"] > 0
    assert used["joules"] is None or used["joules"] >= 0
