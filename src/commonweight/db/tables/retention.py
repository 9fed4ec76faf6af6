"""What may be kept of prompts and answers, who decided it, and what is kept by it."""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from commonweight.db.tables.base import metadata
from commonweight.db.types import Document, Key, Moment

#: Ended, never deleted: who looks later sees what was allowed when.
retention_decisions = Table(
    "retention_decisions",
    metadata,
    Column("id", Key, primary_key=True),
    Column("account_id", Key, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("scope", String(16), nullable=False),  # responses | completions | all
    Column("days", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("decided_by", Key, nullable=False),
    Column("decided_at", Moment, nullable=False),
    Column("ended_by", Key, nullable=True),
    Column("ended_at", Moment, nullable=True),
)

#: Responses and chat completions. Texts are bytes of JSON: nothing looks into them, and they may hold any character.
kept_answers = Table(
    "kept_answers",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("decision_id", Key, ForeignKey("retention_decisions.id"), nullable=False, index=True),
    Column("account_id", Key, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(16), nullable=False),  # response | completion
    Column("status", String(16), nullable=False),
    Column("model", String(600), nullable=False),
    Column("metadata", Document, nullable=False),
    Column("previous_id", String(64), nullable=True),
    Column("request", LargeBinary, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("attempt", Integer, nullable=False, default=0),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
    Index("ix_kept_answers_account_kind_created", "account_id", "kind", "created_at"),
)

#: The events of a response, several to a row; `first` is the sequence number of the first of them.
kept_events = Table(
    "kept_events",
    metadata,
    Column("answer_id", String(64), ForeignKey("kept_answers.id", ondelete="CASCADE"), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("first", Integer, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

kept_conversations = Table(
    "kept_conversations",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("decision_id", Key, ForeignKey("retention_decisions.id"), nullable=False, index=True),
    Column("account_id", Key, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("metadata", Document, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
)

#: What was said in a conversation, in its order.
kept_items = Table(
    "kept_items",
    metadata,
    Column("conversation_id", String(64), ForeignKey("kept_conversations.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("id", String(128), nullable=False),
    Column("document", LargeBinary, nullable=False),
    UniqueConstraint("conversation_id", "id"),
)

__all__ = ["kept_answers", "kept_conversations", "kept_events", "kept_items", "retention_decisions"]
