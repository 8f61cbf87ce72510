"""The CSV file of a sweep: a line for each finished run. A sweep that was interrupted goes on from it."""

import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, NamedTuple

from filelock import FileLock, Timeout

from rnn_core import ConfigError, TrainingConfig
from rnn_core.config import RULES, shown

from .sweep import Member, Recorded, parse_values, plain


class Conditions(NamedTuple):
    """What decides a run's results beside its configuration.

    Attributes:
        every: iterations between two looks at the accuracy.
        engine: the name of the engine that trains.
    """

    every: int
    engine: str


FOUND = (
    *("iterations", "looked_at", "accuracy", "hard_accuracy", "learned", "passed"),
    *("iterations_to_99_percent", "diverged"),
)
COLUMNS = (*RULES, *Conditions._fields, *FOUND)


class Unsuitable(Exception):
    """There is a file already, and this sweep can't go on from it."""


def row_of(member: Member, conditions: Conditions) -> list[Any]:
    """A run's whole configuration and its result, in the order of `COLUMNS`.

    `looked_at` says whether the accuracy is over all problems or over a sample. `learned` is filled in for the first,
    `passed` for the second, never both.
    """
    config = member.config.to_dict()
    fields = ["" if config[name] is None else plain(config[name]) for name in RULES]
    hard = member.evaluation.hard_accuracy if member.evaluation else None
    return [
        *fields,
        *conditions,
        member.iteration,
        "sample" if member.sampled else "all",
        repr(member.accuracy),
        "" if hard is None else repr(hard),
        "" if member.sampled else plain(member.learned),
        plain(member.passed) if member.sampled else "",
        "" if member.reached is None else member.reached,
        plain(member.diverged),
    ]


def _member_of(row: dict[str, str]) -> tuple[Member, Conditions]:
    """The finished run of a row, and its conditions.

    Raises:
        ConfigError, KeyError, ValueError: it is no such row.
    """
    values = {name: parse_values(name, row[name] or "none")[0] for name in RULES}
    flawless = {"true": True, "false": False}[row["passed"] if row["looked_at"] == "sample" else row["learned"]]
    hard = float(row["hard_accuracy"]) if row["hard_accuracy"] else None
    member = Member(
        TrainingConfig.from_mapping(values),
        int(row["iterations"]),
        Recorded(float(row["accuracy"]), hard, flawless),
        int(row["iterations_to_99_percent"]) if row["iterations_to_99_percent"] else None,
        done=True,
        diverged={"true": True, "false": False}[row["diverged"]],
    )
    return member, Conditions(int(row["every"]), row["engine"])


def write_csv(path: Path, members: Iterable[Member], conditions: Conditions) -> None:
    """Write one line for each run, to a file or anything else that can be written to.

    Raises:
        OSError: the place can't be written to.
    """
    with path.open("w", newline="", encoding="utf-8") as file:
        _write(file, members, conditions)


def _write(file: IO[str], members: Iterable[Member], conditions: Conditions) -> None:
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    writer.writerows(row_of(member, conditions) for member in members)


class SweepFile:
    """The file, while the sweep runs."""

    def __init__(self, path: Path, conditions: Conditions) -> None:
        self._path = Path(os.path.realpath(path))
        self._name = path
        self._conditions = conditions
        self._file: IO[str] | None = None

    def finished(self, configs: Sequence[TrainingConfig]) -> dict[TrainingConfig, Member]:
        """The runs that an earlier call of the same sweep has finished. A line that was cut off does not count.

        Raises:
            OSError: the file can't be read.
            Unsuitable: it holds something else, or runs that this sweep does not have.
        """
        try:
            text = self._path.read_bytes().decode("utf-8", errors="replace")
        except FileNotFoundError:
            return {}
        reader = csv.DictReader(io.StringIO(text[: text.rfind("\n") + 1], newline=""))
        if text and tuple(reader.fieldnames or ()) not in (COLUMNS, ()):
            raise Unsuitable(f"{self._name} is not the file of a sweep, or of another version")
        wanted, found = set(configs), {}
        for row in reader:
            try:
                member, conditions = _member_of(row)
            except (ConfigError, KeyError, TypeError, ValueError):
                raise Unsuitable(f"line {reader.line_num} of {self._name} can't be read") from None
            if conditions != self._conditions or member.config not in wanted:
                difference = self._difference(member.config, conditions, configs)
                raise Unsuitable(f"{self._name} holds runs of another sweep: {difference}")
            found[member.config] = member
        return found

    def _difference(self, config: TrainingConfig, conditions: Conditions, configs: Sequence[TrainingConfig]) -> str:
        """What is different in a run of another sweep, in words."""
        theirs = {**conditions._asdict(), **config.to_dict()}
        ours: dict[str, set[Any]] = {name: {value} for name, value in self._conditions._asdict().items()}
        ours |= {name: {getattr(config, name) for config in configs} for name in RULES}
        differing = [f"{name} {shown(value)}" for name, value in theirs.items() if value not in ours[name]]
        return f"one has {', '.join(differing)}" if differing else "their settings are combined in another way"

    @contextmanager
    def opened(self, members: Iterable[Member]) -> Iterator[None]:
        """Begin the file with the runs that are finished already; then `add` may be called.

        Raises:
            OSError: the file can't be written.
        """
        self._replace(members)
        with self._path.open("a", newline="", encoding="utf-8") as self._file:
            yield

    def add(self, member: Member) -> None:
        """Add a finished run. On return it is on the disk.

        Raises:
            OSError: the file can't be written.
        """
        assert self._file is not None
        csv.writer(self._file).writerow(row_of(member, self._conditions))
        self._file.flush()
        os.fsync(self._file.fileno())

    def put_in_order(self, members: Iterable[Member]) -> None:
        """Write the finished runs once more, in the order of the sweep. Until then they stand as they ended.

        Raises:
            OSError: the file can't be written. It still holds all runs.
        """
        self._replace(member for member in members if member.done)

    def _replace(self, members: Iterable[Member]) -> None:
        new = self._path.with_name(f".{self._path.name}.new")
        with new.open("w", newline="", encoding="utf-8") as file:
            _write(file, members, self._conditions)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, self._path)


@contextmanager
def alone_at(path: Path) -> Iterator[None]:
    """Keep other sweeps from this file until the context ends.

    Raises:
        OSError: the folder can't be written to.
        Unsuitable: another sweep writes it.
    """
    file = Path(f"{os.path.realpath(path)}.lock")
    lock = FileLock(file, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise Unsuitable(f"another sweep writes {path} at this moment") from None
    try:
        yield
    finally:
        with suppress(OSError):  # Windows keeps a file that is open
            file.unlink()
        lock.release()
