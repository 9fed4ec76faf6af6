"""How repositories are found, and how often they are fetched."""

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Integer, String, Table, Text, text

from commonweight.db.tables.base import metadata
from commonweight.db.types import Key

_STALE = text('"commit" IS NULL')

#: What lists look at, of the newest commit of `main`. Beside it the databases keep `listings_search`, an index of `tokens`
#: in a shape of their own, by triggers: a full-text table in SQLite (FTS5), a column of lexemes in PostgreSQL.
listings = Table(
    "listings",
    metadata,
    Column("repository_id", Key, ForeignKey("repositories.id", ondelete="CASCADE"), primary_key=True),
    Column("commit", String(40), nullable=True),  # null: `main` has moved, or nothing has been read so far
    Column("parameters", BigInteger, nullable=True),  # of a model, where a header says
    Column("tokens", Text, nullable=False),  # hub/listing/tokens.py
    Index("ix_listings_parameters", "parameters"),
    Index(
        "ix_listings_stale", "repository_id", sqlite_where=text('"commit" IS NULL'), postgresql_where=text("commit IS NULL")
    ),
)

#: Tags, for counting: which there are, of which kind, and how many repositories have them.
listing_tags = Table(
    "listing_tags",
    metadata,
    Column("tag_lower", String(200), primary_key=True),
    Column("repository_id", Key, ForeignKey("listings.repository_id", ondelete="CASCADE"), primary_key=True),
    Column("tag", String(200), nullable=False),
    Column("type", String(32), nullable=False),  # pipeline_tag | library | language | license | dataset | …
    Index("ix_listing_tags_repository_id", "repository_id"),
    Index("ix_listing_tags_type", "type", "tag_lower"),
)

#: Downloads by day, of the last thirty.
download_days = Table(
    "download_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("repository_id", Key, ForeignKey("repositories.id", ondelete="CASCADE"), primary_key=True),
    Column("count", Integer, nullable=False),
    Index("ix_download_days_repository_id", "repository_id"),
)
