"""Rows about models, as far as a caller may know of the model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from commonweight.hub import Hub
from commonweight.identity import Caller


async def seen_by(hub: Hub, caller: Caller, rows: Sequence[Any]) -> list[Any]:
    """
    Those rows (with `repository_id`, `namespace_id`, `private`) whose repository the caller may see; what was seen in
    private is for readers of its namespace.
    """
    readable = await hub.readable(caller, {row.repository_id for row in rows if row.repository_id is not None})
    return [
        row
        for row in rows
        if (row.repository_id is None or row.repository_id in readable)
        and (not row.private or (row.namespace_id is not None and caller.may_read(row.namespace_id)))
    ]
