"""what licence texts are"""

import sqlalchemy as sa
from alembic import op

from commonweight.db.types import Document, Moment

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "text_readers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("matcher", sa.String(length=64), nullable=False),
        sa.Column("records", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_readers")),
    )
    op.create_table(
        "text_readings",
        sa.Column("oid", sa.String(length=40), nullable=False),
        sa.Column("matcher", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("document", Document, nullable=False),
        sa.Column("problem", sa.String(length=200), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("read_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("oid", name=op.f("pk_text_readings")),
    )


def downgrade() -> None:
    op.drop_table("text_readings")
    op.drop_table("text_readers")
