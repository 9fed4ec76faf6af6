"""The FastAPI application that is mounted at /cw/v1. It decides nothing: each route asks a room and shapes the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.types import ASGIApp

from commonweight.asgi import base_url
from commonweight.choosing import Market, NamedOffers
from commonweight.identity import Identity
from commonweight.plans import Keys, Selling, Usage
from commonweight.policy import Bills, Packs, Policy
from commonweight.retention import Decisions
from commonweight.serving import Operating, ReceiptBook
from commonweight.serving.remote import Remotes
from commonweight.vetting import Suspects
from commonweight.wire.cw.aliases import alias_routes
from commonweight.wire.cw.bills import bill_routes
from commonweight.wire.cw.callers import Callers
from commonweight.wire.cw.changes import change_routes
from commonweight.wire.cw.decisions import decision_routes
from commonweight.wire.cw.development import Reseed, development_routes
from commonweight.wire.cw.documents import document_routes
from commonweight.wire.cw.engines import engine_routes
from commonweight.wire.cw.guard import Guard
from commonweight.wire.cw.keys import key_routes, usage_routes
from commonweight.wire.cw.licence_texts import licence_text_routes
from commonweight.wire.cw.licences import licence_routes
from commonweight.wire.cw.lineage import lineage_routes
from commonweight.wire.cw.market import market_routes
from commonweight.wire.cw.models import model_routes
from commonweight.wire.cw.openness import openness_routes
from commonweight.wire.cw.packs import pack_routes
from commonweight.wire.cw.plans import plan_routes
from commonweight.wire.cw.problems import dress_errors
from commonweight.wire.cw.receipts import receipt_routes
from commonweight.wire.cw.remotes import remote_routes
from commonweight.wire.cw.retention import retention_routes
from commonweight.wire.cw.standing_policy import policy_routes
from commonweight.wire.cw.statements import statement_routes
from commonweight.wire.cw.subscriptions import subscription_routes
from commonweight.wire.cw.suspects import suspect_routes
from commonweight.wire.cw.uses import use_routes
from commonweight.wire.cw.verdicts import verdict_routes

PREFIX: Final = "/cw/v1"
DESCRIPTION: Final = (
    "Rights and choosing: may we use this model, for this, here; what do we owe; which models are there. Keys, plans and "
    "usage: who may call what, and what it came to. Serving: names, engines, remotes, receipts. "
    "What is answered of licences is a reading of the licence texts, not legal advice."
)


def cw_app(
    identity: Identity,
    policy: Policy,
    market: Market,
    packs: Packs,
    bills: Bills,
    suspects: Suspects,
    offers: NamedOffers,
    operating: Operating,
    decisions: Decisions,
    receipts: ReceiptBook,
    keys: Keys,
    usage: Usage,
    selling: Selling,
    address: Callable[[Request], str] = base_url,
    reseed: Reseed | None = None,
    remotes: Remotes | None = None,
) -> ASGIApp:
    """
    The application. Callers are told by a bearer token, or by the session cookie; a deed by cookie carries `x-csrf-token`.

    `address` tells under which address a request reached this server; `reseed` is given in development mode alone.

    Errors are problem+json (RFC 9457): what came, what was expected, and the next step.
    """
    app = FastAPI(
        title="Commonweight",
        version="1",
        description=DESCRIPTION,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    callers = Callers(identity)
    for router in (
        verdict_routes(callers, policy),
        use_routes(callers, policy),
        decision_routes(callers, policy),
        change_routes(callers, policy, address),
        policy_routes(callers, policy),
        document_routes(callers, policy),
        market_routes(callers, market),
        model_routes(callers, policy, market),
        openness_routes(callers, policy, market),
        licence_routes(callers, policy, market),
        licence_text_routes(callers, policy),
        pack_routes(callers, policy, packs, address),
        lineage_routes(callers, policy),
        bill_routes(callers, policy, bills, address),
        suspect_routes(callers, suspects),
        alias_routes(callers, offers),
        engine_routes(callers, operating),
        retention_routes(callers, identity, decisions),
        receipt_routes(callers, receipts),
        key_routes(callers, keys),
        usage_routes(callers, usage),
        plan_routes(callers, selling),
        subscription_routes(callers, selling),
        statement_routes(callers, selling),
    ):
        app.include_router(router, prefix=PREFIX)
    if remotes is not None:
        app.include_router(remote_routes(callers, remotes), prefix=PREFIX)
    if reseed is not None:
        app.include_router(development_routes(reseed), prefix=PREFIX)
    dress_errors(app)
    return Guard(app)
