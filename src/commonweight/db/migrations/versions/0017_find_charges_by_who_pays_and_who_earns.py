"""find charges by who pays and who earns"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("charges", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_charges_payer_id"), ["payer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_charges_publisher_id"), ["publisher_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("charges", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_charges_publisher_id"))
        batch_op.drop_index(batch_op.f("ix_charges_payer_id"))
