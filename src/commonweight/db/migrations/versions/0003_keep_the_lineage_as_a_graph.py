"""keep the lineage as a graph"""

import sqlalchemy as sa
from alembic import op

from commonweight.db.types import Key

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lineage_edges",
        sa.Column("repository_id", Key, nullable=False),
        sa.Column("commit", sa.String(length=40), nullable=False),
        sa.Column("position", Key, autoincrement=False, nullable=False),
        sa.Column("parent_kind", sa.String(length=16), nullable=False),
        sa.Column("parent", sa.String(length=300), nullable=False),
        sa.Column("parent_lower", sa.String(length=300), nullable=False),
        sa.Column("relation", sa.String(length=32), nullable=False),
        sa.Column("evidence", sa.String(length=16), nullable=False),
        sa.Column("part", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["repository_id"], ["repositories.id"], name=op.f("fk_lineage_edges_repository_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("repository_id", "commit", "position", name=op.f("pk_lineage_edges")),
    )
    with op.batch_alter_table("lineage_edges", schema=None) as batch_op:
        batch_op.create_index("ix_lineage_edges_parent", ["parent_lower"], unique=False)

    # What was read of commits before has no edges: it is read again when it is asked for.
    op.execute("DELETE FROM revision_facts")


def downgrade() -> None:
    with op.batch_alter_table("lineage_edges", schema=None) as batch_op:
        batch_op.drop_index("ix_lineage_edges_parent")

    op.drop_table("lineage_edges")
