"""The routes that have a model work: in front of a web process, and inside the worker for the lines of batches."""

from __future__ import annotations

from dataclasses import dataclass

import aiohttp
from starlette.requests import Request

from commonweight.asgi import Group
from commonweight.asgi import Router as RouteTable
from commonweight.batches import RunLine
from commonweight.errors import NotAuthenticated, NotFound
from commonweight.identity import Caller, Signer
from commonweight.retention import Retention
from commonweight.rooms import Rooms
from commonweight.serving import Lane, ReceiptBook, Seats
from commonweight.serving.receipts import PURPOSE as INFERENCE_RECEIPTS
from commonweight.telemetry import Watch
from commonweight.wire.anthropic import AnthropicWire
from commonweight.wire.openai import (
    Count,
    Inference,
    LineRunner,
    MediaWire,
    OpenAIWire,
    Patience,
    Reports,
    StoredCompletions,
    VectorsWire,
    Witnesses,
    caller_of_line,
    count_nothing,
    no_reports,
)
from commonweight.wire.responses import Background, ConversationsWire, ResponsesWire

LINE_PATIENCE = Patience(hold_whole=600.0)  # nobody sits before it; while it waits its place in the queue is kept


def inference_groups(
    inference: Inference, retention: Retention, reports: Reports = no_reports, *, numbers_only: bool = False
) -> list[Group]:
    """
    Each group with the shape that its clients expect of errors. `reports`: see `OpenAIWire`, `numbers_only`: `VectorsWire`.
    """
    stored = StoredCompletions(inference, retention)
    wires = (
        OpenAIWire(inference, stored, reports),
        stored,
        VectorsWire(inference, numbers_only=numbers_only),
        MediaWire(inference),
        ResponsesWire(inference, retention),
        ConversationsWire(inference, retention),
        AnthropicWire(inference),
    )
    return [wire.group() for wire in wires]


@dataclass(frozen=True)
class ToModels:
    """How a worker reaches them: places, the client for engines, the client for remotes."""

    seats: Seats
    session: aiohttp.ClientSession
    outside: aiohttp.ClientSession


def witnesses_of(rooms: Rooms, book: ReceiptBook) -> Witnesses:
    """Who signs receipts of answers into this book."""

    async def verdict_value(who: Caller, id: str) -> str:
        try:
            return str((await rooms.policy.verdict(who, id)).document["value"])
        except NotFound:
            return ""

    return Witnesses(book, rooms.sources.digests, verdict_value)


def receipt_book(rooms: Rooms) -> ReceiptBook:
    """One of this process."""
    signer = Signer(rooms.keys, INFERENCE_RECEIPTS)
    return ReceiptBook(rooms.database, signer, rooms.clock, rooms.settings.public_url)


def line_runner(rooms: Rooms, models: ToModels, watch: Watch | None = None, count: Count = count_nothing) -> RunLine:
    """
    Runs lines of batches through these same routes, for whoever made the batch. `watch` is told of each answer, `count` of
    what guardrails found.
    """
    inference = Inference(
        authenticate=caller_of_line,
        catalogue=rooms.offers,
        router=models.seats,
        session=models.session,
        remote_session=models.outside,
        accounting=rooms.accounting,
        patience=LINE_PATIENCE,
        context_tokens=rooms.settings.context_tokens,
        guardrails=rooms.guardrails,
        count=count,
        witnesses=witnesses_of(rooms, receipt_book(rooms)),
        lane=Lane.BATCH,
        watch=watch,
    )
    return LineRunner(RouteTable(inference_groups(inference, rooms.retention)))


def background_responses(rooms: Rooms, models: ToModels, count: Count = count_nothing) -> Background:
    """Makes responses in the background, for whoever asked for them."""

    async def nobody(_: Request) -> Caller:
        raise NotAuthenticated("Nobody sends requests to a worker.")

    inference = Inference(
        authenticate=nobody,
        catalogue=rooms.offers,
        router=models.seats,
        session=models.session,
        remote_session=models.outside,
        accounting=rooms.accounting,
        patience=LINE_PATIENCE,
        context_tokens=rooms.settings.context_tokens,
        guardrails=rooms.guardrails,
        count=count,
    )
    return Background(inference, rooms.retention.kept, rooms.identity.caller_by_token_id)
