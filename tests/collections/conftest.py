"""The room of collections over a hub on a database of each kind."""

from __future__ import annotations

import pytest

from commonweight.clock import SetClock
from commonweight.collections import Collections
from commonweight.db import Database
from commonweight.hub import Hub
from commonweight.identity import Identity
from tests.hub.conftest import ada, bob, hub, identity, repository, storage  # noqa: F401 - fixtures


@pytest.fixture
def collections(database: Database, hub: Hub, identity: Identity, clock: SetClock) -> Collections:  # noqa: F811
    return Collections(database, hub, identity, clock)
