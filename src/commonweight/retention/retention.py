"""The room as one thing, for those who build it and those who need it whole."""

from __future__ import annotations

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.retention.conversations import Conversations
from commonweight.retention.decisions import Decisions
from commonweight.retention.expiring import Expiry
from commonweight.retention.kept import Kept


class Retention:
    """`decisions` say what may be kept, `kept` and `conversations` hold it, `expiry` deletes it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.decisions = Decisions(database, clock)
        self.kept = Kept(database, clock)
        self.conversations = Conversations(database, clock)
        self.expiry = Expiry(database, self.kept, self.conversations, clock)
