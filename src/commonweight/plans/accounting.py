"""Accounting in one process: quotas, journal and ledger put together, begun with the first request."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.identity import Caller
from commonweight.plans.admission import Admission, Admitted
from commonweight.plans.demand import Demand
from commonweight.plans.journal import Journal
from commonweight.plans.key_terms import TermsOfKeys
from commonweight.plans.ledger import Ledger
from commonweight.plans.lender import Lender
from commonweight.plans.quotas import Quotas
from commonweight.plans.values import Entitlements
from commonweight.plans.ways import Offer

log = logging.getLogger(__name__)

TAKE_S: Final = 2.0  # how far the ledger is behind at most
ORPHANS_S: Final = 10.0  # how long a dead process's journal waits for another process of its host


class Accounting:
    """
    What wires ask: `admit`. A process that admits nobody opens no journal.

    `folder` is this host's: journals stay there until the ledger has them. `close` it before the database.
    """

    def __init__(
        self, database: Database, clock: Clock, folder: Path, keys: TermsOfKeys, entitlements: Entitlements
    ) -> None:
        self._database = database
        self._clock = clock
        self._folder = folder
        self._keys = keys
        self._entitlements = entitlements
        self._running: _Running | None = None

    def admit(self, caller: Caller, offer: Offer, demand: Demand) -> Awaitable[Admitted]:
        """See `Admission.admit`."""
        if self._running is None:
            self._start()
        assert self._running is not None
        return self._running.admission.admit(caller, offer, demand)

    async def signs(self, caller: Caller) -> bool:
        """Whether the key by which somebody calls was made so that every answer is signed."""
        return (await self._keys.of(caller)).signed

    def _start(self) -> None:
        process = f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(4)}"
        journal = Journal(self._folder, process)
        quotas = Quotas(Lender(self._database, self._clock, process), self._clock)
        admission = Admission(self._keys, self._entitlements, quotas, journal.append)
        self._running = _Running(admission, quotas, journal, Ledger(self._database, self._folder))

    async def take_orphans(self) -> int:
        """Journals that processes of this host left when they died. How many there were."""
        return await Ledger(self._database, self._folder).take_orphans()

    async def close(self) -> None:
        """Everything that was recorded is in the ledger, and everything that was lent is back."""
        running, self._running = self._running, None
        if running is not None:
            await running.close()


class _Running:
    """What a process keeps going once it admits requests."""

    def __init__(self, admission: Admission, quotas: Quotas, journal: Journal, ledger: Ledger) -> None:
        self.admission = admission
        self._quotas = quotas
        self._journal = journal
        self._ledger = ledger
        quotas.start()
        self._taking = asyncio.create_task(self._take_on())

    async def _take_on(self) -> None:
        orphans_at = time.monotonic()
        while True:
            try:
                if time.monotonic() >= orphans_at:
                    orphans_at = time.monotonic() + ORPHANS_S
                    await self._ledger.take_orphans()
                await self._ledger.take_own(self._journal)
            except (SQLAlchemyError, OSError) as error:  # the journal keeps everything until the database is back
                log.warning("the ledger could not be brought up to date: %s", error)
            await asyncio.sleep(TAKE_S)

    async def close(self) -> None:
        self._taking.cancel()
        await asyncio.wait({self._taking})
        try:
            await self._quotas.close()
            await self._journal.close()
            await self._ledger.finish(self._journal.process)
        except (SQLAlchemyError, OSError) as error:
            log.warning("usage stays in the journal until another process takes it over: %s", error)
