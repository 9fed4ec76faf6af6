"""One server for all judges: starting one takes seconds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conformance.world import conformance_server
from tests.support.server import Server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with conformance_server(tmp_path_factory.mktemp("conformance")) as started:
        yield started
