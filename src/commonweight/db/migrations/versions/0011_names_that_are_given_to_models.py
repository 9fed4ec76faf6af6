"""names that are given to models"""

import sqlalchemy as sa
from alembic import op

from commonweight.db.types import Document, Key, Moment

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "aliases",
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("targets", Document, nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("created_by", Key, nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["accounts.id"], name=op.f("fk_aliases_created_by"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_aliases")),
    )


def downgrade() -> None:
    op.drop_table("aliases")
