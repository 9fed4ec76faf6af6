"""Addresses of our own pages, in one place."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, urlencode

from commonweight.hub import Repository

DECISIONS: Final = "/rights/decisions"


def repository_address(kind: str, full_name: str) -> str:
    """`/ada/tiny`, `/datasets/ada/poems`."""
    prefix = "" if kind == "model" else f"/{kind}s"
    return f"{prefix}/{quote(full_name)}"


def of_repository(repository: Repository) -> str:
    return repository_address(repository.kind, repository.full_name)


def in_repository(repository: Repository, page: str, revision: str, path: str = "") -> str:
    """`/ada/tiny/tree/refs%2Fpr%2F1/sub/a%20b.txt`: the revision is one segment, the path keeps its slashes."""
    tail = f"/{quote(path)}" if path else ""
    return f"{of_repository(repository)}/{page}/{quote(revision, safe='')}{tail}"


def known_address(id: str) -> str:
    return f"/models/{quote(id)}"


def record_address(kind: str, name: str) -> str:
    """Where an exception, a reading or a permission is told of: verdicts name it by kind and id."""
    return f"{DECISIONS}/{quote(kind, safe='')}/{quote(name, safe='')}"


def with_query(path: str, pairs: list[tuple[str, str]]) -> str:
    """The path with those parameters that are not empty."""
    query = urlencode([(name, value) for name, value in pairs if value])
    return f"{path}?{query}" if query else path
