"""
What was found in files that may run code, by their content: the same file is looked through once for the installation. Who
may know of a file is no matter of these tables: a row is used for repositories that hold the file.
"""

from sqlalchemy import Column, Integer, String, Table

from commonweight.db.tables.base import metadata
from commonweight.db.types import Document, Moment

#: `file` is `sha256:…` of a large file, `git:…` of a small one; the kind says as what it was looked through.
file_scans = Table(
    "file_scans",
    metadata,
    Column("file", String(72), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("scanner", String(64), nullable=False),  # name and version; "" while it waits
    Column("verdict", String(16), nullable=False),  # safe | suspicious | unsafe | queued | unscanned
    Column("document", Document, nullable=False),
    Column("scanned_at", Moment, nullable=False),
)

#: One row: by which scanner all files have been looked through, so that a newer one is noticed.
file_scanners = Table(
    "file_scanners",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("scanner", String(64), nullable=False),
)
