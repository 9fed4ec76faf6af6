"""The routes of batches (contract, section 8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp

from commonweight.asgi import Group, Needs, Route, client_of
from commonweight.batches import WINDOW, Batch, Batches, NewBatch
from commonweight.wire.openai import fields
from commonweight.wire.openai.asked import read_document
from commonweight.wire.openai.errors import BadRequest, dress
from commonweight.wire.openai.file_fields import check_seconds, lifetime_of
from commonweight.wire.openai.inference import Authenticate
from commonweight.wire.openai.keys import json_answer, key_owner
from commonweight.wire.openai.lists import cursor_of, list_document

DEFAULT_LISTED, MOST_LISTED = 20, 100
MAX_PAIRS, MAX_KEY, MAX_VALUE = 16, 64, 512  # of `metadata` (contract, section 1)


class BatchesWire:
    """`/v1/batches`."""

    def __init__(self, authenticate: Authenticate, batches: Batches) -> None:
        self._authenticate = authenticate
        self._batches = batches

    def group(self) -> Group:
        routes = (
            Route(("POST",), "/v1/batches", self.create, Needs.KEY),
            Route(("GET",), "/v1/batches", self.list, Needs.KEY),
            Route(("GET",), "/v1/batches/{id}", self.retrieve, Needs.KEY),
            Route(("POST",), "/v1/batches/{id}/cancel", self.cancel, Needs.KEY),
        )
        return Group("/v1/batches", routes, dress)

    async def create(self, request: Request) -> ASGIApp:
        """`POST /v1/batches`."""
        caller, _ = await key_owner(self._authenticate, request)
        new = new_batch(await read_document(request), client_of(request))
        return json_answer(batch_document(await self._batches.create(caller, new)))

    async def list(self, request: Request) -> ASGIApp:
        """`GET /v1/batches`."""
        _, account = await key_owner(self._authenticate, request)
        cursor = cursor_of(request, default=DEFAULT_LISTED, most=MOST_LISTED)
        page = await self._batches.list(account.id, after=cursor.after, limit=cursor.limit)
        return json_answer(list_document([batch_document(batch) for batch in page.batches], has_more=page.has_more))

    async def retrieve(self, request: Request) -> ASGIApp:
        """`GET /v1/batches/{id}`."""
        _, account = await key_owner(self._authenticate, request)
        return json_answer(batch_document(await self._batches.get(account.id, request.path_params["id"])))

    async def cancel(self, request: Request) -> ASGIApp:
        """`POST /v1/batches/{id}/cancel`."""
        _, account = await key_owner(self._authenticate, request)
        return json_answer(batch_document(await self._batches.cancel(account.id, request.path_params["id"])))


def new_batch(body: Mapping[str, Any], address: str) -> NewBatch:
    """What a document asks for. Raises BadRequest."""
    for name in ("input_file_id", "endpoint", "completion_window"):
        fields.text(name, fields.required(body, name))
    if body["completion_window"] != WINDOW:
        message = f"Invalid 'completion_window': {body['completion_window'][:40]!r}; expected {WINDOW!r}."
        raise BadRequest(message, param="completion_window")
    seconds = lifetime_of(body, "output_expires_after")
    check_seconds("output_expires_after.seconds", seconds)
    return NewBatch(body["input_file_id"], body["endpoint"], metadata_of(body), seconds, address)


def metadata_of(body: Mapping[str, Any]) -> dict[str, str] | None:
    """Up to 16 pairs of short strings. Raises BadRequest."""
    value = body.get("metadata")
    if value is None:
        return None
    fields.thing("metadata", value)
    if len(value) > MAX_PAIRS:
        raise BadRequest(f"Invalid 'metadata': {len(value)} pairs; at most {MAX_PAIRS} are kept.", param="metadata")
    for key, text in value.items():
        fields.text(f"metadata.{key[:MAX_KEY]}", text)
        if len(key) > MAX_KEY or len(text) > MAX_VALUE:
            message = f"Invalid 'metadata': keys have at most {MAX_KEY} characters, values {MAX_VALUE}."
            raise BadRequest(message, param="metadata", kind="string_above_max_length")
    return dict(value)


def batch_document(batch: Batch) -> dict[str, Any]:
    """What is not known yet is left out or null, as clients expect it."""
    document = {
        "id": batch.id,
        "object": "batch",
        "endpoint": batch.endpoint,
        "input_file_id": batch.input_file_id,
        "completion_window": WINDOW,
        "status": batch.status.value,
        "output_file_id": batch.output_file_id,
        "error_file_id": batch.error_file_id,
        "created_at": int(batch.created_at.timestamp()),
        "expires_at": int(batch.expires_at.timestamp()),
        "request_counts": {
            "total": batch.counts.total,
            "completed": batch.counts.completed,
            "failed": batch.counts.failed,
        },
        "metadata": batch.metadata,
        "errors": {"object": "list", "data": list(batch.errors)} if batch.errors else None,
    }
    moments = {name: None if at is None else int(at.timestamp()) for name, at in batch.moments.items()}
    return {**document, **moments, **({"model": batch.model} if batch.model else {}), "usage": _usage(batch)}


def _usage(batch: Batch) -> dict[str, Any]:
    used = batch.usage
    return {
        "input_tokens": used.prompt,
        "input_tokens_details": {"cached_tokens": used.cached},
        "output_tokens": used.completion,
        "output_tokens_details": {"reasoning_tokens": used.reasoning},
        "total_tokens": used.prompt + used.completion,
    }
