"""What is kept of proofs: a row for each moment of a run about which something was found out."""

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, insert, select
from sqlalchemy.exc import DatabaseError, OperationalError

from . import schema
from .room import ROW_BYTES, used
from .rows import seal_of_proof

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class KeptProof:
    """What was found out about one moment.

    Attributes:
        iteration: the moment.
        answer: what was found, as data for JSON.
        whole: whether its data, such as the certificate, are kept, too.
    """

    iteration: int
    answer: dict[str, Any]
    whole: bool


class KeptProofs:
    """The proofs in a database. Only the database's thread uses this."""

    def __init__(self, engine: Engine, writing: Callable[[], AbstractContextManager[Connection]], budget: int) -> None:
        """Use a database. `writing` begins a transaction that writes; what is kept may take `budget` bytes."""
        self._engine = engine
        self._writing = writing
        self._budget = budget

    def all(self, run_id: str) -> list[KeptProof]:
        """Those of a run that are as they were written, in the order of their moments, without their data."""
        table = schema.proofs
        columns = table.c.iteration, table.c.answer, func.length(table.c.data), table.c.sha256
        query = select(*columns).where(table.c.run_id == run_id).order_by(table.c.iteration)
        found = []
        try:
            with self._engine.begin() as connection:
                rows = connection.execute(query).all()
            for iteration, answer, size, digest in rows:
                if digest == seal_of_proof(run_id, iteration, answer):
                    found.append(KeptProof(iteration, json.loads(answer)["answer"], size > 0))
                else:
                    logger.error("the proof of run %s at iteration %s is damaged and left out", run_id, iteration)
        except OperationalError:
            raise
        except (DatabaseError, ValueError, TypeError, LookupError):
            logger.exception("the proofs of run %s can't be read", run_id)
        return found

    def data(self, run_id: str, iteration: int) -> bytes | None:
        """The data of one, or None if there are none, or they are damaged."""
        table = schema.proofs
        query = select(table.c.answer, table.c.data).where(table.c.run_id == run_id, table.c.iteration == iteration)
        try:
            with self._engine.begin() as connection:
                row = connection.execute(query).first()
            if row is None or not row.data:
                return None
            if json.loads(row.answer)["data"] == _digest(row.data):
                return bytes(row.data)
        except OperationalError:
            raise
        except (DatabaseError, ValueError, TypeError, LookupError):
            pass
        logger.error("the data of the proof of run %s at iteration %s are damaged", run_id, iteration)
        return None

    def put(self, run_id: str, kept: Sequence[tuple[KeptProof, bytes]], gone: Sequence[int] = ()) -> list[KeptProof]:
        """Keep these, in place of those of the same moments, and forget those of other moments. Where there is no room
        for the data, only the answer is kept.

        Returns:
            what is kept now of the given ones.
        """
        table = schema.proofs
        done = []
        with self._writing() as connection:
            places = [*gone, *(one.iteration for one, _ in kept)]
            connection.execute(delete(table).where(table.c.run_id == run_id, table.c.iteration.in_(places)))
            for one, given in kept:
                data = given if used(connection) + len(given) + ROW_BYTES <= self._budget else b""
                answer = json.dumps({"answer": one.answer, "data": _digest(data)})
                digest = seal_of_proof(run_id, one.iteration, answer)
                values = {"run_id": run_id, "iteration": one.iteration, "answer": answer, "sha256": digest}
                connection.execute(insert(table).values({**values, "data": data}))
                done.append(KeptProof(one.iteration, one.answer, bool(data)))
        return done


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
