"""What this installation allows: its uses and the verdicts that stand for them."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table, Text

from commonweight.db.tables.base import metadata
from commonweight.db.types import Document, Key, Moment

#: A use: who asks, for what, how, where. One of them is the installation's standing use.
uses = Table(
    "uses",
    metadata,
    Column("id", Key, primary_key=True),
    Column("name", String(96), nullable=False, unique=True),
    Column("description", Text, nullable=False, default=""),
    Column("facts", Document, nullable=False),
    Column("is_standing", Boolean, nullable=False, default=False),
    Column("updated_at", Moment, nullable=False),
    Column("updated_by", Key, nullable=True),
)

#: Every verdict ever given, whole; its id is the digest of what went in.
verdicts = Table(
    "verdicts",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("value", String(32), nullable=False),
    Column("subject", String(300), nullable=False),  # models/ns/name@commit or known/id
    Column("repository_id", Key, nullable=True),  # no foreign key: a verdict outlives its repository, and is hidden then
    Column("namespace_id", Key, nullable=True),
    Column("private", Boolean, nullable=False, default=False),  # decided while the repository was private
    Column("account_id", Key, nullable=True),  # whose own facts went in; null: those of the standing use
    Column("use_name", String(96), nullable=False),
    Column("question", Document, nullable=False),
    Column("document", Document, nullable=False),
    Column("created_at", Moment, nullable=False),
    Index("ix_verdicts_subject", "subject"),
)

#: The verdict that stands for a subject under a use, and the digests for which it holds.
standing_verdicts = Table(
    "standing_verdicts",
    metadata,
    Column("subject", String(300), primary_key=True),
    Column("use_id", Key, ForeignKey("uses.id", ondelete="CASCADE"), primary_key=True),
    Column("verdict_id", String(64), ForeignKey("verdicts.id"), nullable=False),
    Column("basis", String(64), nullable=False),  # digest of the use, the records and the engine
    Column("inputs", String(64), nullable=False),  # digest of the basis and the subject with its lineage
    Column("decided_at", Moment, nullable=False),
    Column("checked_at", Moment, nullable=False),  # when the lineage was last looked at again
)
