"""What a model offers, as `GET /v1/models/{id}` shows it beside OpenAI's own fields."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from typing import Any

from commonweight.serving import Report

Reports = Callable[[str, str], Awaitable[Sequence[Report]]]


async def no_reports(repository: str, commit: str) -> Sequence[Report]:
    """Where nothing is checked."""
    return ()


def offered(reports: Sequence[Report]) -> dict[str, Any]:
    """
    Capabilities, context and checks by the newest report; nothing for a model that was never loaded here.

    A capability whose check failed is not offered. A check says `ok` (null: it could not be told) and the reason.
    """
    if not reports:
        return {}
    newest = reports[0]
    capabilities = asdict(newest.capabilities)
    context = capabilities.pop("context_tokens")
    able = {name: bool(value) and name not in newest.failed for name, value in capabilities.items()}
    # A model that calls no tools by its own template is told of them in words, and held to calls by a schema.
    told_in_words = able["schema"] and newest.engine.startswith("llama.cpp")
    able["tools"] = able["tools"] or (bool(capabilities["tools"]) and told_in_words)
    checks = {name: {"ok": result.ok, "reason": result.sentence} for name, result in newest.results.items()}
    at = int(newest.checked_at.timestamp())
    length = {"context_length": context} if context else {}
    return {
        "engine": newest.engine,
        **length,
        "capabilities": able,
        "checks": checks,
        "checked_at": at,
    }
