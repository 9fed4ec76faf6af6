"""Repositories: git objects, refs, what a commit's card says."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from commonweight.db.tables.base import metadata
from commonweight.db.types import Document, Key, Moment

repositories = Table(
    "repositories",
    metadata,
    Column("id", Key, primary_key=True),
    Column("kind", String(16), nullable=False),  # model | dataset | space
    Column("namespace_id", Key, ForeignKey("accounts.id"), nullable=False),
    Column("name", String(96), nullable=False),
    Column("name_lower", String(96), nullable=False),
    Column("visibility", String(16), nullable=False),  # public | private
    Column("gated", String(16), nullable=False, default=""),  # "" | auto | manual
    Column("scope", Key, nullable=False),  # the repository network: git objects and large files are keyed by it
    Column("downloads", BigInteger, nullable=False, default=0),  # of the last thirty days
    Column("downloads_all_time", BigInteger, nullable=False, default=0, server_default="0"),
    Column("likes", Integer, nullable=False, default=0, server_default="0"),
    Column("trending", BigInteger, nullable=False, default=0, server_default="0"),  # downloads of the last seven days
    Column("last_discussion", Integer, nullable=False, default=0, server_default="0"),  # the highest number given
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("created_by", Key, nullable=True),  # the account that made it; null: made before that was kept
    UniqueConstraint("kind", "namespace_id", "name_lower"),
    # A number that was once given must never come again: a new repository would find the bytes of a deleted one.
    sqlite_autoincrement=True,
)

#: Git objects, byte for byte. An id is never a right: the key holds the repository network.
git_objects = Table(
    "git_objects",
    metadata,
    Column("scope", Key, primary_key=True),
    Column("id", String(40), primary_key=True),
    Column("type", String(8), nullable=False),  # blob | tree | commit | tag
    Column("size", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=True),  # null: kept in storage under `key`
    Column("key", String(200), nullable=True),
    Column("parent", String(40), nullable=True),  # of a commit: its first parent, so that history is one query
    Column("large_sha256", String(64), nullable=True),  # of a blob that is an LFS pointer: what it points to
    Column("large_size", BigInteger, nullable=True),
)

refs = Table(
    "refs",
    metadata,
    Column("repository_id", Key, ForeignKey("repositories.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(255), primary_key=True),  # refs/heads/main, refs/tags/v1
    Column("target", String(40), nullable=False),  # a commit, or the tag object of an annotated tag
    Column("commit", String(40), nullable=False),  # the commit that `target` comes to
    Column("updated_at", Moment, nullable=False),
)

#: What a job read out of a commit: the card, the licence files, the lineage it declares.
revision_facts = Table(
    "revision_facts",
    metadata,
    Column("repository_id", Key, ForeignKey("repositories.id", ondelete="CASCADE"), primary_key=True),
    Column("commit", String(40), primary_key=True),
    Column("card", Document, nullable=False),  # YAML front matter as JSON, {} where there is none
    Column("card_error", Text, nullable=False, default=""),
    Column("facts", Document, nullable=False),
    Column("read_at", Moment, nullable=False),
)

#: Moved repositories keep answering under their old name.
redirects = Table(
    "redirects",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("namespace_lower", String(96), primary_key=True),
    Column("name_lower", String(96), primary_key=True),
    Column("repository_id", Key, ForeignKey("repositories.id", ondelete="CASCADE"), nullable=False, index=True),
)

#: Whose a network was. Clients remember for weeks what they uploaded there and refer to it, also after a deletion.
former_scopes = Table(
    "former_scopes",
    metadata,
    Column("scope", Key, primary_key=True),
    Column("namespace_id", Key, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("deleted_at", Moment, nullable=False),
)

#: Whose weights a repository carries: written by what converted, merged or tuned them here, never read from a card.
weight_origins = Table(
    "weight_origins",
    metadata,
    Column("repository_id", Key, ForeignKey("repositories.id", ondelete="CASCADE"), primary_key=True),
    Column("origin_id", Key, primary_key=True, autoincrement=False),  # of a repository, which may be gone by now
    Column("commit", String(40), nullable=False),  # of the origin
    Column("path", Text, nullable=False, default=""),  # of a file that is the origin's weights unchanged
    Column("name", String(200), nullable=False),  # of the origin, as it was last known
    Column("namespace_id", Key, nullable=False),  # whose the origin was, where it is gone
    Column("was_closed", Boolean, nullable=False),  # whether it was private or gated, where it is gone
    Column("recorded_at", Moment, nullable=False),
    Index("ix_weight_origins_origin", "origin_id"),
)

#: Models and data sets that are known but not kept here: metadata only.
known_models = Table(
    "known_models",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("kind", String(16), nullable=False),  # model | dataset
    Column("publisher", String(200), nullable=False),
    Column("document", Document, nullable=False),
    Column("source", String(200), nullable=False),  # name and version of the catalogue it came with
    Column("updated_at", Moment, nullable=False),
)

Index("ix_repositories_scope", repositories.c.scope)
Index("ix_repositories_updated_at", repositories.c.updated_at)
# Lists of one kind in each order that they can be asked for.
for _order in ("created_at", "updated_at", "downloads", "likes", "trending"):
    Index(f"ix_repositories_kind_{_order}", repositories.c.kind, repositories.c[_order], repositories.c.id)

#: The lineage as a graph: what each commit says that it was made from. Read by the job that reads a commit.
lineage_edges = Table(
    "lineage_edges",
    metadata,
    Column("repository_id", Key, ForeignKey("repositories.id", ondelete="CASCADE"), primary_key=True),
    Column("commit", String(40), primary_key=True),
    Column("position", Key, primary_key=True, autoincrement=False),  # in the order that the commit names them
    Column("parent_kind", String(16), nullable=False),  # model | dataset
    Column("parent", String(300), nullable=False),  # as the child names it
    Column("parent_lower", String(300), nullable=False),
    Column("relation", String(32), nullable=False),
    Column("evidence", String(16), nullable=False),
    Column("part", Boolean, nullable=False, default=False),
    Column("source", Text, nullable=False, default=""),
    Index("ix_lineage_edges_parent", "parent_lower"),
)
