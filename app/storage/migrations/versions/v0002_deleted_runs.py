"""Runs that were deleted can be brought back for a while."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Note when a run was deleted."""
    with op.batch_alter_table("runs") as table:
        table.add_column(sa.Column("deleted_at", sa.Float))
