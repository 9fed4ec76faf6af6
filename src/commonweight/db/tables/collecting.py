"""
What lies in the object store, what nothing refers to any more, and what was found damaged.

A thing is doomed from the moment at which a collection finds that nothing refers to it, and goes when it has been for all
of the grace. Whoever mentions it in between spares it: the row goes, and the clock begins anew.
"""

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, String, Table, Text

from commonweight.db.tables.base import metadata
from commonweight.db.types import Document, Key, Moment

#: Every object of the store. A key is never used twice, so what is to go can be removed without a look who comes.
stored_objects = Table(
    "stored_objects",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("bytes", BigInteger, nullable=False),
    Column("collect_after", Moment, nullable=True, index=True),  # null: a row of its owner refers to it
)

doomed_files = Table(
    "doomed_files",
    metadata,
    Column("scope", Key, primary_key=True, autoincrement=False),
    Column("xet_hash", String(64), primary_key=True),
    Column("since", Moment, nullable=False, index=True),
    ForeignKeyConstraint(
        ["scope", "xet_hash"],
        ["large_file_holdings.scope", "large_file_holdings.xet_hash"],
        name="fk_doomed_files_holding",
        ondelete="CASCADE",
    ),
)

doomed_xorbs = Table(
    "doomed_xorbs",
    metadata,
    Column("scope", Key, primary_key=True, autoincrement=False),
    Column("xorb", String(64), primary_key=True, index=True),
    Column("since", Moment, nullable=False, index=True),
    ForeignKeyConstraint(
        ["scope", "xorb"],
        ["xorb_holdings.scope", "xorb_holdings.xorb"],
        name="fk_doomed_xorbs_holding",
        ondelete="CASCADE",
    ),
)

doomed_git_objects = Table(
    "doomed_git_objects",
    metadata,
    Column("scope", Key, primary_key=True, autoincrement=False),
    Column("id", String(40), primary_key=True),
    Column("since", Moment, nullable=False),
    ForeignKeyConstraint(
        ["scope", "id"], ["git_objects.scope", "git_objects.id"], name="fk_doomed_git_objects_object", ondelete="CASCADE"
    ),
)

#: What scrubbing found to be other than it was stored. Gone when it is found whole again.
damages = Table(
    "damages",
    metadata,
    Column("kind", String(16), primary_key=True),  # xorb | file | git | piece
    Column("subject", String(200), primary_key=True),
    Column("detail", Text, nullable=False),
    Column("found_at", Moment, nullable=False),
)

#: What the storage room remembers of its own work: the generation of the store, how far scrubbing has come.
storage_notes = Table(
    "storage_notes",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Document, nullable=False),
    Column("updated_at", Moment, nullable=False),
)
