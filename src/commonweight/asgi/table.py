"""
A table of routes by their paths. A pattern is written like the path:

    /api/models/{namespace}/{name}/tree/{revision}          each {word} is one segment, percent-decoded
    /{namespace}/{name}/resolve/{revision}/{path...}        {word...} is all that remains, at least one segment

A literal segment wins over a word, a word over the remainder. Bad UTF-8, NUL and dot segments are refused with 400.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from commonweight.asgi.paths import split_raw_path
from commonweight.asgi.routes import Group, Route
from commonweight.errors import MethodNotAllowed, NotFound


@dataclass
class _Node:
    literals: dict[str, _Node] = field(default_factory=dict)
    word: _Node | None = None
    routes: dict[str, tuple[Route, Group, tuple[str, ...]]] = field(default_factory=dict)
    remainder: dict[str, tuple[Route, Group, tuple[str, ...]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Match:
    route: Route
    group: Group
    params: dict[str, str]


class Table:
    """The routes of some groups, as a small tree."""

    def __init__(self, groups: Iterable[Group]) -> None:
        self.groups = tuple(groups)
        self._exact: dict[tuple[str, bytes], Match] = {}  # routes without words are found at once
        self._root = _Node()
        self._closed = frozenset(group.prefix.removeprefix("/") for group in self.groups if group.closed)
        for group in self.groups:
            for route in group.routes:
                self._add(route, group)
                if "{" not in route.pattern:
                    self._exact |= {(method, route.pattern.encode()): Match(route, group, {}) for method in route.methods}

    def _add(self, route: Route, group: Group) -> None:
        node, names = self._root, []
        segments = route.pattern.lstrip("/").split("/")
        for segment in segments:
            if segment.endswith("...}"):
                names.append(segment[1:-4])
                _claim(node.remainder, route, group, tuple(names))
                return
            if segment.startswith("{"):
                names.append(segment[1:-1])
                node.word = node.word or _Node()
                node = node.word
            else:
                node = node.literals.setdefault(segment, _Node())
        _claim(node.routes, route, group, tuple(names))

    def match(self, method: str, raw_path: bytes) -> Match:
        """The route for a request. Raises InvalidInput, NotFound or MethodNotAllowed."""
        exact = self._exact.get((method, raw_path))
        if exact is not None:
            return exact
        segments = split_raw_path(raw_path)
        found = self._find(segments)
        if found is None:
            raise NotFound(f"There is nothing at {raw_path.decode('latin-1')!r}.")
        table, values = found
        entry = table.get(method) or (table.get("GET") if method == "HEAD" else None)
        if entry is None:
            allowed = ", ".join(sorted(table))
            raise MethodNotAllowed(f"{method} is not possible here; possible: {allowed}.", headers={"allow": allowed})
        route, group, names = entry
        return Match(route, group, dict(zip(names, values, strict=True)))

    def _find(self, segments: list[str]) -> tuple[dict[str, Any], tuple[str, ...]] | None:
        if segments[0] in self._closed and segments[0] in self._root.literals:
            return _walk(self._root.literals[segments[0]], segments, 1, ())
        return _walk(self._root, segments, 0, ())

    def group_for(self, raw: bytes) -> Group:
        """Who answers for a failure: whose route was meant, also by a path that cannot be decoded; else by prefix."""
        meant = self._find(raw.decode("latin-1").removeprefix("/").split("/"))
        if meant is not None:
            table, _ = meant
            return next(iter(table.values()))[1]  # type: ignore[no-any-return]  # tables hold (route, group, names)
        fitting = [group for group in self.groups if raw.startswith(group.prefix.encode())]
        if not fitting:  # what came is no path
            return min(self.groups, key=lambda group: len(group.prefix))
        return max(fitting, key=lambda group: len(group.prefix))


def _claim(table: dict[str, Any], route: Route, group: Group, names: tuple[str, ...]) -> None:
    for method in route.methods:
        if method in table:
            raise ValueError(f"two routes claim {method} {route.pattern}")
        table[method] = (route, group, names)


def _walk(
    node: _Node, segments: list[str], at: int, values: tuple[str, ...]
) -> tuple[dict[str, Any], tuple[str, ...]] | None:
    if at == len(segments):
        return (node.routes, values) if node.routes else None
    literal = node.literals.get(segments[at])
    found = _walk(literal, segments, at + 1, values) if literal else None
    if found is None and node.word is not None and segments[at]:
        found = _walk(node.word, segments, at + 1, (*values, segments[at]))
    if found is None and node.remainder:
        return node.remainder, (*values, "/".join(segments[at:]))
    return found
