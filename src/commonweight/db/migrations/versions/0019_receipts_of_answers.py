"""receipts of answers"""

import sqlalchemy as sa
from alembic import op

from commonweight.db.types import Document, Key, Moment

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inference_receipts",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("account_id", Key, nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("document", Document, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_inference_receipts_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inference_receipts")),
    )
    with op.batch_alter_table("inference_receipts", schema=None) as batch_op:
        batch_op.create_index("ix_inference_receipts_account_id", ["account_id"], unique=False)
        batch_op.create_index("ix_inference_receipts_created_at", ["created_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("inference_receipts", schema=None) as batch_op:
        batch_op.drop_index("ix_inference_receipts_created_at")
        batch_op.drop_index("ix_inference_receipts_account_id")

    op.drop_table("inference_receipts")
