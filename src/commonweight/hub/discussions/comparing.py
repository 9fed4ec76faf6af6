"""What differs between two trees, file by file, loading no more folders than differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from commonweight.db import Connection
from commonweight.hub.errors import TooMuch
from commonweight.hub.objects import DIRECTORY, TreeItems, load, parse_items
from commonweight.hub.trees import EMPTY_TREE, join

MAX_DIFFERING: Final = 100_000  # files; as many as one commit may change

Leaf = tuple[int, str]
"""Mode and id of a file."""

#: Before and after; None where there is no such file.
Differences = Mapping[str, tuple[Leaf | None, Leaf | None]]


@dataclass(frozen=True, slots=True)
class _Pair:
    path: str
    before: str
    after: str


async def differences(connection: Connection, scope: int, before: str, after: str) -> Differences:
    """Files by path that differ between two root trees. Raises TooMuch."""
    found: dict[str, tuple[Leaf | None, Leaf | None]] = {}
    level = [_Pair("", before, after)] if before != after else []
    while level:
        trees = await _trees(connection, scope, level)
        below: list[_Pair] = []
        for pair in level:
            old, new = trees.get(pair.before, {}), trees.get(pair.after, {})
            for name in sorted(old.keys() | new.keys()):
                _compare(join(pair.path, name), old.get(name), new.get(name), found, below)
        if len(found) > MAX_DIFFERING:
            raise TooMuch(f"More than {MAX_DIFFERING} files differ.", hint="Bring the changes in by several commits.")
        level = below
    return found


def _compare(
    path: str,
    old: Leaf | None,
    new: Leaf | None,
    found: dict[str, tuple[Leaf | None, Leaf | None]],
    below: list[_Pair],
) -> None:
    if old == new:
        return
    old_tree = old[1] if old and old[0] == DIRECTORY else EMPTY_TREE
    new_tree = new[1] if new and new[0] == DIRECTORY else EMPTY_TREE
    if old_tree != new_tree:
        below.append(_Pair(path, old_tree, new_tree))
    old_leaf = old if old and old[0] != DIRECTORY else None
    new_leaf = new if new and new[0] != DIRECTORY else None
    if old_leaf != new_leaf:
        found[path] = (old_leaf, new_leaf)


async def _trees(connection: Connection, scope: int, level: Sequence[_Pair]) -> dict[str, TreeItems]:
    wanted = {oid for pair in level for oid in (pair.before, pair.after)} - {EMPTY_TREE}
    return {oid: parse_items(data) for oid, data in (await load(connection, scope, wanted, "tree")).items()}
