"""All tables, at least one file per room. A room reads and writes its own; another room asks it."""

from commonweight.db.tables import (
    accounting,
    batches,
    choosing,
    files,
    guarding,
    hub,
    identity,
    jobs,
    offering,
    policy,
    receipts,
    retention,
    serving,
    standing,
    storage,
    vetting_texts,
    vetting_weights,
)
from commonweight.db.tables.base import metadata

__all__ = [
    "accounting",
    "batches",
    "choosing",
    "files",
    "guarding",
    "hub",
    "identity",
    "jobs",
    "metadata",
    "offering",
    "policy",
    "receipts",
    "retention",
    "serving",
    "standing",
    "storage",
    "vetting_texts",
    "vetting_weights",
]
