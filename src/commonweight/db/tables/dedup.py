"""
Files that lie whole until they are moved into chunks; and by which chunks stored bytes are found again.

Those are the chunks that clients ask about (xet-protocol, section 9): one in a thousand, and the first of each file. All
others are found through their xorb, so that a terabyte has some ten thousand rows.
"""

from sqlalchemy import Column, ForeignKey, Index, String, Table

from commonweight.db.tables.base import metadata

asked_chunks = Table(
    "asked_chunks",
    metadata,
    Column("chunk", String(64), primary_key=True),
    Column("xorb", String(64), ForeignKey("xorbs.hash", ondelete="CASCADE"), primary_key=True),
)

Index("ix_asked_chunks_xorb", asked_chunks.c.xorb)

#: Files that came whole (git-lfs) and still lie so: one object each, until a job has moved it into chunks. Each has a row in
#: `large_files`, under a name that no file in chunks can have.
whole_files = Table(
    "whole_files",
    metadata,
    Column("xet_hash", String(64), ForeignKey("large_files.xet_hash", ondelete="CASCADE"), primary_key=True),
    Column("key", String(200), nullable=False),
)
