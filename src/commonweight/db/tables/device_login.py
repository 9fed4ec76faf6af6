"""Signing in on a device without a browser: codes that wait for somebody, and what renews a token."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table

from commonweight.db.tables.base import metadata
from commonweight.db.types import Key, Moment

#: Both codes are short-lived; the one that the device keeps is kept as its SHA-256.
device_codes = Table(
    "device_codes",
    metadata,
    Column("device_hash", String(64), primary_key=True),
    Column("user_code", String(16), nullable=False, unique=True),
    Column("client_id", String(200), nullable=False),
    Column("client", String(64), nullable=False),  # the address that asked
    Column("status", String(16), nullable=False),  # pending | approved | denied | used
    Column("interval_seconds", Integer, nullable=False),  # between two questions of the device
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("asked_at", Moment, nullable=True),
    Column("account_id", Key, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=True),  # who decided
    Column("role", String(16), nullable=False, default="read", server_default="read"),
    Index("ix_device_codes_expires_at", "expires_at"),
)

#: One is used once, and gives the next. A row that was used stays while its token lives: used again it tells of a theft.
refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("token_id", Key, ForeignKey("tokens.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment, nullable=True),
)

__all__ = ["device_codes", "refresh_tokens"]
