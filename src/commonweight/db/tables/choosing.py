"""How open the models kept here are: what was seen in each commit, and how it was graded."""

from sqlalchemy import Column, ForeignKey, Index, String, Table

from commonweight.db.tables.base import metadata
from commonweight.db.types import Document, Key, Moment

#: What the files of one commit show. It never changes, but for the rules by which they are looked at.
openness_evidence = Table(
    "openness_evidence",
    metadata,
    Column("repository_id", Key, ForeignKey("repositories.id", ondelete="CASCADE"), primary_key=True),
    Column("commit", String(40), primary_key=True),
    Column("seen_by", String(16), nullable=False),
    Column("document", Document, nullable=False),
    Column("seen_at", Moment, nullable=False),
)

#: Grades given to one commit, the newest last: a licence record, a data set or a gate may change under it.
openness_grades = Table(
    "openness_grades",
    metadata,
    Column("number", Key, primary_key=True, autoincrement=True),
    Column("repository_id", Key, ForeignKey("repositories.id", ondelete="CASCADE"), nullable=False),
    Column("commit", String(40), nullable=False),
    Column("digest", String(64), nullable=False),  # of the document: a grade that came out the same is not kept twice
    Column("document", Document, nullable=False),
    Column("graded_at", Moment, nullable=False),
    Index("ix_openness_grades_commit", "repository_id", "commit"),
)

#: Names that this installation gives to models; the first target that may run answers, the others stand in for it.
aliases = Table(
    "aliases",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("targets", Document, nullable=False),  # names of models and of other aliases, in order
    Column("created_at", Moment, nullable=False),
    Column("created_by", Key, ForeignKey("accounts.id", ondelete="SET NULL")),
)
