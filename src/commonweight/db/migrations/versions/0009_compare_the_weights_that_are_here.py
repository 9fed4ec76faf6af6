"""compare the weights that are here"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Commits from now on ask for it themselves; for what was here before, one job goes from model to model.
    op.execute(
        "INSERT INTO jobs (kind, payload, state, attempts, run_after, progress, message, created_at) "
        "SELECT 'suspect_all_bases', '{}', 'waiting', 0, CURRENT_TIMESTAMP, 0, '', CURRENT_TIMESTAMP "
        "WHERE EXISTS (SELECT 1 FROM repositories)"
    )


def downgrade() -> None:
    op.execute("DELETE FROM jobs WHERE kind = 'suspect_all_bases'")
