"""what may be kept of prompts and answers"""

import sqlalchemy as sa
from alembic import op

from commonweight.db.types import Document, Key, Moment

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "retention_decisions",
        sa.Column("id", Key, nullable=False),
        sa.Column("account_id", Key, nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", Key, nullable=False),
        sa.Column("decided_at", Moment(), nullable=False),
        sa.Column("ended_by", Key, nullable=True),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_retention_decisions_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_decisions")),
    )
    with op.batch_alter_table("retention_decisions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_retention_decisions_account_id"), ["account_id"], unique=False)

    op.create_table(
        "kept_answers",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("decision_id", Key, nullable=False),
        sa.Column("account_id", Key, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("model", sa.String(length=600), nullable=False),
        sa.Column("metadata", Document, nullable=False),
        sa.Column("previous_id", sa.String(length=64), nullable=True),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_kept_answers_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["decision_id"], ["retention_decisions.id"], name=op.f("fk_kept_answers_decision_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_answers")),
    )
    with op.batch_alter_table("kept_answers", schema=None) as batch_op:
        batch_op.create_index("ix_kept_answers_account_kind_created", ["account_id", "kind", "created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_kept_answers_decision_id"), ["decision_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_kept_answers_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "kept_events",
        sa.Column("answer_id", sa.String(length=64), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_id"], ["kept_answers.id"], name=op.f("fk_kept_events_answer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("answer_id", "attempt", "first", name=op.f("pk_kept_events")),
    )


def downgrade() -> None:
    op.drop_table("kept_events")
    with op.batch_alter_table("kept_answers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_kept_answers_expires_at"))
        batch_op.drop_index(batch_op.f("ix_kept_answers_decision_id"))
        batch_op.drop_index("ix_kept_answers_account_kind_created")

    op.drop_table("kept_answers")
    with op.batch_alter_table("retention_decisions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_retention_decisions_account_id"))

    op.drop_table("retention_decisions")
