"""Claims of headers in the database: by file, and by commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import and_, select

from commonweight.clock import Clock
from commonweight.db import Database, upsert, upsert_all
from commonweight.db.tables import vetting_weights as tables
from commonweight.hub import Revision
from commonweight.vetting.weights_values import Claims, FileClaims

READ_BY: Final = 1  # counts up when headers are read otherwise; what an older one read is read again
AT_ONCE: Final = 500  # bound parameters of one statement; SQLite allows some thousands

_heads, _claims = tables.weight_heads, tables.weight_claims


class ClaimStore:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def of_files(self, files: Sequence[str]) -> dict[str, FileClaims]:
        """Those of the files that were read before."""
        found: dict[str, FileClaims] = {}
        async with self._database.read() as connection:
            for at in range(0, len(files), AT_ONCE):
                mine = and_(_heads.c.file.in_(files[at : at + AT_ONCE]), _heads.c.read_by == READ_BY)
                rows = await connection.execute(select(_heads.c.file, _heads.c.document).where(mine))
                found.update({row.file: FileClaims.from_document(row.document) for row in rows})
        return found

    async def of_commit(self, revision: Revision) -> Claims | None:
        mine = and_(
            _claims.c.repository_id == revision.repository.id,
            _claims.c.commit == revision.commit,
            _claims.c.read_by == READ_BY,
        )
        async with self._database.read() as connection:
            document = await connection.scalar(select(_claims.c.document).where(mine))
        return None if document is None else Claims.from_document(document)

    async def keep(self, revision: Revision, read: Mapping[str, FileClaims], claims: Claims) -> None:
        """Files that were read now, and what the commit says. Raises IntegrityError where the repository is gone."""
        now: dict[str, Any] = {"read_by": READ_BY, "read_at": self._clock.now()}
        heads = [{"file": file, "document": read[file].to_document(), **now} for file in sorted(read)]
        mine = {"repository_id": revision.repository.id, "commit": revision.commit, "document": claims.to_document(), **now}
        async with self._database.write() as connection:
            await upsert_all(connection, _heads, heads, keys=["file"])
            await upsert(connection, _claims, mine, keys=["repository_id", "commit"])
