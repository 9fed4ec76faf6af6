"""Batches: many requests from a file, answered into another when there is room for them."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text

from commonweight.db.tables.base import metadata
from commonweight.db.types import Document, Key, Moment

batches = Table(
    "batches",
    metadata,
    Column("number", Key, primary_key=True),  # the order in lists
    Column("id", String(64), nullable=False, unique=True),  # batch_…
    Column("account_id", Key, ForeignKey("accounts.id"), nullable=False),  # whose keys see it
    Column("token_id", Key, nullable=False),  # the key that made it, which its lines are run with
    Column("address", String(64), nullable=False),  # from where it was made: keys may be bound to networks
    Column("endpoint", String(64), nullable=False),
    Column("input_file_id", String(64), nullable=False),
    Column("output_file_id", String(64), nullable=True),
    Column("error_file_id", String(64), nullable=True),
    Column("output_seconds", Integer, nullable=True),  # for how long what it makes is kept; null: as files of batches are
    Column("model", Text, nullable=True),
    Column("metadata", Document, nullable=True),
    Column("status", String(16), nullable=False),
    Column("fence", String(32), nullable=False, default=""),  # the turn that may write; an older one finds out and stops
    Column("errors", Document, nullable=False),  # a list of {code, line, message, param}
    Column("total", Integer, nullable=False, default=0),
    Column("completed", Integer, nullable=False, default=0),
    Column("failed", Integer, nullable=False, default=0),
    Column("prompt_tokens", BigInteger, nullable=False, default=0),
    Column("cached_tokens", BigInteger, nullable=False, default=0),
    Column("completion_tokens", BigInteger, nullable=False, default=0),
    Column("reasoning_tokens", BigInteger, nullable=False, default=0),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("in_progress_at", Moment, nullable=True),
    Column("finalizing_at", Moment, nullable=True),
    Column("completed_at", Moment, nullable=True),
    Column("failed_at", Moment, nullable=True),
    Column("expired_at", Moment, nullable=True),
    Column("cancelling_at", Moment, nullable=True),
    Column("cancelled_at", Moment, nullable=True),
    Index("ix_batches_account_number", "account_id", "number"),
    Index("ix_batches_status", "status"),
)

#: Answers of lines that are done, until they are written into the files of the batch. A line is in one segment at most.
batch_segments = Table(
    "batch_segments",
    metadata,
    Column("batch", Key, ForeignKey("batches.number", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("key", String(100), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("lines", Document, nullable=False),  # the numbers of the lines whose answers it holds
)
