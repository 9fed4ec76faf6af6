"""A database that does not answer now: cut off, starting, full or too busy. Told apart from a defect of ours."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from asyncpg import PostgresError  # type: ignore[import-untyped]
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from commonweight.errors import Unavailable

log = logging.getLogger(__name__)

COME_BACK: Final = {"retry-after": "1"}
#: SQLSTATE classes of PostgreSQL, appendix A: connection, insufficient resources, operator intervention, system error.
_AWAY_STATES: Final = ("08", "53", "57", "58")
#: What SQLite says of a lock that is held too long, of the disk, and of a file that cannot be written or opened.
_SQLITE_AWAY: Final = ("is locked", "disk i/o", "disk is full", "readonly", "unable to open")


class DatabaseAway(Unavailable, SQLAlchemyError):
    """Also a SQLAlchemyError: whoever goes on without the database catches one class. It quotes no statement."""

    code = "database_unavailable"  # type: ignore[misc]  # SQLAlchemy has an attribute of that name, which is None

    def __init__(self) -> None:
        super().__init__("The database does not answer now.", hint="Try again.", headers=COME_BACK)

    def __str__(self) -> str:
        return self.sentence


@asynccontextmanager
async def told_away() -> AsyncIterator[None]:
    """Raises DatabaseAway for what says that the database is away; everything else passes as it is."""
    try:
        yield
    except (DBAPIError, PostgresError, NoConnectionFree) as error:
        if not _is_away(error):
            raise
        cause = getattr(error, "orig", None) or error  # without the statement and its values
        log.warning("the database does not answer: %s: %s", type(cause).__name__, cause)
        raise DatabaseAway from None


def _is_away(error: Exception) -> bool:
    if isinstance(error, NoConnectionFree):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    cause = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(cause, "sqlstate", None)
    if state is not None:
        return str(state).startswith(_AWAY_STATES)
    return isinstance(error, OperationalError) and any(word in str(cause).lower() for word in _SQLITE_AWAY)
