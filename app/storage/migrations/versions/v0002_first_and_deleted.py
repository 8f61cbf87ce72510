"""The errors of a run may begin at a later iteration, and deleted runs can be brought back for some time."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add columns for where a run's errors begin, and when it was deleted."""
    with op.batch_alter_table("runs") as table:
        table.add_column(sa.Column("first", sa.Integer, nullable=False, server_default="0"))
        table.add_column(sa.Column("deleted_at", sa.Float))
