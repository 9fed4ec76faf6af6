"""Files that clients upload or that batches make, uploads in parts, and bytes that are to go."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text

from commonweight.db.tables.base import metadata
from commonweight.db.types import Document, Key, Moment

files = Table(
    "files",
    metadata,
    Column("number", Key, primary_key=True),  # the order in lists
    Column("id", String(64), nullable=False, unique=True),  # file-…
    Column("account_id", Key, ForeignKey("accounts.id"), nullable=False),  # whose tokens see it
    Column("filename", Text, nullable=False),
    Column("purpose", String(32), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("facts", Document, nullable=False),  # what the check of its lines has found: lines, url, model
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=True),
    Index("ix_files_account_number", "account_id", "number"),
    Index("ix_files_expires_at", "expires_at"),
)

#: The bytes of a file, one blob after the other: one for a file that came whole, one per part of an upload.
file_pieces = Table(
    "file_pieces",
    metadata,
    Column("file", Key, ForeignKey("files.number", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("key", String(100), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
)

uploads = Table(
    "uploads",
    metadata,
    Column("number", Key, primary_key=True),
    Column("id", String(64), nullable=False, unique=True),  # upload_…
    Column("account_id", Key, ForeignKey("accounts.id"), nullable=False),
    Column("filename", Text, nullable=False),
    Column("purpose", String(32), nullable=False),
    Column("bytes", BigInteger, nullable=False),  # as announced
    Column("status", String(16), nullable=False),  # pending | completed | cancelled | expired
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("file_seconds", Integer, nullable=True),  # for how long its file is kept; null: as the purpose says
    Column("file_id", String(64), nullable=True),
    Column("part_ids", Document, nullable=True),  # in which order it was completed, so that a repeated request is known
    Index("ix_uploads_status_expires_at", "status", "expires_at"),
)

upload_parts = Table(
    "upload_parts",
    metadata,
    Column("number", Key, primary_key=True),
    Column("id", String(64), nullable=False, unique=True),  # part_…
    Column("upload", Key, ForeignKey("uploads.number", ondelete="CASCADE"), nullable=False),
    Column("key", String(100), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
    Index("ix_upload_parts_upload", "upload"),
)

#: Blobs that nothing refers to: being written (then a row of another table takes them over), or given up.
file_garbage = Table(
    "file_garbage",
    metadata,
    Column("key", String(100), primary_key=True),
    Column("collect_after", Moment, nullable=False),
    Index("ix_file_garbage_collect_after", "collect_after"),
)
