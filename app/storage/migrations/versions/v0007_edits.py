"""What was done to single weights is kept with each run."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

BEFORE = (
    *("id", "number", "name", "state", "detail", "generation", "iteration", "config", "changes"),
    *("learning_rate", "speed", "error", "accuracies", "first", "deleted_at", "marks", "pace"),
)
FLOATS = ("learning_rate", "speed", "error", "deleted_at")


def upgrade() -> None:
    """Add the column to runs: no run has edits yet. Rows that are already known to be damaged do not get a valid
    checksum.
    """
    with op.batch_alter_table("runs") as table:
        table.add_column(sa.Column("edits", sa.Text, nullable=False, server_default="[]"))
    connection = op.get_bind()
    for found in connection.execute(sa.text("SELECT * FROM runs")).mappings().all():
        try:
            values = [_plain(name, found) for name in BEFORE]
            sound = found["sha256"] == _checksum(values)
        except (TypeError, ValueError):
            continue
        if sound:
            update = sa.text("UPDATE runs SET sha256 = :digest WHERE id = :id")
            connection.execute(update, {"digest": _checksum([*values, "[]"]), "id": found["id"]})


def _plain(name: str, found: Mapping[Any, Any]) -> Any:
    value = found[name]
    return float(value) + 0.0 if name in FLOATS and value is not None else value


def _checksum(values: list[Any]) -> str:
    """The checksum of a row of runs as of this version, whatever later versions do."""
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()
