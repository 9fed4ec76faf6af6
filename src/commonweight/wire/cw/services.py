"""What the own API is given. Everything it answers comes from these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

from commonweight.asgi import base_url
from commonweight.choosing import Market, NamedOffers
from commonweight.files import Files
from commonweight.guarding import Guardrails
from commonweight.hub import Granting
from commonweight.identity import Identity, Organisations, OwnTokens
from commonweight.keeping import Keeping
from commonweight.plans import Keys, Selling, Usage
from commonweight.policy import Bills, Packs, Policy
from commonweight.retention import Decisions
from commonweight.serving import Operating, ReceiptBook
from commonweight.serving.remote import Remotes
from commonweight.tuning import Accepting, Tunings
from commonweight.tuning.conversions import Conversions
from commonweight.vetting import Suspects
from commonweight.wire.cw.development import Reseed


@dataclass(frozen=True, kw_only=True)
class CwServices:
    """
    `address` gives the address under which a request reached this server; `decisions` are those about retention; `reseed`
    is there in development mode alone.
    """

    identity: Identity
    organisations: Organisations
    granting: Granting
    own_tokens: OwnTokens
    policy: Policy
    market: Market
    packs: Packs
    bills: Bills
    suspects: Suspects
    offers: NamedOffers
    operating: Operating
    decisions: Decisions
    guardrails: Guardrails
    receipts: ReceiptBook
    keys: Keys
    usage: Usage
    selling: Selling
    files: Files
    conversions: Conversions
    address: Callable[[Request], str] = base_url
    reseed: Reseed | None = None
    keeping: Keeping | None = None
    remotes: Remotes | None = None
    tunings: Tunings | None = None
    accepting: Accepting | None = None
