"""Accuracies are of scheduled moments only."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Drop those that were taken whenever somebody watched. They are computed again at scheduled moments."""
    op.execute("UPDATE runs SET accuracies = '[]'")
