"""The FastAPI application that is mounted at /cw/v1. It decides nothing: each route asks a room and shapes the answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp

from commonweight.wire.cw.aliases import alias_routes
from commonweight.wire.cw.bills import bill_routes
from commonweight.wire.cw.callers import Callers
from commonweight.wire.cw.changes import change_routes
from commonweight.wire.cw.conversions import conversion_routes
from commonweight.wire.cw.decisions import decision_routes
from commonweight.wire.cw.development import development_routes
from commonweight.wire.cw.documents import document_routes
from commonweight.wire.cw.engines import engine_routes
from commonweight.wire.cw.guard import Guard
from commonweight.wire.cw.guardrails import guardrail_routes
from commonweight.wire.cw.keys import key_routes, usage_routes
from commonweight.wire.cw.licence_texts import licence_text_routes
from commonweight.wire.cw.licences import licence_routes
from commonweight.wire.cw.lineage import lineage_routes
from commonweight.wire.cw.market import market_routes
from commonweight.wire.cw.models import model_routes
from commonweight.wire.cw.openness import openness_routes
from commonweight.wire.cw.organizations import organization_routes
from commonweight.wire.cw.packs import pack_routes
from commonweight.wire.cw.plans import plan_routes
from commonweight.wire.cw.problems import dress_errors
from commonweight.wire.cw.receipts import receipt_routes
from commonweight.wire.cw.remotes import remote_routes
from commonweight.wire.cw.retention import retention_routes
from commonweight.wire.cw.services import CwServices
from commonweight.wire.cw.standing_policy import policy_routes
from commonweight.wire.cw.statements import statement_routes
from commonweight.wire.cw.storage import storage_routes
from commonweight.wire.cw.subscriptions import subscription_routes
from commonweight.wire.cw.suspects import suspect_routes
from commonweight.wire.cw.tokens import token_routes
from commonweight.wire.cw.tuning_data import CHECK, REPAIR, tuning_data_routes
from commonweight.wire.cw.tunings import tuning_routes
from commonweight.wire.cw.uses import use_routes
from commonweight.wire.cw.verdicts import verdict_routes

PREFIX: Final = "/cw/v1"
DESCRIPTION: Final = (
    "Rights and choosing: may we use this model, for this, here; what do we owe; which models are there. Keys, plans and "
    "usage: who may call what, and what it came to. Serving: names, engines, remotes, receipts. "
    "What is answered of licences is a reading of the licence texts, not legal advice."
)


def cw_app(services: CwServices) -> ASGIApp:
    """
    The application. Callers are told by a bearer token, or by the session cookie; a deed by cookie carries `x-csrf-token`.

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
    callers = Callers(services.identity)
    for router in (*_rights(services, callers), *_models(services, callers), *_serving(services, callers)):
        app.include_router(router, prefix=PREFIX)
    for router in (*_people(services, callers), *_development(services)):
        app.include_router(router, prefix=PREFIX)
    for router in (*_selling(services, callers), *_tuning(services, callers)):
        app.include_router(router, prefix=PREFIX)
    dress_errors(app)
    return Guard(app, streaming=[f"{PREFIX}{path}".encode() for path in (CHECK, REPAIR)])


def _rights(services: CwServices, callers: Callers) -> Iterator[APIRouter]:
    """What may be done with models, and what this organisation recorded about that."""
    policy = services.policy
    yield verdict_routes(callers, policy)
    yield use_routes(callers, policy)
    yield decision_routes(callers, policy)
    yield change_routes(callers, policy, services.address)
    yield policy_routes(callers, policy)
    yield document_routes(callers, policy)
    yield licence_routes(callers, policy, services.market)
    yield licence_text_routes(callers, policy)
    yield suspect_routes(callers, services.suspects)


def _models(services: CwServices, callers: Callers) -> Iterator[APIRouter]:
    """Which models there are, and what is known of one."""
    policy, market = services.policy, services.market
    yield market_routes(callers, market)
    yield model_routes(callers, policy, market)
    yield openness_routes(callers, policy, market)
    yield pack_routes(callers, policy, services.packs, services.address)
    yield lineage_routes(callers, policy)
    yield bill_routes(callers, policy, services.bills, services.address)


def _serving(services: CwServices, callers: Callers) -> Iterator[APIRouter]:
    """What runs, by which name, and what is kept of it."""
    yield alias_routes(callers, services.offers)
    yield engine_routes(callers, services.operating)
    yield retention_routes(callers, services.identity, services.decisions)
    yield guardrail_routes(callers, services.guardrails)
    yield receipt_routes(callers, services.receipts)
    if services.keeping is not None:
        yield storage_routes(callers, services.keeping)
    if services.remotes is not None:
        yield remote_routes(callers, services.remotes)


def _selling(services: CwServices, callers: Callers) -> Iterator[APIRouter]:
    """Who may call what, and what it came to."""
    selling = services.selling
    yield key_routes(callers, services.keys)
    yield usage_routes(callers, services.usage)
    yield plan_routes(callers, selling)
    yield subscription_routes(callers, selling)
    yield statement_routes(callers, selling)


def _tuning(services: CwServices, callers: Callers) -> Iterator[APIRouter]:
    """Models made from models."""
    yield tuning_data_routes(callers, services.files)
    if services.tunings is not None and services.accepting is not None:
        yield tuning_routes(callers, services.tunings, services.accepting)
    yield conversion_routes(callers, services.conversions)


def _people(services: CwServices, callers: Callers) -> Iterator[APIRouter]:
    """Who works together, and by which tokens."""
    yield organization_routes(callers, services.organisations)
    yield token_routes(callers, services.own_tokens, services.granting)


def _development(services: CwServices) -> Iterator[APIRouter]:
    if services.reseed is not None:
        yield development_routes(services.reseed)
