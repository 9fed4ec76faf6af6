"""plans subscriptions and statements"""

import sqlalchemy as sa
from alembic import op

from commonweight.db.types import Document, Key, Moment

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "closed_months",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("closed_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_closed_months")),
    )
    op.create_table(
        "payment_messages",
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=64), nullable=False),
        sa.Column("received_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("provider", "id", name=op.f("pk_payment_messages")),
    )
    op.create_table(
        "payments",
        sa.Column("id", Key, nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("outside_id", sa.String(length=200), nullable=False),
        sa.Column("subscription_id", Key, nullable=True),
        sa.Column("payer_id", Key, nullable=False),
        sa.Column("publisher_id", Key, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("by", Key, nullable=True),
        sa.Column("statement", sa.String(length=7), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("provider", "outside_id", name=op.f("uq_payments_provider_outside_id")),
    )
    with op.batch_alter_table("payments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payments_statement"), ["statement"], unique=False)
        batch_op.create_index(batch_op.f("ix_payments_subscription_id"), ["subscription_id"], unique=False)

    op.create_table(
        "account_standings",
        sa.Column("id", Key, nullable=False),
        sa.Column("account_id", Key, nullable=False),
        sa.Column("standing", sa.String(length=16), nullable=False),
        sa.Column("licence", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("by", Key, nullable=True),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("ended_by", Key, nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_account_standings_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_standings")),
    )
    with op.batch_alter_table("account_standings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_standings_account_id"), ["account_id"], unique=False)

    op.create_table(
        "plans",
        sa.Column("id", Key, nullable=False),
        sa.Column("publisher_id", Key, nullable=False),
        sa.Column("name", sa.String(length=96), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("offered", sa.Boolean(), nullable=False),
        sa.Column("anywhere", sa.Boolean(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["publisher_id"], ["accounts.id"], name=op.f("fk_plans_publisher_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plans")),
        sa.UniqueConstraint("publisher_id", "name", name=op.f("uq_plans_publisher_id_name")),
    )
    op.create_table(
        "statement_lines",
        sa.Column("id", Key, nullable=False),
        sa.Column("statement", sa.String(length=7), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("payer_id", Key, nullable=False),
        sa.Column("publisher_id", Key, nullable=False),
        sa.Column("repository", sa.String(length=200), nullable=False),
        sa.Column("plan_id", Key, nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("subscription_id", Key, nullable=False),
        sa.Column("currency", sa.String(length=8), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("prompt_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cached_tokens", sa.BigInteger(), nullable=False),
        sa.Column("completion_tokens", sa.BigInteger(), nullable=False),
        sa.Column("included_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.Column("engine_micros", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["statement"], ["closed_months.month"], name=op.f("fk_statement_lines_statement")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_lines")),
    )
    with op.batch_alter_table("statement_lines", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_statement_lines_month"), ["month"], unique=False)
        batch_op.create_index("ix_statement_lines_payer_id", ["payer_id", "statement"], unique=False)
        batch_op.create_index("ix_statement_lines_publisher_id", ["publisher_id", "statement"], unique=False)

    op.create_table(
        "plan_versions",
        sa.Column("plan_id", Key, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("terms", Document, nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("made_by", Key, nullable=True),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_plan_versions_plan_id")),
        sa.PrimaryKeyConstraint("plan_id", "version", name=op.f("pk_plan_versions")),
    )
    op.create_table(
        "subscriptions",
        sa.Column("id", Key, nullable=False),
        sa.Column("plan_id", Key, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", Key, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("commercial", sa.Boolean(), nullable=False),
        sa.Column("requested_at", Moment(), nullable=False),
        sa.Column("requested_by", Key, nullable=True),
        sa.Column("began_at", Moment(), nullable=True),
        sa.Column("charged_until", Moment(), nullable=True),
        sa.Column("ends_at", Moment(), nullable=True),
        sa.Column("next_plan_id", Key, nullable=True),
        sa.Column("next_version", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["next_plan_id"], ["plans.id"], name=op.f("fk_subscriptions_next_plan_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_subscriptions_plan_id")),
        sa.ForeignKeyConstraint(["subscriber_id"], ["accounts.id"], name=op.f("fk_subscriptions_subscriber_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
    )
    with op.batch_alter_table("subscriptions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_subscriptions_subscriber_id"), ["subscriber_id"], unique=False)
        batch_op.create_index(
            "uq_subscriptions_open",
            ["plan_id", "subscriber_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('requested', 'unpaid', 'active')"),
            postgresql_where=sa.text("state IN ('requested', 'unpaid', 'active')"),
        )

    op.create_table(
        "charges",
        sa.Column("id", Key, nullable=False),
        sa.Column("subscription_id", Key, nullable=False),
        sa.Column("payer_id", Key, nullable=False),
        sa.Column("publisher_id", Key, nullable=False),
        sa.Column("plan_id", Key, nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("first_day", sa.String(length=10), nullable=False),
        sa.Column("last_day", sa.String(length=10), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("statement", sa.String(length=7), nullable=True),
        sa.ForeignKeyConstraint(["subscription_id"], ["subscriptions.id"], name=op.f("fk_charges_subscription_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charges")),
    )
    with op.batch_alter_table("charges", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_charges_statement"), ["statement"], unique=False)
        batch_op.create_index(batch_op.f("ix_charges_subscription_id"), ["subscription_id"], unique=False)

    op.create_table(
        "subscription_events",
        sa.Column("id", Key, nullable=False),
        sa.Column("subscription_id", Key, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("by", Key, nullable=True),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("detail", Document, nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscriptions.id"], name=op.f("fk_subscription_events_subscription_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription_events")),
    )
    with op.batch_alter_table("subscription_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_subscription_events_subscription_id"), ["subscription_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("subscription_events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_subscription_events_subscription_id"))

    op.drop_table("subscription_events")
    with op.batch_alter_table("charges", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_charges_subscription_id"))
        batch_op.drop_index(batch_op.f("ix_charges_statement"))

    op.drop_table("charges")
    with op.batch_alter_table("subscriptions", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_subscriptions_open",
            sqlite_where=sa.text("state IN ('requested', 'unpaid', 'active')"),
            postgresql_where=sa.text("state IN ('requested', 'unpaid', 'active')"),
        )
        batch_op.drop_index(batch_op.f("ix_subscriptions_subscriber_id"))

    op.drop_table("subscriptions")
    op.drop_table("plan_versions")
    with op.batch_alter_table("statement_lines", schema=None) as batch_op:
        batch_op.drop_index("ix_statement_lines_publisher_id")
        batch_op.drop_index("ix_statement_lines_payer_id")
        batch_op.drop_index(batch_op.f("ix_statement_lines_month"))

    op.drop_table("statement_lines")
    op.drop_table("plans")
    with op.batch_alter_table("account_standings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_account_standings_account_id"))

    op.drop_table("account_standings")
    with op.batch_alter_table("payments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payments_subscription_id"))
        batch_op.drop_index(batch_op.f("ix_payments_statement"))

    op.drop_table("payments")
    op.drop_table("payment_messages")
    op.drop_table("closed_months")
