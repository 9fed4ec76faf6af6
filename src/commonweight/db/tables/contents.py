"""What the files of commits hold, read from their headers."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table

from commonweight.db.tables.base import metadata
from commonweight.db.types import Document, Key, Moment

#: Counts of parameters, configuration, columns of tables: read once per commit, within bounds.
revision_contents = Table(
    "revision_contents",
    metadata,
    Column("repository_id", Key, ForeignKey("repositories.id", ondelete="CASCADE"), primary_key=True),
    Column("commit", String(40), primary_key=True),
    Column("read_by", Integer, nullable=False),  # the version of the rules; what an older one read is read again
    Column("document", Document, nullable=False),
    Column("read_at", Moment, nullable=False),
)
