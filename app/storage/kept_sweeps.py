"""Sweeps in the database. Only the thread of the store uses this."""

import json
import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import DatabaseError, OperationalError

from rnn_core.text import Text, unpacked

from . import schema
from .room import ROW_BYTES, NoRoomForNew, in_words, used
from .rows import seal_of_member, seal_of_sweep

logger = logging.getLogger(__name__)

MEMBER_BYTES = 2048
"""The most bytes that the result of a member takes."""


HEAD = ("id", "number", "name", "state", "detail")
"""The columns of a sweep beside its plan."""


@dataclass(frozen=True)
class KeptSweep:
    """A sweep without its results.

    Attributes:
        number: the order of creation.
        plan: what is varied, and all else that decides the results, as JSON values.
        others: as in its status.
    """

    id: str
    number: int
    name: str
    state: str
    detail: str | None
    plan: dict[str, Any]


class KeptSweeps:
    """The sweeps of a store, and the results of their members: what is damaged is left out, and trained again."""

    def __init__(self, engine: Engine, writing: Callable[[], AbstractContextManager[Connection]], budget: int) -> None:
        """Use a store's database, its transactions for writing, and its budget."""
        self._engine = engine
        self._writing = writing
        self._budget = budget

    def save(self, sweep: KeptSweep, room_for: int = 0) -> None:
        """Store a sweep, a new one or changes of one.

        Args:
            sweep: all of it.
            room_for: the number of members whose results there has to be room for; 0 for changes.

        Raises:
            SQLAlchemyError, OSError: as `Store.save`.
        """
        detail = sweep.detail.packed() if isinstance(sweep.detail, Text) else sweep.detail
        head = {"id": sweep.id, "number": sweep.number, "name": sweep.name, "state": sweep.state, "detail": detail}
        data = json.dumps(sweep.plan).encode()
        values = {**head, "data": data, "sha256": seal_of_sweep(*head.values(), data)}
        with self._writing() as connection:
            if room_for and (lacking := used(connection) + room_for * MEMBER_BYTES + ROW_BYTES - self._budget) > 0:
                words = Text(
                    "There is no room for the results of this sweep: what is stored takes nearly all of the {budget} "
                    "that it may take. Delete some runs or sweeps, or set RNN_ADDER_STORE_BUDGET higher.",
                    budget=in_words(self._budget),
                )
                raise NoRoomForNew(words, lacking)
            mine = schema.sweeps.c.id == sweep.id
            if not connection.execute(update(schema.sweeps).where(mine).values(values)).rowcount:
                connection.execute(insert(schema.sweeps).values(values))

    def add(self, sweep_id: str, results: Mapping[int, Mapping[str, Any]]) -> None:
        """Store results of members, all or, if that fails, none. Those of a sweep that was deleted are dropped.

        Raises:
            SQLAlchemyError, OSError: as `Store.save`.
        """
        table = schema.members
        rows = []
        for member, found in results.items():
            data = json.dumps(found).encode()
            digest = seal_of_member(sweep_id, member, data)
            rows.append({"sweep_id": sweep_id, "member": member, "data": data, "sha256": digest})
        with self._writing() as connection:
            if connection.execute(select(schema.sweeps.c.id).where(schema.sweeps.c.id == sweep_id)).first() is None:
                return
            connection.execute(delete(table).where(table.c.sweep_id == sweep_id, table.c.member.in_(list(results))))
            connection.execute(insert(table), rows)

    def all(self) -> list[KeptSweep]:
        """All undamaged sweeps, in the order of creation."""
        found = []
        for row in self._rows(schema.sweeps):
            try:
                head = sweep_id, number, name, state, detail = [row[column] for column in HEAD]
                if row["sha256"] != seal_of_sweep(*head, row["data"]):
                    raise ValueError("its checksum is wrong")
                plan = dict(json.loads(row["data"]))
                found.append(KeptSweep(sweep_id, number, name, state, detail and unpacked(detail), plan))
            except (TypeError, ValueError, LookupError) as error:
                logger.error("the sweep %s is damaged and left out: %s", row["id"], error)
        return sorted(found, key=lambda sweep: sweep.number)

    def results(self, sweep_id: str) -> dict[int, dict[str, Any]]:
        """The undamaged results of a sweep, by member."""
        found = {}
        for row in self._rows(schema.members, schema.members.c.sweep_id == sweep_id):
            try:
                if row["sha256"] != seal_of_member(sweep_id, row["member"], row["data"]):
                    raise ValueError("its checksum is wrong")
                found[int(row["member"])] = dict(json.loads(row["data"]))
            except (TypeError, ValueError) as error:
                logger.error("member %s of the sweep %s is damaged: %s", row["member"], sweep_id, error)
        return found

    def _rows(self, table: Any, *where: Any) -> list[Mapping[str, Any]]:
        """The rows that can be read."""
        try:
            with self._engine.begin() as connection:
                return [dict(row) for row in connection.execute(select(table).where(*where)).mappings()]
        except OperationalError:
            raise
        except DatabaseError:
            logger.exception("the table %s can't be read", table.name)
            return []

    def delete(self, sweep_id: str) -> None:
        """Delete a sweep with its results, for good."""
        with self._writing() as connection:
            connection.execute(delete(schema.members).where(schema.members.c.sweep_id == sweep_id))
            connection.execute(delete(schema.sweeps).where(schema.sweeps.c.id == sweep_id))
