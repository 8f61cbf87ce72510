"""Accuracies are kept for scheduled moments only."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Drop accuracies that were computed when somebody watched. New ones are computed at scheduled moments."""
    op.execute("UPDATE runs SET accuracies = '[]'")
