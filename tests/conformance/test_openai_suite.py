"""OpenAI's own client tests against a running server, on the product's own seeded world and real (tiny) models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

from tests.conformance.suite import HERE, Suite
from tests.support.server import Server

pytestmark = pytest.mark.long

NEWEST, SECOND_MAJOR = "3.54.0", "2.54.0"


@dataclass(frozen=True)
class Tier:
    tests: Sequence[str]  # patterns
    failures: Mapping[str, str]  # pattern -> reason
    reseed: bool = True


def tiers() -> dict[str, Tier]:
    document = yaml.safe_load((HERE / "expected.yaml").read_text())
    return {
        name: Tier(
            tier["tests"],
            {pattern: one["because"] for one in tier["failures"] for pattern in one["tests"]},
            tier.get("reseed", True),
        )
        for name, tier in document["tiers"].items()
    }


def differences(outcomes: Mapping[str, str], expected: Mapping[str, str]) -> list[str]:
    """What fails and should not, what passes and should not, and patterns without a test."""
    failed = [test for test, outcome in outcomes.items() if outcome == "failed"]
    passed = [test for test, outcome in outcomes.items() if outcome == "passed"]

    def matched(test: str) -> bool:
        return any(fnmatch(test, pattern) for pattern in expected)

    idle = [pattern for pattern in expected if not any(fnmatch(test, pattern) for test in outcomes)]
    return [
        *(f"fails unexpectedly: {test}" for test in failed if not matched(test)),
        *(f"passes unexpectedly: {test}" for test in passed if matched(test)),
        *(f"no test fits: {pattern}" for pattern in idle),
    ]


def test_every_file_of_the_suite_is_in_some_tier() -> None:
    judged = {pattern.partition("::")[0] for tier in tiers().values() for pattern in tier.tests}
    left = [file for file in Suite.fetch(NEWEST).files if not any(fnmatch(file, pattern) for pattern in judged)]
    assert left == []


@pytest.mark.parametrize("tier", tiers())
def test_the_newest_client_finds_what_is_expected(server: Server, tmp_path: Path, tier: str) -> None:
    wanted = tiers()[tier]
    outcomes = Suite.fetch(NEWEST).run(wanted.tests, server.address, tmp_path / "report.json", reseed=wanted.reseed)
    found = differences(outcomes, wanted.failures)
    assert not found, "\n".join(found)


def test_the_second_major_of_the_client_finds_no_fault_with_the_core(server: Server, tmp_path: Path) -> None:
    core = tiers()["core"]
    outcomes = Suite.fetch(SECOND_MAJOR).run(core.tests, server.address, tmp_path / "report.json")
    found = differences(outcomes, core.failures)
    assert not found, "\n".join(found)
