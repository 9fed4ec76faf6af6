"""Who is asking: accounts, memberships, tokens, browser sessions, the audit trail."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table, Text, false

from commonweight.db.tables.base import metadata
from commonweight.db.types import Document, Key, Moment

#: People and organisations share one space of names, since both are namespaces of repositories.
accounts = Table(
    "accounts",
    metadata,
    Column("id", Key, primary_key=True),
    Column("kind", String(16), nullable=False),  # user | organisation
    Column("name", String(96), nullable=False),
    Column("name_lower", String(96), nullable=False, unique=True),
    Column("fullname", String(200), nullable=False, default=""),
    Column("is_admin", Boolean, nullable=False, default=False),
    Column("default_visibility", String(16), nullable=False, default="public"),
    Column("details", Text, nullable=False, default="", server_default=""),  # what an organisation says of itself
    Column("created_at", Moment, nullable=False),
)

memberships = Table(
    "memberships",
    metadata,
    Column("organisation_id", Key, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("account_id", Key, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("role", String(16), nullable=False),  # read | contributor | write | admin
)

#: A token is kept as the SHA-256 of its text and shown once.
tokens = Table(
    "tokens",
    metadata,
    Column("id", Key, primary_key=True),
    Column("account_id", Key, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", String(96), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    Column("role", String(16), nullable=False),  # read | write | admin
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=True),  # null: it does not
    Column("networks", Document, nullable=True),  # CIDRs from which it works; null: from everywhere
    Column("is_key", Boolean, nullable=False, default=False, server_default=false()),  # for programs alone
    Column("revoked_at", Moment, nullable=True),
    Column("grants", Document, nullable=True),  # of a fine-grained one what it is for; null: whatever its role allows
    Column("last_used_at", Moment, nullable=True),  # to within some minutes
    # The text before the newest one, which works until then: programs take their time to learn another.
    Column("former_hash", String(64), nullable=True),
    Column("former_until", Moment, nullable=True),
    Index("uq_tokens_former_hash", "former_hash", unique=True),
)

sessions = Table(
    "sessions",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("account_id", Key, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("token_id", Key, ForeignKey("tokens.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Key, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("account_id", Key, nullable=True),
    Column("action", String(64), nullable=False),
    Column("subject", String(300), nullable=False),
    Column("detail", Document, nullable=False),
    Index("ix_audit_at", "at"),
    Index("ix_audit_subject", "subject"),
)

__all__ = ["accounts", "audit", "memberships", "sessions", "tokens"]
