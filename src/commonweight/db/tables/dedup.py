"""
By which chunks stored bytes are found again: those that clients ask about (xet-protocol, section 9), one in a thousand and
the first of each file. All others are found through their xorb, so that a terabyte has some ten thousand rows.
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
