"""Alembic's entry: runs the migrations on the connection that `commonweight.db.migrate` hands over."""

from typing import Any, Literal

from alembic import context

from commonweight.db.migrate import is_described
from commonweight.db.tables import metadata
from commonweight.db.types import Document, Key, Moment


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our column types by their names."""
    if kind == "type" and isinstance(item, Moment):
        return "Moment()"
    if kind == "type" and item is Key:
        return "Key"
    if kind == "type" and item is Document:
        return "Document"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",  # SQLite alters a table by writing it anew
    render_item=render_item,
    include_name=is_described,
)
with context.begin_transaction():
    context.run_migrations()
