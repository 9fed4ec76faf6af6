"""What works on tunings, each part given what it needs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.files import Files
from commonweight.identity import Identity
from commonweight.tuning.names import TunedNames
from commonweight.tuning.restoring import Restored
from commonweight.tuning.running import Pace, Salvage, TuningChecks, TuningRuns
from commonweight.tuning.steps import Step
from commonweight.tuning.tending import TuningTender
from commonweight.tuning.tunings import MayStart, Tunings
from commonweight.tuning.values import Stage


class TuningWork:
    """
    `tunings` for whoever asks, `names` of the models that came of them, `checks` and `tender` for the house's jobs, `runs`
    for the process that works on them, `restored` for test installations.
    """

    def __init__(self, database: Database, files: Files, names: TunedNames, may_start: MayStart, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self.names = names
        self.tunings = Tunings(database, files, may_start, clock)
        self.checks = TuningChecks(database, files, clock)
        self.tender = TuningTender(database, clock)
        self.restored = Restored(database, names, clock)

    def runs(
        self, identity: Identity, steps: Mapping[Stage, Step], home: Path,
        pace: Pace | None = None, salvage: Salvage | None = None,
    ) -> TuningRuns:  # fmt: skip
        """What works on them, given its stages, where their folders are, and what keeps something of cancelled ones."""
        return TuningRuns(self._database, self.names, identity, steps, home, self._clock, pace, salvage)
