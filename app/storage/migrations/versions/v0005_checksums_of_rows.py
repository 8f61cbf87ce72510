"""Every row has a checksum of all its values."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

RUNS = (
    *("id", "number", "name", "state", "detail", "generation", "iteration", "config", "changes"),
    *("learning_rate", "speed", "error", "accuracies", "first", "deleted_at"),
)
FLOATS = ("learning_rate", "speed", "error", "deleted_at")


def upgrade() -> None:
    """Add checksums to runs. Extend those of snapshots and errors from the data to all values. Rows that are already
    known to be damaged do not get a valid checksum.
    """
    with op.batch_alter_table("runs") as table:
        table.add_column(sa.Column("sha256", sa.String(64)))
    connection = op.get_bind()
    for found in connection.execute(sa.text("SELECT * FROM runs")).mappings().all():
        try:
            digest = _checksum([_plain(name, found[name]) for name in RUNS])
        except (TypeError, ValueError):
            continue
        update = sa.text("UPDATE runs SET sha256 = :digest WHERE id = :id")
        connection.execute(update, {"digest": digest, "id": found["id"]})
    _seal("snapshots", "iteration", "keyframe")
    _seal("errors", "chunk", "thinned")


def _plain(name: str, value: Any) -> Any:
    return float(value) + 0.0 if name in FLOATS and value is not None else value


def _seal(table: str, place: str, kind: str) -> None:
    """Add the checksums of a table's rows, one at a time, because all rows together may be too large for memory."""
    connection = op.get_bind()
    one = f"FROM {table} WHERE run_id = :run_id AND {place} = :place"
    read = sa.text(f"SELECT {kind} AS kind, data, sha256 {one}").columns(data=sa.LargeBinary)
    write = sa.text(f"UPDATE {table} SET sha256 = :digest WHERE run_id = :run_id AND {place} = :place")
    for run_id, number in connection.execute(sa.text(f"SELECT run_id, {place} FROM {table}")).all():
        key = {"run_id": run_id, "place": number}
        found = connection.execute(read, key).one()
        if found.sha256 in (None, _of_data(found.data)):
            digest = _checksum([run_id.removesuffix("~"), number, found.kind], bytes(found.data))
            connection.execute(write, {**key, "digest": digest})


def _checksum(head: Sequence[Any], data: bytes = b"") -> str:
    """The checksum of a row as of this version, whatever later versions do."""
    digest = hashlib.sha256(json.dumps(head).encode())
    digest.update(data)
    return digest.hexdigest()


def _of_data(data: bytes) -> str:
    """The checksum of the previous version."""
    return hashlib.sha256(data).hexdigest()
