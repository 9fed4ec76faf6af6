"""One gateway for all tests of the OpenAI wire: starting one takes seconds, and they leave it as they found it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from openai import OpenAI

from tests.wire.openai.world import Gateway, gateway


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway under Granian with the starter model and mock models."""
    with gateway(tmp_path_factory.mktemp("gateway")) as started:
        yield started


@pytest.fixture(scope="session")
def client(running: Gateway) -> Iterator[OpenAI]:
    """The official client, with a good key."""
    with running.client() as made:
        yield made
