"""Chunks of errors have a checksum, like snapshots."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column. Chunks that were written before have no checksum."""
    with op.batch_alter_table("errors") as table:
        table.add_column(sa.Column("sha256", sa.String(64)))
