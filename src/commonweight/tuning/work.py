"""What works on tunings, each part given what it needs."""

from __future__ import annotations

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.files import Files
from commonweight.tuning.names import TunedNames
from commonweight.tuning.restoring import Restored
from commonweight.tuning.tunings import MayStart, Tunings


class TuningWork:
    """`tunings` for whoever asks, `names` of the models that came of them, `restored` for test installations."""

    def __init__(self, database: Database, files: Files, names: TunedNames, may_start: MayStart, clock: Clock) -> None:
        self.names = names
        self.tunings = Tunings(database, files, may_start, clock)
        self.restored = Restored(database, names, clock)
