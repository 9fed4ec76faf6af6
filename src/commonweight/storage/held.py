"""How many bytes of large files scopes hold, counted as their files are long; what they share is counted in each."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import func, select

from commonweight.db import Connection
from commonweight.db.tables import storage as tables

_files, _holdings = tables.large_files.c, tables.large_file_holdings.c


async def held_bytes(connection: Connection, scopes: Collection[int]) -> Mapping[int, int]:
    """By scope; one that holds none is left out."""
    query = (
        select(_holdings.scope, func.sum(_files.size))
        .join(tables.large_files, _files.xet_hash == _holdings.xet_hash)
        .where(_holdings.scope.in_(sorted(scopes)))
        .group_by(_holdings.scope)
    )
    return {scope: int(total) for scope, total in await connection.execute(query)}
