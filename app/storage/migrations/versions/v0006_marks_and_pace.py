"""What a network got wrong at its scheduled moments is kept, and how its speed came about."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

BEFORE = (
    *("id", "number", "name", "state", "detail", "generation", "iteration", "config", "changes"),
    *("learning_rate", "speed", "error", "accuracies", "first", "deleted_at"),
)
FLOATS = ("learning_rate", "speed", "error", "deleted_at")
DEFAULT_SPEED = 300.0


def upgrade() -> None:
    """Add both columns to runs. A run at the default speed counts as one for which nobody has chosen a speed. Rows that
    are already known to be damaged do not get a valid checksum.
    """
    with op.batch_alter_table("runs") as table:
        table.add_column(sa.Column("marks", sa.Text, nullable=False, server_default="[]"))
        table.add_column(sa.Column("pace", sa.String(16), nullable=False, server_default="chosen"))
    connection = op.get_bind()
    for found in connection.execute(sa.text("SELECT * FROM runs")).mappings().all():
        try:
            values = [_plain(name, found) for name in BEFORE]
            pace = "default" if found["speed"] == DEFAULT_SPEED else "chosen"
            sound = found["sha256"] == _checksum(values)
        except (TypeError, ValueError):
            continue
        if sound:
            update = sa.text("UPDATE runs SET pace = :pace, sha256 = :digest WHERE id = :id")
            digest = _checksum([*values, "[]", pace])
            connection.execute(update, {"pace": pace, "digest": digest, "id": found["id"]})


def _plain(name: str, found: Mapping[Any, Any]) -> Any:
    value = found[name]
    return float(value) + 0.0 if name in FLOATS and value is not None else value


def _checksum(values: list[Any]) -> str:
    """The checksum of a row of runs as of this version, whatever later versions do."""
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()
