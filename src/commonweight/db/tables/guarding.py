"""What must not be said to models or by them, and who decided it."""

from sqlalchemy import Column, ForeignKey, String, Table, Text

from commonweight.db.tables.base import metadata
from commonweight.db.types import Document, Key, Moment

#: Ended, never deleted: who looks later sees what was looked for when. What was found is written nowhere.
guardrails = Table(
    "guardrails",
    metadata,
    Column("id", Key, primary_key=True),
    Column("name", String(96), nullable=False),
    Column("scope", String(16), nullable=False),  # installation | account | key | model
    Column("account_id", Key, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=True, index=True),
    Column("token_id", Key, ForeignKey("tokens.id", ondelete="CASCADE"), nullable=True),
    Column("subject", String(256), nullable=False),  # the account's name, the key's number, the model's name
    Column("side", String(16), nullable=False),  # request | answer | both
    Column("action", String(16), nullable=False),  # note | mask | refuse
    Column("wanted", Document, nullable=False),
    Column("reason", Text, nullable=False),
    Column("decided_by", Key, nullable=False),
    Column("decided_at", Moment, nullable=False),
    Column("ended_by", Key, nullable=True),
    Column("ended_at", Moment, nullable=True, index=True),
)

__all__ = ["guardrails"]
