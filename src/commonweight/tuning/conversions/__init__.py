"""
Conversions: a model of the hub in other formats, made in the background into a repository of its own. See docs/tuning.md.

`ConversionsRoom` makes the parts: `conversions` for whoever asks, `tender` for the house's jobs, `runs` for the worker.
"""

from __future__ import annotations

from pathlib import Path

from commonweight.batches import RunLine
from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.hub import Hub
from commonweight.identity import Identity
from commonweight.policy import Packs, Policy
from commonweight.storage import Storage
from commonweight.tuning.conversions.conversions import CONVERT, Conversions
from commonweight.tuning.conversions.publishing import ConversionPublisher
from commonweight.tuning.conversions.running import ConversionRuns
from commonweight.tuning.conversions.scorer import Scorer
from commonweight.tuning.conversions.scoring import FormatScore, Span, State, percent
from commonweight.tuning.conversions.tending import ConversionTender
from commonweight.tuning.conversions.values import (
    Conversion,
    ConversionBroken,
    ConversionClosed,
    ConversionMissing,
    ConversionRefused,
    ConversionStatus,
    NewConversion,
)
from commonweight.tuning.converting import Converter

__all__ = [
    "CONVERT",
    "Conversion",
    "ConversionBroken",
    "ConversionClosed",
    "ConversionMissing",
    "ConversionRefused",
    "ConversionRuns",
    "ConversionStatus",
    "Conversions",
    "ConversionsRoom",
    "FormatScore",
    "NewConversion",
    "Span",
    "State",
    "percent",
]


class ConversionsRoom:
    def __init__(
        self, database: Database, hub: Hub, storage: Storage, identity: Identity, policy: Policy, clock: Clock
    ) -> None:
        self._database, self._hub, self._storage, self._identity, self._clock = database, hub, storage, identity, clock
        self._packs = Packs(hub, policy, clock)
        self.conversions = Conversions(database, hub, identity, policy, self._packs, clock)
        self.tender = ConversionTender(database, clock)

    def runs(self, converter: Converter, home: Path, run_line: RunLine) -> ConversionRuns:
        """What works on them, given what converts, where their folders are, and what asks models."""
        publisher = ConversionPublisher(self._hub, self._storage, self._packs)
        scorer = Scorer(publisher, run_line)
        return ConversionRuns(
            self._database, self._hub, self._storage, self._identity, publisher, scorer, converter, home, self._clock
        )
