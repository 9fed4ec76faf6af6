"""Plans, who is subscribed to them, what is owed and paid for them, who may permit in a licensor's name, statements."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint, text

from commonweight.db.tables.base import metadata
from commonweight.db.types import Document, Key, Moment

#: A plan, with the version that is offered now.
plans = Table(
    "plans",
    metadata,
    Column("id", Key, primary_key=True),
    Column("publisher_id", Key, ForeignKey("accounts.id"), nullable=False),
    Column("name", String(96), nullable=False),
    Column("version", Integer, nullable=False),
    Column("offered", Boolean, nullable=False),
    Column("anywhere", Boolean, nullable=False),  # an administrator of the installation offers models of any namespace
    Column("made_at", Moment, nullable=False),
    UniqueConstraint("publisher_id", "name"),
)

#: What each version promises. Never changed.
plan_versions = Table(
    "plan_versions",
    metadata,
    Column("plan_id", Key, ForeignKey("plans.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("title", String(200), nullable=False),
    Column("description", Text, nullable=False),
    Column("terms", Document, nullable=False),  # docs/plans.md
    Column("since", Moment, nullable=False),
    Column("made_by", Key, nullable=True),
)

_OPEN = text("state IN ('requested', 'unpaid', 'active')")

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", Key, primary_key=True),
    Column("plan_id", Key, ForeignKey("plans.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("subscriber_id", Key, ForeignKey("accounts.id"), nullable=False, index=True),
    Column("state", String(16), nullable=False),  # requested | unpaid | active | lapsed | cancelled | refused
    Column("commercial", Boolean, nullable=False),
    Column("requested_at", Moment, nullable=False),
    Column("requested_by", Key, nullable=True),
    Column("began_at", Moment, nullable=True),
    Column("charged_until", Moment, nullable=True),  # the fee of all months before this one has been charged
    Column("ends_at", Moment, nullable=True),
    Column("next_plan_id", Key, ForeignKey("plans.id"), nullable=True),  # from the next month on
    Column("next_version", Integer, nullable=True),
)
# One that is open per plan and subscriber; the history keeps any number.
Index("uq_subscriptions_open", subscriptions.c.plan_id, subscriptions.c.subscriber_id, unique=True,
      sqlite_where=_OPEN, postgresql_where=_OPEN)  # fmt: skip

#: What happened to a subscription. Only added to.
subscription_events = Table(
    "subscription_events",
    metadata,
    Column("id", Key, primary_key=True),
    Column("subscription_id", Key, ForeignKey("subscriptions.id"), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("by", Key, nullable=True),  # null: the installation itself
    Column("what", String(32), nullable=False),
    Column("detail", Document, nullable=False),
)

#: Fees and credits of subscriptions, in micro-units; usage stands in the ledger. Only added to.
charges = Table(
    "charges",
    metadata,
    Column("id", Key, primary_key=True),
    Column("subscription_id", Key, ForeignKey("subscriptions.id"), nullable=False, index=True),
    Column("payer_id", Key, nullable=False, index=True),
    Column("publisher_id", Key, nullable=False, index=True),
    Column("plan_id", Key, nullable=False),
    Column("plan_version", Integer, nullable=False),
    Column("kind", String(16), nullable=False),  # fee | credit
    Column("currency", String(3), nullable=False),
    Column("amount", BigInteger, nullable=False),  # below 0: a credit
    Column("first_day", String(10), nullable=False),  # of what it is for
    Column("last_day", String(10), nullable=False),
    Column("at", Moment, nullable=False),
    Column("statement", String(7), nullable=True, index=True),  # the month whose statement lists it; null: none yet
)

#: What was paid. An id of a provider counts once.
payments = Table(
    "payments",
    metadata,
    Column("id", Key, primary_key=True),
    Column("provider", String(32), nullable=False),
    Column("outside_id", String(200), nullable=False),
    Column("subscription_id", Key, nullable=True, index=True),
    Column("payer_id", Key, nullable=False),
    Column("publisher_id", Key, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("note", Text, nullable=False, default=""),
    Column("at", Moment, nullable=False),
    Column("by", Key, nullable=True),
    Column("statement", String(7), nullable=True, index=True),
    UniqueConstraint("provider", "outside_id"),
)

#: Messages of payment providers that were accepted: each is acted on once.
payment_messages = Table(
    "payment_messages",
    metadata,
    Column("provider", String(32), primary_key=True),
    Column("id", String(200), primary_key=True),
    Column("kind", String(64), nullable=False),
    Column("outcome", String(64), nullable=False),
    Column("received_at", Moment, nullable=False),
)

#: Who an administrator of the installation found to be the licensor of a licence, or to belong to the organisation that runs
#: the installation: whose permissions are the installation's own.
standings_of_accounts = Table(
    "account_standings",
    metadata,
    Column("id", Key, primary_key=True),
    Column("account_id", Key, ForeignKey("accounts.id"), nullable=False, index=True),
    Column("standing", String(16), nullable=False),  # licensor | house
    Column("licence", String(200), nullable=False, default=""),
    Column("reason", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", Key, nullable=True),
    Column("ended_at", Moment, nullable=True),
    Column("ended_by", Key, nullable=True),
    Column("end_reason", Text, nullable=False, default=""),
)

#: Months whose statements are final.
closed_months = Table(
    "closed_months",
    metadata,
    Column("month", String(7), primary_key=True),  # 2026-11
    Column("closed_at", Moment, nullable=False),
)

#: Usage as statements list it: what the ledger had for a month when the statement was closed, less what was listed before.
statement_lines = Table(
    "statement_lines",
    metadata,
    Column("id", Key, primary_key=True),
    Column("statement", String(7), ForeignKey("closed_months.month"), nullable=False),
    Column("month", String(7), nullable=False, index=True),  # of the usage; earlier than the statement's: it came late
    Column("payer_id", Key, nullable=False),
    Column("publisher_id", Key, nullable=False),
    Column("repository", String(200), nullable=False),
    Column("plan_id", Key, nullable=False),
    Column("plan_version", Integer, nullable=False),
    Column("subscription_id", Key, nullable=False),
    Column("currency", String(8), nullable=False),
    Column("requests", BigInteger, nullable=False),
    Column("prompt_tokens", BigInteger, nullable=False),
    Column("cached_tokens", BigInteger, nullable=False),
    Column("completion_tokens", BigInteger, nullable=False),
    Column("included_tokens", BigInteger, nullable=False),
    Column("cost", BigInteger, nullable=False),
    Column("engine_micros", BigInteger, nullable=False),
    Index("ix_statement_lines_payer_id", "payer_id", "statement"),
    Index("ix_statement_lines_publisher_id", "publisher_id", "statement"),
)
