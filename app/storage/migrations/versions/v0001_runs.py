"""Runs, their last checkpoints, and their errors."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "runs",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("detail", sa.Text),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("iteration", sa.Integer, nullable=False),
        sa.Column("config", sa.Text, nullable=False),
        sa.Column("changes", sa.Text, nullable=False),
        sa.Column("learning_rate", sa.Float, nullable=False),
        sa.Column("speed", sa.Float),
        sa.Column("error", sa.Float),
        sa.Column("accuracies", sa.Text, nullable=False),
    )
    op.create_table(
        "snapshots",
        sa.Column("run_id", sa.String(32), sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("iteration", sa.Integer, primary_key=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("keyframe", sa.Integer, nullable=False),
    )
    op.create_table(
        "errors",
        sa.Column("run_id", sa.String(32), sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("chunk", sa.Integer, primary_key=True),
        sa.Column("thinned", sa.Integer, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
