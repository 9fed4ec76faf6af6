"""
Tables of the storage room: what is stored, and which scope (the hub's repository network) holds it.

Bytes live with the object store. Chunks and terms are packed into one value each, since a row for each would be sixteen
million rows a terabyte.
"""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, String, Table

from commonweight.db.tables.base import metadata
from commonweight.db.types import Key, Moment

xorbs = Table(
    "xorbs",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("digest", String(64), nullable=False),  # BLAKE3 of the stored bytes, for scrubbing
    Column("key", String(200), nullable=False, server_default=""),  # of the object; no other upload of it ever has the same
    Column("stored_bytes", BigInteger, nullable=False),
    Column("unpacked_bytes", BigInteger, nullable=False),
    Column("chunks", LargeBinary, nullable=False),  # storage/xet/chunk_table.py says how it is packed
    Column("created_at", Moment, nullable=False),
)

#: A scope holds a xorb when somebody brought its bytes there; knowing its name is no way in.
xorb_holdings = Table(
    "xorb_holdings",
    metadata,
    Column("scope", Key, primary_key=True),
    Column("xorb", String(64), ForeignKey("xorbs.hash", ondelete="CASCADE"), primary_key=True),
    Column("since", Moment, nullable=False),
)

large_files = Table(
    "large_files",
    metadata,
    Column("xet_hash", String(64), primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("terms", LargeBinary, nullable=False),  # storage/terms.py says how they are packed
    Column("created_at", Moment, nullable=False),
)

#: The same bytes may have several Xet names, one for each way of cutting them; the newest is the one given out.
large_file_holdings = Table(
    "large_file_holdings",
    metadata,
    Column("scope", Key, primary_key=True),
    Column("xet_hash", String(64), ForeignKey("large_files.xet_hash", ondelete="CASCADE"), primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("since", Moment, nullable=False),
)

#: Which xorbs a file needs, for collection.
large_file_xorbs = Table(
    "large_file_xorbs",
    metadata,
    Column("xet_hash", String(64), ForeignKey("large_files.xet_hash", ondelete="CASCADE"), primary_key=True),
    Column("xorb", String(64), ForeignKey("xorbs.hash"), primary_key=True),
)

Index("ix_xorb_holdings_xorb", xorb_holdings.c.xorb)
Index("ix_large_file_holdings_scope_sha256", large_file_holdings.c.scope, large_file_holdings.c.sha256)
Index("ix_large_files_sha256", large_files.c.sha256)
Index("ix_large_file_xorbs_xorb", large_file_xorbs.c.xorb)
