"""Collections: lists of repositories that somebody keeps."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from commonweight.db.tables.base import metadata
from commonweight.db.types import Key, Moment

collections = Table(
    "collections",
    metadata,
    Column("id", Key, primary_key=True),
    Column("key", String(24), nullable=False, unique=True),  # the end of every address it ever had
    Column("namespace_id", Key, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("words", String(80), nullable=False),  # the title as it stands in the address
    Column("title", String(200), nullable=False),
    Column("description", Text, nullable=False, default=""),
    Column("is_private", Boolean, nullable=False),
    Column("theme", String(16), nullable=False),
    Column("position", Integer, nullable=False, default=0),  # among those of its namespace
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    UniqueConstraint("namespace_id", "words"),
    Index("ix_collections_updated_at", "updated_at"),
)

collection_items = Table(
    "collection_items",
    metadata,
    Column("id", Key, primary_key=True),
    Column("key", String(24), nullable=False, unique=True),  # what clients call it by
    Column("collection_id", Key, ForeignKey("collections.id", ondelete="CASCADE"), nullable=False),
    # One of the two:
    Column("repository_id", Key, ForeignKey("repositories.id", ondelete="CASCADE"), nullable=True, index=True),
    Column("inner_id", Key, ForeignKey("collections.id", ondelete="CASCADE"), nullable=True, index=True),
    Column("note", Text, nullable=False, default=""),
    Column("position", Integer, nullable=False),
    Column("added_at", Moment, nullable=False),
    UniqueConstraint("collection_id", "repository_id"),
    UniqueConstraint("collection_id", "inner_id"),
)
