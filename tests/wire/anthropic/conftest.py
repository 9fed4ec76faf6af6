"""The gateway of the OpenAI wire's tests, and Anthropic's official client, which checks every field of every answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from anthropic import Anthropic

from tests.wire.openai.conftest import running
from tests.wire.openai.server import KEY
from tests.wire.openai.world import Gateway

__all__ = ["claude", "running"]


@pytest.fixture(scope="session")
def claude(running: Gateway) -> Iterator[Anthropic]:
    with Anthropic(base_url=running.address, api_key=KEY, max_retries=0, _strict_response_validation=True) as made:
        yield made
