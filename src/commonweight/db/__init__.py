"""
The database: SQLite by default, PostgreSQL for a team. Engine, transactions, tables, migrations.

Other rooms write SQLAlchemy Core statements against `tables` inside `Database.write()` or `Database.read()`.
"""

from commonweight.db.away import DatabaseAway
from commonweight.db.database import Connection, Database
from commonweight.db.glancing import Glance
from commonweight.db.locks import Lock, have_alone, share
from commonweight.db.statements import add_all, insert_ignoring, upsert, upsert_all

__all__ = [
    "Connection",
    "Database",
    "DatabaseAway",
    "Glance",
    "Lock",
    "add_all",
    "have_alone",
    "insert_ignoring",
    "share",
    "upsert",
    "upsert_all",
]
