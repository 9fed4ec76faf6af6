"""Durable background work: a job is a row written in the transaction that causes it."""

from sqlalchemy import Column, Float, Index, Integer, String, Table, Text

from commonweight.db.tables.base import metadata
from commonweight.db.types import Document, Key, Moment

jobs = Table(
    "jobs",
    metadata,
    Column("id", Key, primary_key=True),
    Column("kind", String(64), nullable=False),
    Column("payload", Document, nullable=False),
    Column("state", String(16), nullable=False),  # waiting | running | done | failed
    Column("attempts", Integer, nullable=False, default=0),
    Column("run_after", Moment, nullable=False),
    Column("lease_owner", String(96), nullable=True),
    Column("lease_until", Moment, nullable=True),
    Column("progress", Float, nullable=False, default=0.0),  # 0 … 1
    Column("message", Text, nullable=False, default=""),
    Column("created_at", Moment, nullable=False),
    Column("finished_at", Moment, nullable=True),
    Index("ix_jobs_state_run_after", "state", "run_after"),
)
