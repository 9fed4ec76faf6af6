"""What commits hold, remembered by a process."""

from __future__ import annotations

import dataclasses

import orjson

from commonweight.hub.contents.values import Contents
from commonweight.hub.remembered import Memory

_LEAST = 3_000  # bytes of an empty one


class ContentsMemory:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def get(self, repository_id: int, commit: str) -> Contents | None:
        found: Contents | None = self._memory.get(("contents", repository_id, commit))
        return found

    def put(self, repository_id: int, commit: str, contents: Contents) -> None:
        size = _LEAST + 4 * len(orjson.dumps(dataclasses.asdict(contents)))
        self._memory.put(("contents", repository_id, commit), contents, size)
