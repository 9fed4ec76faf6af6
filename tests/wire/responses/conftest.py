"""The gateway of the OpenAI wire's tests, and a client that checks every field of every answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from openai import OpenAI

from tests.wire.openai.conftest import running
from tests.wire.openai.server import KEEPING_KEY
from tests.wire.openai.world import Gateway

__all__ = ["keeping", "running", "strict"]


@pytest.fixture(scope="session")
def strict(running: Gateway) -> Iterator[OpenAI]:
    """The official client, which refuses an answer with a field missing or of another type."""
    with running.client(_strict_response_validation=True) as made:
        yield made


@pytest.fixture(scope="session")
def keeping(running: Gateway) -> Iterator[OpenAI]:
    """As `strict`, by the key of an account whose answers may be kept."""
    with running.client(KEEPING_KEY, _strict_response_validation=True) as made:
        yield made
