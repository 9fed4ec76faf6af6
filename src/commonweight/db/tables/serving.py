"""Replicas of models: how web processes and the workers that own engines find each other."""

from sqlalchemy import BigInteger, Boolean, Column, Index, String, Table, Text, text

from commonweight.db.tables.base import metadata
from commonweight.db.types import Document, Moment

#: One row per model that is wanted, loading or running. A row lives as long as its lease is renewed.
replicas = Table(
    "replicas",
    metadata,
    Column("id", String(32), primary_key=True),  # of this run of the model; a new run is a new row
    Column("model_key", String(64), nullable=False, unique=True),
    Column("model", Document, nullable=False),  # what the worker needs to materialise the file
    Column("state", String(16), nullable=False),  # wanted | loading | ready | failed | stopping
    Column("worker", String(96), nullable=False, default=""),
    Column("lease_until", Moment, nullable=False),
    Column("engine", String(64), nullable=False, default=""),  # name and version, e.g. llama.cpp/2026.10
    Column("stream_only", Boolean, nullable=False, default=False),  # only a streamed request stops when its client leaves
    Column("traits", Document, nullable=False, server_default=text("'{}'")),  # how requests to it are put, what it offers
    Column("base_url", String(200), nullable=False, default=""),
    Column("api_key", String(64), nullable=False, default=""),  # good for this engine on loopback alone, while it runs
    Column("memory_bytes", BigInteger, nullable=False, default=0),
    Column("requested_at", Moment, nullable=False),
    Column("last_used_at", Moment, nullable=False),
    Column("progress", Text, nullable=False, default=""),
    Column("error", Text, nullable=False, default=""),
    Index("ix_replicas_state", "state"),
    Index("ix_replicas_worker", "worker"),
)
