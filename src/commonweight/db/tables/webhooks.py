"""Webhooks: who is told of what happens to repositories, and what came of telling them."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from commonweight.db.tables.base import metadata
from commonweight.db.types import Document, Key, Moment

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Key, primary_key=True),
    Column("key", String(24), nullable=False, unique=True),  # what clients call it by
    Column("account_id", Key, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("url", Text, nullable=False),
    Column("watched", Document, nullable=False),  # [{type: user|org|model|dataset|space, name}]
    Column("domains", Document, nullable=False),  # [repo, discussion]
    Column("sealed_secret", Text, nullable=False, default=""),  # Fernet; "" where there is none
    Column("is_enabled", Boolean, nullable=False),
    Column("why_disabled", Text, nullable=False, default=""),  # "" where somebody disabled it
    Column("given_up", Integer, nullable=False, default=0),  # deliveries in a row that never arrived
    Column("created_at", Moment, nullable=False),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", Key, primary_key=True),
    Column("webhook_id", Key, ForeignKey("webhooks.id", ondelete="CASCADE"), nullable=False),
    Column("event", String(64), nullable=False),  # names what happened once: a second look at it sends nothing again
    Column("scope", String(32), nullable=False),  # repo | repo.content | repo.config | discussion | discussion.comment
    Column("action", String(16), nullable=False),  # create | update | move | delete
    Column("about", String(300), nullable=False),  # models/ada/tiny
    Column("body", Text, nullable=False),  # JSON, as it is sent
    Column("state", String(16), nullable=False),  # waiting | delivered | failed
    Column("tries", Integer, nullable=False, default=0),
    Column("status", Integer, nullable=True),  # of the last answer
    Column("answer", Text, nullable=False, default=""),  # the beginning of the last answer, or why there was none
    Column("created_at", Moment, nullable=False),
    Column("tried_at", Moment, nullable=True),
    UniqueConstraint("webhook_id", "event"),
    Index("ix_webhook_deliveries_webhook_id", "webhook_id", "id"),
    sqlite_autoincrement=True,
)
