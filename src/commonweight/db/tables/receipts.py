"""Signed receipts of answers. They hold hashes of what was said, never the text."""

from sqlalchemy import Column, ForeignKey, Index, String, Table

from commonweight.db.tables.base import metadata
from commonweight.db.types import Document, Key, Moment

inference_receipts = Table(
    "inference_receipts",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("account_id", Key, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),  # whose key asked
    Column("created_at", Moment, nullable=False),
    Column("document", Document, nullable=False),
    Column("answer_id", String(200), nullable=False, server_default=""),  # as the answer calls itself; empty: it does not
    Index("ix_inference_receipts_answer_id", "answer_id"),
    Index("ix_inference_receipts_created_at", "created_at"),
    Index("ix_inference_receipts_account_id", "account_id"),
)
