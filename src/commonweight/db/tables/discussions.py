"""Discussions and pull requests of repositories, and what was said and done in them."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from commonweight.db.tables.base import metadata
from commonweight.db.types import Document, Key, Moment

discussions = Table(
    "discussions",
    metadata,
    Column("id", Key, primary_key=True),
    Column("repository_id", Key, ForeignKey("repositories.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),  # one count for both kinds, from 1: repositories.last_discussion
    Column("title", String(200), nullable=False),
    Column("status", String(8), nullable=False),  # draft | open | closed | merged
    Column("is_pull_request", Boolean, nullable=False),
    Column("author_id", Key, ForeignKey("accounts.id", ondelete="SET NULL"), nullable=True),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    # Of a pull request, else "":
    Column("base", String(255), nullable=False, default=""),  # the branch that it is to go into: refs/heads/main
    Column("base_commit", String(40), nullable=False, default=""),  # what its changes are counted from
    Column("merge_commit", String(40), nullable=False, default=""),  # where the base stood after the merge
    UniqueConstraint("repository_id", "number"),
)

discussion_events = Table(
    "discussion_events",
    metadata,
    Column("id", Key, primary_key=True),
    Column("discussion_id", Key, ForeignKey("discussions.id", ondelete="CASCADE"), nullable=False),
    Column("type", String(16), nullable=False),  # comment | status-change | title-change | commit
    Column("author_id", Key, ForeignKey("accounts.id", ondelete="SET NULL"), nullable=True),
    Column("created_at", Moment, nullable=False),
    Column("data", Document, nullable=False),  # by type: {status}, {from, to}, {subject, oid}; of a comment {}
    Column("hidden_at", Moment, nullable=True),  # of a comment: its texts are gone
    Index("ix_discussion_events_discussion_id", "discussion_id"),
    sqlite_autoincrement=True,  # clients keep these numbers; one must never lead to another comment
)

#: What a comment says, and what it said before it was edited.
comment_texts = Table(
    "comment_texts",
    metadata,
    Column("event_id", Key, ForeignKey("discussion_events.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True),  # from 0
    Column("text", Text, nullable=False),
    Column("author_id", Key, ForeignKey("accounts.id", ondelete="SET NULL"), nullable=True),
    Column("written_at", Moment, nullable=False),
)

#: Where somebody who may not write to a repository keeps what he uploads for pull requests: a scope of his own, with the
#: number GUEST_SCOPES + id. It outlives the repository, since clients remember for weeks what they have sent.
guest_scopes = Table(
    "guest_scopes",
    metadata,
    Column("id", Key, primary_key=True),
    Column("repository_id", Key, nullable=False),
    Column("account_id", Key, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    UniqueConstraint("repository_id", "account_id"),
    sqlite_autoincrement=True,  # a number that was once given must never come again
)
