"""What works on batches, each part given what it needs."""

from __future__ import annotations

from commonweight.batches.batches import Batches
from commonweight.batches.finishing import Finisher
from commonweight.batches.lines import RunLine
from commonweight.batches.running import BatchRuns
from commonweight.batches.segments import Segments
from commonweight.batches.tending import Tender
from commonweight.batches.turn import Pace, Tools
from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.files import Blobs, Files
from commonweight.identity import Identity


class BatchWork:
    """`batches` for whoever asks, `tender` for the house's jobs, `runs` for the process that has engines at hand."""

    def __init__(self, database: Database, files: Files, blobs: Blobs, identity: Identity, clock: Clock) -> None:
        self._database = database
        segments = Segments(database, blobs)
        self._tools = Tools(files, segments, identity, clock)
        self._finisher = Finisher(database, files, blobs, segments, clock)
        self.blobs = blobs
        self.batches = Batches(database, files, clock)
        self.tender = Tender(database, self._finisher, clock)

    def runs(self, run_line: RunLine, pace: Pace | None = None) -> BatchRuns:
        """What runs batches, given what runs one of their lines."""
        return BatchRuns(self._database, self._tools, self._finisher, run_line, pace)
