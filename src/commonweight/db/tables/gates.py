"""Access to gated repositories: who asked, what came of it, and what exactly was accepted."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table, Text, UniqueConstraint

from commonweight.db.tables.base import metadata
from commonweight.db.types import Document, Key, Moment

#: How one person stands with one gated repository. One row for both, whatever happened before: that is in `audit`.
access_requests = Table(
    "access_requests",
    metadata,
    Column("id", Key, primary_key=True),
    Column("repository_id", Key, ForeignKey("repositories.id", ondelete="CASCADE"), nullable=False),
    Column("account_id", Key, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("status", String(16), nullable=False),  # pending | accepted | rejected | withdrawn
    Column("acceptance_id", Key, nullable=True),  # what the person accepted; null: granted without being asked for
    Column("decided_by", Key, nullable=True),  # of those who administer; null: nobody has decided, the gate lets in
    Column("reason", Text, nullable=False, default=""),  # of a rejection
    Column("asked_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    UniqueConstraint("repository_id", "account_id"),
    Index("ix_access_requests_account_id", "account_id"),
    sqlite_autoincrement=True,  # clients keep these numbers
)

#: What somebody accepted: never changed, and kept when the repository or the account is deleted. Names are of that day.
access_acceptances = Table(
    "access_acceptances",
    metadata,
    Column("id", Key, primary_key=True),
    Column("repository_id", Key, nullable=False),
    Column("repository", String(300), nullable=False),  # models/ada/tiny
    Column("commit", String(40), nullable=False),  # of which card and licence texts were shown
    Column("account_id", Key, nullable=False),
    Column("account", String(96), nullable=False),
    Column("fullname", String(200), nullable=False),
    Column("terms", String(64), nullable=False),  # a hash of `access_texts`
    Column("licence", String(200), nullable=False),  # the card's words for it; "" where it has none
    Column("licence_texts", Document, nullable=False),  # [{path, hash}]: the texts that lay beside the card
    Column("fields", Document, nullable=False),  # what was filled in, by the label that was shown
    Column("is_shown", Boolean, nullable=False),  # whether the client sent back the hash of what it had shown
    Column("accepted_at", Moment, nullable=False),
    Index("ix_access_acceptances_repository_id", "repository_id"),
    sqlite_autoincrement=True,
)

#: Texts that were accepted, once each, by the SHA-256 of their UTF-8.
access_texts = Table(
    "access_texts",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("text", Text, nullable=False),
)
