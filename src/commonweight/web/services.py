"""What the pages are given. Everything they know comes through these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

from commonweight.choosing import Market
from commonweight.collections import Collections
from commonweight.files import Files
from commonweight.guarding import Guardrails
from commonweight.hub import Hub, KnownModels
from commonweight.identity import DeviceLogin, Identity, Organisations, OwnTokens
from commonweight.plans import Keys, Selling, Usage
from commonweight.policy import Packs, Policy, Receipts
from commonweight.retention import Retention
from commonweight.serving import Checks, Operating
from commonweight.tuning import Accepting, TunedNames, Tunings
from commonweight.tuning.conversions import Conversions
from commonweight.tuning.publishing import Publisher
from commonweight.vetting import Suspects
from commonweight.vetting.scans import UnsafeGuard
from commonweight.webhooks import Webhooks


@dataclass(frozen=True)
class WebServices:
    """`base_url` gives the address under which the reader of a request reached this server."""

    identity: Identity
    organisations: Organisations
    own_tokens: OwnTokens
    devices: DeviceLogin
    hub: Hub
    known: KnownModels
    policy: Policy
    market: Market
    packs: Packs
    receipts: Receipts
    suspects: Suspects
    selling: Selling
    keys: Keys
    usage: Usage
    base_url: Callable[[Request], str]
    operating: Operating
    retention: Retention
    guardrails: Guardrails
    files: Files
    tunings: Tunings
    accepting: Accepting
    publisher: Publisher
    conversions: Conversions
    names: TunedNames
    collections: Collections
    webhooks: Webhooks
    unsafe_guard: UnsafeGuard
    checks: Checks | None = None
