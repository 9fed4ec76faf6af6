"""From the journal into the ledger: nothing lost, nothing twice."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.db.tables import accounting as tables
from commonweight.plans import MINUTES_KEPT, Entitlement, Limits, Tokens
from commonweight.plans import journal as journals
from commonweight.plans.journal import Journal
from commonweight.plans.ledger import Ledger
from commonweight.plans.lender import Ask, Lender
from commonweight.plans.usage import forget_minutes
from tests.plans.usage_world import CALLER, OFFER, accounting, demand, leased, ledger, rows

RECORD = [1_772_366_400, 7, 7, 70, "ada/tiny", "c" * 40, 1, 1, 0, 0, "chat.completions", "", 0, 10, 0, 5, 15, 0, 1000]


def _record(spent: int = 15) -> list[object]:
    return [*RECORD, [["i:7:1", "2026-03", spent]]]


async def test_a_journal_is_taken_over_once_however_often_it_is_tried(database: Database, tmp_path: Path) -> None:
    own, books = Journal(tmp_path / "journal", "p"), Ledger(database, tmp_path / "journal")
    for _ in range(10):
        own.append(_record())
    await asyncio.gather(*(books.take_own(own) for _ in range(4)))
    own.append(_record())
    await books.take_own(own)
    await own.close()
    assert (await ledger(database))["requests"] == 11
    await books.take_orphans()
    await books.take_orphans()
    assert (await ledger(database))["requests"] == 11
    assert list((tmp_path / "journal").iterdir()) == []


async def test_a_full_segment_goes_when_it_has_been_taken_over(database: Database, tmp_path: Path) -> None:
    own, books = Journal(tmp_path / "journal", "p", segment_bytes=1000), Ledger(database, tmp_path / "journal")
    for _ in range(50):
        own.append(_record())
    assert len(own.segments()) > 2
    await books.take_own(own)
    assert own.segments() == [own.current]
    assert (await ledger(database))["requests"] == 50
    await own.close()


async def test_a_line_that_is_not_whole_yet_waits_and_a_torn_one_is_left_out(database: Database, tmp_path: Path) -> None:
    books, path = Ledger(database, tmp_path / "journal"), tmp_path / "p.000000.journal"
    whole = journals.dressed(_record())
    path.write_bytes(whole + whole[:20])
    await books.take("p", path)
    assert (await ledger(database))["requests"] == 1
    path.write_bytes(whole + whole[:20] + b"\n" + whole)
    await books.take("p", path)
    assert (await ledger(database))["requests"] == 2


async def test_what_a_dead_process_held_counts_as_spent_until_its_journal_was_read(
    database: Database, clock: SetClock, tmp_path: Path
) -> None:
    own, lender, books = (
        Journal(tmp_path / "journal", "p"),
        Lender(database, clock, "p"),
        Ledger(database, tmp_path / "journal"),
    )
    await lender.lend([Ask("i:7:1", "2026-03", 1000, 20, 400, None, passes=False)])
    own.append(_record(15))
    own.append(_record(20))
    await books.take_orphans()
    assert await leased(database, "i") == 400  # it lives
    await own.close()
    await books.take_orphans()
    assert await leased(database, "i") == 35
    assert await rows(database, tables.quota_holds) == []


async def test_a_request_is_written_down_when_settle_returns(database: Database, clock: SetClock, tmp_path: Path) -> None:
    one = accounting(database, clock, tmp_path, Entitlement(7, Limits()))
    (await one.admit(CALLER, OFFER, demand())).settle(Tokens(3, 1, 4), engine_seconds=0.25)
    (path,) = tmp_path.glob("*.journal")
    records: list[list[Any]] = []
    journals.take_from(path, 0, records.append)
    (record,) = records
    assert record[13:16] == [3, 1, 4]
    assert record[18] == 250_000
    await one.close()


async def test_only_the_first_of_settle_and_release_counts(database: Database, clock: SetClock, tmp_path: Path) -> None:
    one = accounting(database, clock, tmp_path, Entitlement(7, Limits(requests_per_minute=9)))
    admitted = await one.admit(CALLER, OFFER, demand())
    admitted.settle(Tokens(3, 0, 4))
    admitted.settle(Tokens(3, 0, 4))
    admitted.release()
    await one.close()
    assert (await ledger(database))["requests"] == 1


_CHILD = """
import asyncio, json, sys
from datetime import timedelta
from pathlib import Path
from commonweight.plans.journal import Journal

async def main():
    journal, record = Journal(Path(sys.argv[1]), "child"), json.loads(sys.argv[2])
    for i in range(10**9):
        journal.append(record)
        sys.stdout.buffer.write(b"x"); sys.stdout.buffer.flush()
        if i % 50 == 0: await asyncio.sleep(0)
asyncio.run(main())
"""


@pytest.mark.parametrize("after", [1, 500, 3000])
async def test_a_killed_process_loses_nothing_that_it_acknowledged(database: Database, tmp_path: Path, after: int) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(tmp_path / "journal"), json.dumps(_record())], stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    acknowledged = 0
    while acknowledged < after:
        acknowledged += len(os.read(child.stdout.fileno(), 65536))
    child.kill()
    acknowledged += len(child.stdout.read())
    child.wait()
    await Ledger(database, tmp_path / "journal").take_orphans()
    assert (await ledger(database))["requests"] - acknowledged in (0, 1)  # written, and killed before it said so


async def test_minutes_add_up_to_their_hours_and_go_after_two_days(database: Database, tmp_path: Path) -> None:
    own, books = Journal(tmp_path / "journal", "p"), Ledger(database, tmp_path / "journal")
    for second in (0, 59, 60, 3_599, 3_600):
        own.append([RECORD[0] + second, *_record()[1:]])
    await books.take_own(own)
    await own.close()
    by_minute = await rows(database, tables.ledger_minutes)
    assert [row.requests for row in sorted(by_minute, key=lambda row: row.minute)] == [2, 1, 1, 1]
    for name in ("requests", "prompt_tokens", "completion_tokens", "cost"):
        by_hour = await rows(database, tables.ledger)
        assert sum(getattr(row, name) for row in by_minute) == sum(getattr(row, name) for row in by_hour)
    begun = min(row.minute for row in by_minute)
    async with database.write() as connection:
        await forget_minutes(connection, begun + MINUTES_KEPT + timedelta(seconds=1))
    assert [row.requests for row in await rows(database, tables.ledger_minutes)] == [1, 1, 1]
