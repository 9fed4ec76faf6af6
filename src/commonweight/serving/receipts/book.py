"""Where receipts of answers are signed, chained and kept."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, insert, select

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.db.tables.receipts import inference_receipts as table
from commonweight.errors import NotFound
from commonweight.identity import Caller, Signer
from commonweight.rights.receipts import signed
from commonweight.serving.receipts.form import FORMAT, receipt_digest

PURPOSE: Final = "inference-receipts"
KEPT: Final = timedelta(days=90)  # whoever asked for a receipt has fetched it by then; it holds no text, but it grows


MAX_LISTED: Final = 1_000  # receipts of one list
MAX_ANSWER_ID: Final = 200  # characters; the width of its column


@dataclass(frozen=True)
class ListedReceipt:
    """By which a receipt is found: its id, and of which answer of which model it is."""

    id: str
    answer_id: str
    model: str
    issued: datetime


class ReceiptNotFound(NotFound):
    code = "receipt_not_found"


class ReceiptBook:
    """
    One per process, and a chain of its own: each receipt names the hash of the one before, so that none can be left out or
    put between unnoticed. `installation` says whose it is, for readers.
    """

    def __init__(self, database: Database, signer: Signer, clock: Clock, installation: str) -> None:
        self._database = database
        self._signer = signer
        self._clock = clock
        self._installation = installation
        self._chain = secrets.token_hex(8)
        self._number = 0
        self._before: str | None = None
        self._one_at_a_time = asyncio.Lock()

    @staticmethod
    def new_id() -> str:
        return "cwr_" + secrets.token_hex(16)

    async def write(self, id: str, account_id: int, content: Mapping[str, Any]) -> None:
        """Sign and keep what is said of one answer. Raises ReceiptError, and what the database raises."""
        async with self._one_at_a_time:
            now = self._clock.now()
            whole = {
                "format": FORMAT,
                "id": id,
                "installation": self._installation,
                "issued": now.isoformat(),
                "chain": {"id": self._chain, "number": self._number + 1, "before": self._before},
                **content,
            }
            document = signed(whole, self._signer.public_key, self._signer.sign)
            row = {"id": id, "account_id": account_id, "created_at": now, "document": document}
            row["answer_id"] = str(content["answer"].get("id") or "")[:MAX_ANSWER_ID]
            async with self._database.write() as connection:
                await connection.execute(insert(table).values(**row))
                await connection.execute(delete(table).where(table.c.created_at < now - KEPT))
            self._number += 1
            self._before = receipt_digest(whole)

    async def list(self, caller: Caller, answer_id: str = "", limit: int = 100) -> list[ListedReceipt]:
        """
        The newest of an account, or those of one answer by the id that it gave itself (`chatcmpl-…`). At most `MAX_LISTED`.
        """
        mine = caller.account.id if caller.account else None
        query = select(table.c.id, table.c.answer_id, table.c.created_at, table.c.document).where(table.c.account_id == mine)
        if answer_id:
            query = query.where(table.c.answer_id == answer_id)
        async with self._database.read() as connection:
            rows = await connection.execute(query.order_by(table.c.created_at.desc()).limit(min(limit, MAX_LISTED)))
            return [ListedReceipt(row.id, row.answer_id, _model(row.document), row.created_at) for row in rows]

    async def read(self, caller: Caller, id: str) -> dict[str, Any]:
        """The receipt, for the account that asked for it. Raises ReceiptNotFound."""
        mine = caller.account.id if caller.account else None
        statement = select(table.c.document).where(table.c.id == id, table.c.account_id == mine)
        async with self._database.read() as connection:
            document: dict[str, Any] | None = (await connection.execute(statement)).scalar_one_or_none()
        if document is None:
            raise ReceiptNotFound(f"There is no receipt {id!r} of an answer to this account.")
        return document


def _model(document: Mapping[str, Any]) -> str:
    return str(document["receipt"]["model"]["name"])
