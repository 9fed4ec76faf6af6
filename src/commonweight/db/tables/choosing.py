"""Models that are known but not kept here: metadata only."""

from sqlalchemy import Column, String, Table

from commonweight.db.tables.base import metadata
from commonweight.db.types import Document, Moment

known_models = Table(
    "known_models",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("publisher", String(200), nullable=False),
    Column("document", Document, nullable=False),
    Column("source", String(200), nullable=False),  # name and version of the catalogue it came with
    Column("updated_at", Moment, nullable=False),
)
