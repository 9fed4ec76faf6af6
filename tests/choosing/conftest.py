"""The world of the policy tests, with a market and offers over it."""

from __future__ import annotations

import pytest

from commonweight.choosing import Aliases, Market, NamedOffers, Offers
from tests.policy.conftest import catalogues, records, world  # noqa: F401 - fixtures
from tests.policy.world import World


@pytest.fixture
def market(world: World) -> Market:  # noqa: F811
    return Market(world.hub, world.known, world.policy)


@pytest.fixture
def offers(world: World) -> Offers:  # noqa: F811
    return Offers(world.hub, world.policy, engines=("llamacpp", "transformers", "diffusers"))


@pytest.fixture
def named(world: World, offers: Offers) -> NamedOffers:  # noqa: F811
    return NamedOffers(offers, Aliases(world.database, world.clock))
