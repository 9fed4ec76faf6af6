"""huggingface_hub's own tests against a running server with the accounts that they expect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

from tests.hub_suite.suite import HERE, Suite
from tests.hub_suite.world import suite_server
from tests.support.server import Server

pytestmark = pytest.mark.long

NEWEST = "2.4.0"


@dataclass(frozen=True)
class Tier:
    tests: Sequence[str]  # ids of files and classes
    failures: Mapping[str, str]  # pattern -> reason
    samples: Sequence[str]  # patterns


def tiers() -> dict[str, Tier]:
    document = yaml.safe_load((HERE / "expected.yaml").read_text())
    return {
        name: Tier(
            tier["tests"],
            {pattern: one["because"] for one in tier["failures"] for pattern in one["tests"]},
            tier.get("samples", ()),
        )
        for name, tier in document["tiers"].items()
    }


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with suite_server(tmp_path_factory.mktemp("suite")) as started:
        yield started


@pytest.mark.parametrize("xet", [True, False], ids=["xet", "lfs"])
@pytest.mark.parametrize("name", tiers())
def test_what_the_official_tests_find_is_what_is_expected(server: Server, tmp_path: Path, name: str, xet: bool) -> None:
    tier, suite = tiers()[name], Suite.fetch(NEWEST)
    outcomes = suite.run(tier.tests, server.address, tmp_path / "run", xet=xet)
    unseen = () if suite.has_samples else tier.samples

    def fits(test: str, patterns: Sequence[str]) -> bool:
        return any(fnmatch(test, pattern) for pattern in patterns)

    expected = tuple(tier.failures)
    failed = {test for test, outcome in outcomes.items() if outcome == "failed" and not fits(test, unseen)}
    passed = {test for test, outcome in outcomes.items() if outcome == "passed"}
    assert sorted(test for test in failed if not fits(test, expected)) == []
    assert sorted(test for test in passed if fits(test, expected)) == []
    assert len(passed) > len(outcomes) / 2
