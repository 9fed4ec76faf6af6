"""Each client and version of docs/compatibility.md against a running server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.cases import Case, cases
from tests.clients.matrix import PAGE
from tests.support.server import Server, running
from tests.support.tools import library, tool

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("clients") / "home") as server:
        yield server


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name.replace(" ", "-"))
def test_a_client_at_its_defaults_does_what_people_do_with_it(server: Server, tmp_path: Path, case: Case) -> None:
    if case.repository.startswith("library-"):
        library("torch")
    if case.repository == "by-javascript":
        tool("npm")
    case.run(server, tmp_path)


def test_the_page_names_every_client_that_is_tried() -> None:
    page = PAGE.read_text()
    assert [case.name for case in cases() if f"| {case.client} | {case.versions} | {case.way} |" not in page] == []
