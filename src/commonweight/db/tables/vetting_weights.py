"""
What files of weights say by themselves: claims in their headers, and fingerprints of their bytes.

A file is named by its content (`sha256:…` of a large file, `git:…` of a small one), so the same file is read once for the
installation. Who may know of a file is no matter of these tables: an entry is used for repositories that hold the file.
"""

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint, text

from commonweight.db.tables.base import metadata
from commonweight.db.types import Document, Key, Moment

#: What the header of a file claims: licence, base models, names.
weight_heads = Table(
    "weight_heads",
    metadata,
    Column("file", String(72), primary_key=True),
    Column("read_by", Integer, nullable=False),  # version of the reading; what an older one read is read again
    Column("document", Document, nullable=False),
    Column("read_at", Moment, nullable=False),
)

#: What all headers of a commit claim together.
weight_claims = Table(
    "weight_claims",
    metadata,
    Column("repository_id", Key, ForeignKey("repositories.id", ondelete="CASCADE"), primary_key=True),
    Column("commit", String(40), primary_key=True),
    Column("read_by", Integer, nullable=False),
    Column("document", Document, nullable=False),
    Column("read_at", Moment, nullable=False),
)

#: Files whose bytes were fingerprinted.
weight_files = Table(
    "weight_files",
    metadata,
    Column("id", Key, primary_key=True),
    Column("file", String(72), nullable=False, unique=True),
    Column("size", BigInteger, nullable=False),
    Column("read_by", Integer, nullable=False),
    Column("counts", Document, nullable=False),  # {tensors, chunks, level, ...}: what the marks are a sample of
    Column("read_at", Moment, nullable=False),
)

#: Fingerprints: the first 64 bits of a digest. The order of the key answers *who else has this* from the index alone.
weight_marks = Table(
    "weight_marks",
    metadata,
    Column("kind", Integer, primary_key=True, autoincrement=False),  # vetting.fingerprints says which
    Column("digest", BigInteger, primary_key=True, autoincrement=False),
    Column("file_id", Key, ForeignKey("weight_files.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("bytes", BigInteger, nullable=False),  # that the mark stands for
)
Index("ix_weight_marks_file_id", weight_marks.c.file_id)

#: Which repositories have, or had, a fingerprinted file on their main branch, and since when.
weight_holdings = Table(
    "weight_holdings",
    metadata,
    Column("repository_id", Key, ForeignKey("repositories.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("file_id", Key, ForeignKey("weight_files.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("path", Text, nullable=False),
    Column("commit", String(40), nullable=False),  # the newest that was seen to have it
    Column("since", Moment, nullable=False),  # by this server's clock
)
Index("ix_weight_holdings_file_id", weight_holdings.c.file_id, weight_holdings.c.since)

#: That a repository may stand on another, undeclared. What people made of it stays, also where the base is gone.
suspects = Table(
    "suspects",
    metadata,
    Column("id", Key, primary_key=True),
    Column("repository_id", Key, ForeignKey("repositories.id", ondelete="CASCADE"), nullable=False),
    Column("base_id", Key, ForeignKey("repositories.id", ondelete="SET NULL"), nullable=True, index=True),
    Column("base_name", String(300), nullable=False),  # as it was called when it was found or confirmed
    Column("state", String(16), nullable=False),  # open | confirmed | dismissed | gone
    Column("strength", String(16), nullable=False),  # strong | some | weak
    Column("share", Float, nullable=False),  # of the repository's bytes that lie in the base too, 0 to 1
    Column("commit", String(40), nullable=False),  # of the repository, as it was when compared
    Column("base_commit", String(40), nullable=False),
    Column("basis", String(64), nullable=False),  # digest of the files that were compared: what a dismissal is about
    Column("relation", String(32), nullable=False),  # a word of the lineage
    Column("evidence", Document, nullable=False),
    Column("found_at", Moment, nullable=False),
    Column("decided_at", Moment, nullable=True),
    Column("decided_by", Key, nullable=True),
    Column("reason", Text, nullable=False, default=""),
    UniqueConstraint("repository_id", "base_id"),
)
Index("ix_suspects_confirmed", suspects.c.repository_id,
      sqlite_where=text("state = 'confirmed'"), postgresql_where=text("state = 'confirmed'"))  # fmt: skip
