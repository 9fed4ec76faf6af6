"""The pages over the small world of the policy tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.types import ASGIApp

from commonweight.asgi import Router, base_url
from commonweight.choosing import Market
from commonweight.collections import Collections
from commonweight.guarding import Guardrails
from commonweight.identity import DeviceLogin, Keys, Organisations, OwnTokens, Signer
from commonweight.plans import Keys as ApiKeys
from commonweight.plans import Limits, Selling, TermsOfKeys, Usage
from commonweight.policy import Packs, Receipts
from commonweight.retention import Retention
from commonweight.serving import MemoryCatalogue, Operating, Replicas
from commonweight.vetting.scans import UnsafeGuard
from commonweight.web import WebServices, web_group
from commonweight.webhooks import Sealing, Sender, Webhooks
from tests.policy.conftest import catalogues, records, world  # noqa: F401 - fixtures
from tests.policy.world import World
from tests.web.reader import Reader
from tests.web.tuning_world import TuningWorld, tuning_world


@pytest.fixture
def tuned(world: World) -> TuningWorld:  # noqa: F811
    """The room of tuning, in which nothing trains."""
    return tuning_world(world)


@pytest.fixture
def app(world: World, tuned: TuningWorld) -> ASGIApp:  # noqa: F811
    market = Market(world.hub, world.known, world.policy)
    packs = Packs(world.hub, world.policy, world.clock)
    receipts = Receipts(world.policy, Signer(Keys(b"secret")), world.clock)
    selling = Selling(world.database, world.identity, world.policy, world.clock, Limits())
    keys = ApiKeys(world.database, world.clock, TermsOfKeys(world.database), world.policy.uses.get)
    services = WebServices(
        world.identity,
        Organisations(world.database, world.identity, world.clock),
        OwnTokens(world.database, world.identity, world.clock),
        DeviceLogin(world.database, world.identity, world.clock),
        world.hub,
        world.known,
        world.policy,
        market,
        packs,
        receipts,
        world.suspects,
        selling,
        keys,
        Usage(world.database),
        base_url,
        Operating(Replicas(world.database, world.clock), MemoryCatalogue({})),
        Retention(world.database, world.clock),
        Guardrails(world.database, world.identity, world.clock),
        tuned.files,
        tuned.tunings,
        tuned.accepting,
        tuned.publisher,
        tuned.conversions,
        tuned.names,
        Collections(world.database, world.hub, world.identity, world.clock),
        Webhooks(world.database, world.clock, Sealing(b"s" * 32), Sender()),
        UnsafeGuard(world.scans, "warn"),
    )
    return Router([web_group(services)])


@pytest.fixture
def reader(app: ASGIApp) -> Reader:
    """Nobody in particular."""
    return Reader(app)


@pytest.fixture
def new_reader(app: ASGIApp) -> Callable[[], Reader]:
    return lambda: Reader(app)


@pytest.fixture
async def ada(app: ASGIApp, world: World) -> Reader:  # noqa: F811
    """Ada, signed in."""
    ada = Reader(app)
    await ada.sign_in(world.tokens["ada"])
    return ada


@pytest.fixture
async def root(app: ASGIApp, world: World) -> Reader:  # noqa: F811
    """The administrator, signed in."""
    root = Reader(app)
    await root.sign_in(world.tokens["root"])
    return root
