"""The room's object for whoever asks: makes, lists and cancels batches."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select

from commonweight.batches import rows
from commonweight.batches.errors import BatchClosed, BatchMissing, BatchRefused
from commonweight.batches.running import BATCH
from commonweight.batches.values import WINDOW_LENGTH, Batch, NewBatch, Page, Status
from commonweight.clock import Clock
from commonweight.db import Connection, Database
from commonweight.db.tables import batches as tables
from commonweight.files import ENDPOINTS, FileMissing, Files, Purpose, new_id
from commonweight.identity import Caller
from commonweight.jobs import enqueue, hurry

CAN_CANCEL = (Status.VALIDATING, Status.IN_PROGRESS, Status.CANCELLING)


class Batches:
    """Batches belong to the account whose key made them, as its files do."""

    def __init__(self, database: Database, files: Files, clock: Clock) -> None:
        self._database = database
        self._files = files
        self._clock = clock

    async def create(self, caller: Caller, new: NewBatch) -> Batch:
        """A batch, and the job that runs it. Raises BatchRefused."""
        if caller.account is None or caller.token is None:
            raise BatchRefused("A batch is run with the key that made it; none came.")
        if new.endpoint not in ENDPOINTS:
            raise BatchRefused(f"'endpoint' is {new.endpoint[:80]!r}; expected one of {', '.join(ENDPOINTS)}.")
        await self._check_file(caller.account.id, new.input_file_id)
        row = self._row(caller.account.id, caller.token.id, new_id("batch_"), new)
        async with self._database.write() as connection:
            batch = await self._insert(connection, row)
            await enqueue(connection, batch.created_at, BATCH, {"batch": batch.number})
        return batch

    def _row(self, account_id: int, token_id: int, batch_id: str, new: NewBatch) -> dict[str, Any]:
        now = self._clock.now()
        return {
            "id": batch_id,
            "account_id": account_id,
            "token_id": token_id,
            "address": new.address,
            "endpoint": new.endpoint,
            "input_file_id": new.input_file_id,
            "output_seconds": new.output_seconds,
            "metadata": None if new.metadata is None else dict(new.metadata),
            "status": Status.VALIDATING.value,
            "errors": [],
            "created_at": now,
            "expires_at": now + WINDOW_LENGTH,
        }

    async def restore(self, account_id: int, token_id: int, batch_id: str, new: NewBatch) -> None:
        """For test installations: a batch with an id of its own, in progress for as long as nobody cancels it, made anew."""
        row = self._row(account_id, token_id, batch_id, new)
        row |= {"status": Status.IN_PROGRESS.value, "in_progress_at": self._clock.now()}
        async with self._database.write() as connection:
            await connection.execute(tables.batches.delete().where(tables.batches.c.id == batch_id))
            await self._insert(connection, row)

    async def _insert(self, connection: Connection, row: dict[str, Any]) -> Batch:
        written = await connection.execute(insert(tables.batches).values(row).returning(*tables.batches.c))
        return rows.batch_of(written.one())

    async def _check_file(self, account_id: int, file_id: str) -> None:
        try:
            file = await self._files.get(account_id, file_id)
        except FileMissing as missing:
            raise BatchRefused(missing.detail, hint="Upload the requests with purpose 'batch' first.") from None
        if file.purpose is not Purpose.BATCH:
            message = f"File {file.id} has the purpose {file.purpose.value!r}; a batch reads one with purpose 'batch'."
            raise BatchRefused(message)

    async def get(self, account_id: int, batch_id: str) -> Batch:
        """Raises BatchMissing."""
        async with self._database.read() as connection:
            return await self._find(connection, account_id, batch_id)

    async def _find(self, connection: Connection, account_id: int, batch_id: str) -> Batch:
        mine = (tables.batches.c.id == batch_id) & (tables.batches.c.account_id == account_id)
        row = (await connection.execute(select(tables.batches).where(mine))).first()
        if row is None:
            raise BatchMissing(batch_id)
        return rows.batch_of(row)

    async def cancel(self, account_id: int, batch_id: str) -> Batch:
        """
        No further line begins; those that are done are written out. Cancelling twice does no harm.

        Raises BatchMissing, BatchClosed.
        """
        async with self._database.write() as connection:
            batch = await self._find(connection, account_id, batch_id)
            if batch.status in (Status.CANCELLING, Status.CANCELLED):
                return batch
            now = self._clock.now()
            values: dict[str, Any] = {"status": Status.CANCELLING.value, "cancelling_at": now}
            cancelling = await rows.change(connection, batch.number, CAN_CANCEL, None, **values)
            await hurry(connection, now, BATCH, {"batch": batch.number})
        if cancelling is None:
            raise BatchClosed(batch.id, batch.status.value)
        return cancelling

    async def everybodys(self, *, limit: int, only_open: bool = False) -> list[Batch]:
        """The newest of all accounts, for the operator's command."""
        async with self._database.read() as connection:
            if only_open:
                return sorted(await rows.open_batches(connection), key=lambda batch: -batch.number)[:limit]
            query = select(tables.batches).order_by(tables.batches.c.number.desc()).limit(limit)
            return [rows.batch_of(row) for row in await connection.execute(query)]

    async def anybodys(self, batch_id: str) -> Batch:
        """By its id alone, for the operator's command. Raises BatchMissing."""
        async with self._database.read() as connection:
            row = (await connection.execute(select(tables.batches).where(tables.batches.c.id == batch_id))).first()
        if row is None:
            raise BatchMissing(batch_id)
        return rows.batch_of(row)

    async def list(self, account_id: int, *, after: str | None = None, limit: int = 20) -> Page:
        """Newest first, after the one named; an unknown one gives an empty page."""
        batches = tables.batches.c
        query = select(tables.batches).where(batches.account_id == account_id)
        query = query.order_by(batches.number.desc()).limit(limit + 1)
        async with self._database.read() as connection:
            if after is not None:
                mine = (batches.id == after) & (batches.account_id == account_id)
                last = await connection.scalar(select(batches.number).where(mine))
                if last is None:
                    return Page((), False)
                query = query.where(batches.number < last)
            found = [rows.batch_of(row) for row in await connection.execute(query)]
        return Page(found[:limit], len(found) > limit)
