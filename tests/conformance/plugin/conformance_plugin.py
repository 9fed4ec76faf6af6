"""Loaded into the pytest that runs OpenAI's suite: renews the seeded world before each test, writes the outcomes as JSON."""

from __future__ import annotations

import json
import os
import urllib.request
from fnmatch import fnmatch
from pathlib import Path

import pytest

RESEED = os.environ["CONFORMANCE_RESEED_URL"]  # empty: the tests find nothing that they could change
REPORT = Path(os.environ["CONFORMANCE_REPORT"])
PATTERNS: list[str] = json.loads(os.environ["CONFORMANCE_TESTS"])
OUTCOMES: dict[str, str] = {}


@pytest.fixture(autouse=True)
def _reseeded() -> None:
    if RESEED:
        urllib.request.urlopen(urllib.request.Request(RESEED, method="POST"), timeout=30).read()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that are asked for and reach a server: not those of the client alone, nor those with a server of their own."""
    items[:] = [item for item in items if not _alone(item.nodeid) and not _mocked(item) and _wanted(item.nodeid)]


def _alone(test: str) -> bool:
    return "path_params" in test or "in_sync" in test  # what it refuses by itself; whether two of its classes are alike


def _mocked(item: pytest.Item) -> bool:
    return any(name.startswith("respx") for name in getattr(item, "fixturenames", ()))


def _wanted(test: str) -> bool:
    return any(fnmatch(test, pattern) for pattern in PATTERNS)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" or report.outcome != "passed":
        before = OUTCOMES.get(report.nodeid)
        OUTCOMES[report.nodeid] = report.outcome if before != "failed" else "failed"


def pytest_sessionfinish() -> None:
    REPORT.write_text(json.dumps(OUTCOMES))
