"""Whose copy a run is, and when somebody last used it, is kept with each run."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

BEFORE = (
    *("id", "number", "name", "state", "detail", "generation", "iteration", "config", "changes"),
    *("learning_rate", "speed", "error", "accuracies", "first", "deleted_at", "marks", "pace", "edits"),
)
FLOATS = ("learning_rate", "speed", "error", "deleted_at")


def upgrade() -> None:
    """Add both columns to runs: no run is anybody's copy yet. Rows that are already known to be damaged do not get a
    valid checksum.
    """
    with op.batch_alter_table("runs") as table:
        table.add_column(sa.Column("owner", sa.String(32)))
        table.add_column(sa.Column("used_at", sa.Float))
    connection = op.get_bind()
    for found in connection.execute(sa.text("SELECT * FROM runs")).mappings().all():
        try:
            values = [_plain(name, found) for name in BEFORE]
            sound = found["sha256"] == _checksum(values)
        except (TypeError, ValueError):
            continue
        if sound:
            update = sa.text("UPDATE runs SET sha256 = :digest WHERE id = :id")
            connection.execute(update, {"digest": _checksum([*values, None, None]), "id": found["id"]})


def _plain(name: str, found: Mapping[Any, Any]) -> Any:
    value = found[name]
    return float(value) + 0.0 if name in FLOATS and value is not None else value


def _checksum(values: list[Any]) -> str:
    """The checksum of a row of runs as of this version, whatever later versions do."""
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()
