"""The routes that have a model work: in front of a web process, and inside the worker for the lines of batches."""

from __future__ import annotations

import aiohttp

from commonweight.asgi import Group
from commonweight.asgi import Router as RouteTable
from commonweight.batches import RunLine
from commonweight.rooms import Rooms
from commonweight.serving import Lane, Router
from commonweight.wire.anthropic import AnthropicWire
from commonweight.wire.openai import (
    Inference,
    LineRunner,
    OpenAIWire,
    Patience,
    Reports,
    VectorsWire,
    caller_of_line,
    no_reports,
)
from commonweight.wire.responses import ResponsesWire

LINE_PATIENCE = Patience(hold_whole=600.0)  # nobody sits before it; while it waits its place in the queue is kept


def inference_groups(inference: Inference, reports: Reports = no_reports, *, numbers_only: bool = False) -> list[Group]:
    """
    Each group with the shape that its clients expect of errors. `reports`: see `OpenAIWire`, `numbers_only`: `VectorsWire`.
    """
    vectors = VectorsWire(inference, numbers_only=numbers_only)
    return [
        wire.group()
        for wire in (OpenAIWire(inference, reports), vectors, ResponsesWire(inference), AnthropicWire(inference))
    ]


def line_runner(rooms: Rooms, router: Router, session: aiohttp.ClientSession) -> RunLine:
    """Runs lines of batches through these same routes, for whoever made the batch."""
    inference = Inference(
        authenticate=caller_of_line,
        catalogue=rooms.offers,
        router=router,
        session=session,
        accounting=rooms.accounting,
        patience=LINE_PATIENCE,
        context_tokens=rooms.settings.context_tokens,
        lane=Lane.BATCH,
    )
    return LineRunner(RouteTable(inference_groups(inference)))
