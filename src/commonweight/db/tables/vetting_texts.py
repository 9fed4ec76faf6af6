"""What licence texts are, as the matcher read them: one row per text, whoever keeps it."""

from sqlalchemy import Column, Integer, String, Table

from commonweight.db.tables.base import metadata
from commonweight.db.types import Document, Moment

#: By the git id of the text, so that the same words are read once. A row says nothing of who has such a text: whoever asks
#: comes by a repository that they may read.
text_readings = Table(
    "text_readings",
    metadata,
    Column("oid", String(40), primary_key=True),
    Column("matcher", String(64), nullable=False),  # which data, and which rules of ours, it was compared with
    Column("state", String(16), nullable=False),  # as in `document`, or `failed`
    Column("document", Document, nullable=False),  # rights.matching.TextMatch
    Column("problem", String(200), nullable=False),  # why it failed; else empty
    Column("attempts", Integer, nullable=False),  # that failed, by this matcher
    Column("read_at", Moment, nullable=False),
)

#: One row: for which matcher and which records all texts have been looked at, so that a newer one is noticed.
text_readers = Table(
    "text_readers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("matcher", String(64), nullable=False),
    Column("records", String(64), nullable=False),  # digest of the records' digests
)
