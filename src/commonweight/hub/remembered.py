"""
What never changes, remembered by a process: the folders, blobs and facts of commits, within a number of bytes.

Nothing here says that somebody may read it, or that it is still there: that is asked of the database first, on every
request. The keys hold the repository network, or the repository, as everywhere.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Hashable, Mapping
from typing import Any, Final

import orjson

from commonweight.db import Database
from commonweight.hub.commits import tree_of
from commonweight.hub.objects import BlobInfo, TreeItems, blob_infos, load, parse_items
from commonweight.hub.trees import EMPTY_TREE
from commonweight.hub.values import RevisionFacts

REMEMBERED_BYTES: Final = 32 << 20  # of one process: some ten thousand folders of models, or the cards of some thousand
LARGEST_SHARE: Final = 8  # one value takes no more than this part of it, so that a giant folder does not empty it

# What values cost, measured with tracemalloc on CPython 3.12, keys included.
_FOLDER, _ITEM, _ROOT, _BLOB, _FACTS = 500, 260, 400, 420, 4_000


class Memory:
    """The values used last, whose estimated sizes together stay within `limit` bytes."""

    def __init__(self, limit: int = REMEMBERED_BYTES) -> None:
        self._limit = limit
        self._kept: OrderedDict[Hashable, tuple[int, Any]] = OrderedDict()
        self.bytes = 0

    def get(self, key: Hashable) -> Any:
        """The value, or None."""
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        return found[1]

    def put(self, key: Hashable, value: Any, size: int) -> None:
        """`size` in bytes, about."""
        if size * LARGEST_SHARE > self._limit or key in self._kept:
            return
        self._kept[key] = (size, value)
        self.bytes += size
        while self.bytes > self._limit:
            _, (gone, _) = self._kept.popitem(last=False)
            self.bytes -= gone


class GitMemory:
    """Git objects by repository network and id, from memory where they were asked for before."""

    def __init__(self, database: Database, memory: Memory) -> None:
        self._database = database
        self._memory = memory

    async def root(self, scope: int, commit: str) -> str | None:
        """The id of a commit's root folder; None where the scope does not hold the commit."""
        key = ("root", scope, commit)
        root: str | None = self._memory.get(key)
        if root is None:
            async with self._database.read() as connection:
                data = (await load(connection, scope, [commit], "commit")).get(commit)
            if data is None:
                return None
            root = tree_of(data)
            self._memory.put(key, root, _ROOT)
        return root

    async def folders(self, scope: int, ids: Collection[str]) -> dict[str, TreeItems]:
        """Entries by id of a tree; those that the scope does not hold are left out. Not to be changed."""
        found: dict[str, TreeItems] = {}
        for oid in ids:
            kept = {} if oid == EMPTY_TREE else self._memory.get(("tree", scope, oid))
            if kept is not None:
                found[oid] = kept
        missing = [oid for oid in ids if oid not in found]
        if missing:
            async with self._database.read() as connection:
                trees = await load(connection, scope, missing, "tree")
            for oid, data in trees.items():
                items = found[oid] = parse_items(data)
                self._memory.put(("tree", scope, oid), items, _FOLDER + _ITEM * len(items))
        return found

    async def blobs(self, scope: int, ids: Collection[str]) -> Mapping[str, BlobInfo]:
        """As `objects.blob_infos`."""
        found: dict[str, BlobInfo] = {}
        for oid in ids:
            kept = self._memory.get(("blob", scope, oid))
            if kept is not None:
                found[oid] = kept
        missing = [oid for oid in ids if oid not in found]
        if missing:
            async with self._database.read() as connection:
                infos = await blob_infos(connection, scope, missing)
            for oid, info in infos.items():
                self._memory.put(("blob", scope, oid), info, _BLOB)
            found |= infos
        return found


class FactsMemory:
    """What commits say."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def get(self, repository_id: int, commit: str) -> RevisionFacts | None:
        found: RevisionFacts | None = self._memory.get(("facts", repository_id, commit))
        return found

    def put(self, facts: RevisionFacts) -> None:
        size = _FACTS + 4 * len(orjson.dumps(facts.card, option=orjson.OPT_NON_STR_KEYS)) + 400 * len(facts.licence_files)
        self._memory.put(("facts", facts.repository_id, facts.commit), facts, size)
