"""Where two histories part."""

from __future__ import annotations

import heapq
from typing import Final

from commonweight.hub.history import History

MAX_WALKED: Final = 50_000  # commits; two histories that part that far back are joined by hand

_ONE, _OTHER, _BOTH = 1, 2, 3
_BEHIND = 4  # an ancestor of what was found


async def merge_base(history: History, one: str, other: str) -> str | None:
    """
    The newest commit that both come from; None where there is none. Of several that are no ancestors of each other, the
    newest. As git's `paint_down_to_common` (commit-reach.c): marks flow from both commits to their ancestors.
    """
    marks = {one: _ONE}
    marks[other] = marks.get(other, 0) | _OTHER
    heap: list[tuple[float, int, str]] = []
    order = 0
    for start in dict.fromkeys((one, other)):
        heap.append((await _key(history, start), order, start))
        order += 1
    heapq.heapify(heap)
    found: dict[str, float] = {}
    while heap and order < MAX_WALKED and any(not marks[oid] & _BEHIND for _, _, oid in heap):
        key, _, oid = heapq.heappop(heap)
        mark = marks[oid]
        if mark & _BOTH == _BOTH:
            if not mark & _BEHIND:
                found[oid] = key
            mark |= _BEHIND
        commit = await history.commit(oid)
        for parent in commit.parents if commit else ():
            before = marks.get(parent, 0)
            if before | mark != before:
                marks[parent] = before | mark
                order += 1
                heapq.heappush(heap, (await _key(history, parent), order, parent))
    best = [(key, oid) for oid, key in found.items() if not marks[oid] & _BEHIND]
    return min(best)[1] if best else None


async def _key(history: History, oid: str) -> float:
    commit = await history.commit(oid)
    return -commit.date.timestamp() if commit else 0.0
