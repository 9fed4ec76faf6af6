"""Who likes which repository. How many do is a column of `repositories`, so that lists can be in that order."""

from sqlalchemy import Column, ForeignKey, Index, Table

from commonweight.db.tables.base import metadata
from commonweight.db.types import Key, Moment

likes = Table(
    "likes",
    metadata,
    Column("repository_id", Key, ForeignKey("repositories.id", ondelete="CASCADE"), primary_key=True),
    Column("account_id", Key, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("liked_at", Moment, nullable=False),
    Index("ix_likes_account_id", "account_id", "liked_at"),
)
