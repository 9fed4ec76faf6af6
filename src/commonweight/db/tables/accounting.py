"""What keys may do, what of their limits is used up, and who used what."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, false, true

from commonweight.db.tables.base import metadata
from commonweight.db.types import Document, Key, Moment

#: What a key was made for. A token without a row here has its owner's rights and no bounds of its own.
key_terms = Table(
    "key_terms",
    metadata,
    Column("token_id", Key, ForeignKey("tokens.id", ondelete="CASCADE"), primary_key=True),
    Column("payer_id", Key, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),  # who is billed
    Column("plan_id", Key, nullable=True),  # null: whichever fits
    Column("use_id", Key, nullable=True),  # of the policy; null: the default use
    Column("commercial", Boolean, nullable=False, server_default=true()),
    Column("models", Document, nullable=False),  # patterns; empty: all
    Column("budget_unit", String(8), nullable=False, default=""),  # tokens | a currency (ISO 4217) | empty: no budget
    Column("budget_amount", BigInteger, nullable=False, default=0),  # tokens, or micro-units of the currency
    Column("budget_period", String(8), nullable=False, default=""),  # month | total
    Column("signed", Boolean, nullable=False, server_default=false()),  # every answer gets a receipt, asked for or not
    Column("created_at", Moment, nullable=False),
)

#: How much of a limit has been handed out to processes, in one window of time. What they have not used they give back.
quotas = Table(
    "quotas",
    metadata,
    Column("name", String(96), primary_key=True),  # of the limit: what is counted, and for whom
    Column("window", String(16), primary_key=True),  # a minute, a month, or "total" and "now", which do not pass
    Column("leased", BigInteger, nullable=False),
    Column("wanted_at", Moment, nullable=True),  # when a process found nothing left: others give back what lies idle
    Column("ends_at", Moment, nullable=True),  # of the window; after it the row means nothing
    Index("ix_quotas_wanted_at", "wanted_at"),
    Index("ix_quotas_ends_at", "ends_at"),
)

#: What one process has been handed, of limits that must be given back when it dies.
quota_holds = Table(
    "quota_holds",
    metadata,
    Column("process", String(96), primary_key=True),
    Column("name", String(96), primary_key=True),
    Column("window", String(16), primary_key=True),
    Column("leased", BigInteger, nullable=False),
    Column("spent", BigInteger, nullable=False, default=0),  # what its journal, as far as it was taken over, has spent
)

#: Journals of processes, and up to which byte they have been taken over into the ledger.
journals = Table(
    "journals",
    metadata,
    Column("name", String(128), primary_key=True),  # of the file: process and number
    Column("taken", BigInteger, nullable=False),
)

#: The same usage by the minute, for as long as somebody looks that closely: rows of past days are deleted.
ledger_minutes = Table(
    "ledger_minutes",
    metadata,
    Column("minute", Moment, primary_key=True),
    Column("payer_id", Key, primary_key=True),
    Column("account_id", Key, primary_key=True),
    Column("token_id", Key, primary_key=True),
    Column("repository", String(200), primary_key=True),
    Column("commit", String(64), primary_key=True),
    Column("plan_id", Key, primary_key=True),
    Column("use_id", Key, primary_key=True),
    Column("route", String(32), primary_key=True),
    Column("currency", String(8), primary_key=True),
    Column("requests", BigInteger, nullable=False),
    Column("prompt_tokens", BigInteger, nullable=False),
    Column("cached_tokens", BigInteger, nullable=False),
    Column("completion_tokens", BigInteger, nullable=False),
    Column("included_tokens", BigInteger, nullable=False),
    Column("cost", BigInteger, nullable=False),
    Column("engine_micros", BigInteger, nullable=False),
)

#: Usage, added up per hour. Numbers are 0 where there is none of a kind (no plan, no key).
ledger = Table(
    "ledger",
    metadata,
    Column("hour", Moment, primary_key=True),
    Column("payer_id", Key, primary_key=True),
    Column("account_id", Key, primary_key=True),  # who called
    Column("token_id", Key, primary_key=True),
    Column("repository", String(200), primary_key=True),
    Column("commit", String(64), primary_key=True),
    Column("plan_id", Key, primary_key=True),
    Column("plan_version", Integer, primary_key=True),
    Column("subscription_id", Key, primary_key=True),
    Column("use_id", Key, primary_key=True),
    Column("route", String(32), primary_key=True),
    Column("currency", String(8), primary_key=True),  # empty where nothing costs
    Column("publisher_id", Key, nullable=False),
    Column("requests", BigInteger, nullable=False),
    Column("prompt_tokens", BigInteger, nullable=False),
    Column("cached_tokens", BigInteger, nullable=False),
    Column("completion_tokens", BigInteger, nullable=False),
    Column("included_tokens", BigInteger, nullable=False),  # of them, what the plan's allowance covered
    Column("cost", BigInteger, nullable=False),  # micro-units of the currency
    Column("engine_micros", BigInteger, nullable=False),  # microseconds of engines
    Index("ix_ledger_payer_id_hour", "payer_id", "hour"),
    Index("ix_ledger_publisher_id_hour", "publisher_id", "hour"),
    Index("ix_ledger_token_id", "token_id"),
)
