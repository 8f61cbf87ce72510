"""The error of every iteration of a run."""

import tempfile
import weakref
from io import BytesIO
from threading import Lock
from typing import IO

import numpy as np

from rnn_core.pieces import Pieces, result_of
from rnn_core.types import Array

IN_MEMORY = 8 * 2**20
"""Bytes held in memory, that is about a million iterations. A longer series moves to a temporary file as a whole."""

PIECE = 2**16
"""Errors that are read at a time."""

RECENT = 1024
"""The number of last errors that can be read without waiting: as many as a frame shows."""

BLOCK = 256
"""The number of errors in a block. Minimum, sum and maximum of each block are kept in memory, for summaries."""


class ErrorSeries:
    """A growing series: 8 bytes per iteration. No error is ever dropped, and memory stays near `IN_MEMORY`.

    The file has no name and disappears with the series or the process. All methods may be called from any thread.

    Attributes:
        first: the iteration it begins with: 0, unless the run's past is not known.
        exact_from: where an approximate range ends, which begins at `exact_until`.
        exact_until: where that range begins. There only minimum, mean and maximum of pieces are known.
    """

    def __init__(self, first: int = 0) -> None:
        """Begin an empty series."""
        self.first = first
        self.exact_until = self.exact_from = first
        self._file: IO[bytes] = BytesIO()
        self._end = weakref.finalize(self, self._file.close)
        self._lock = Lock()
        self._count = first
        self._stored = self._tail = np.empty(0)
        self._blocks = np.empty((3, 64))
        self._recent = np.empty(0)

    def __len__(self) -> int:
        """The iteration that comes next."""
        return self._count

    def store(self, errors: Array) -> None:
        """Write the errors of the next iterations, (n,). They are hidden until `reveal`.

        It may wait for the disk, for many milliseconds when the series moves to its file. So do not call it on the
        event loop. The next call overwrites what is not revealed.

        Raises:
            OSError: the disk is full. The series is unchanged.
        """
        with self._lock:
            place = 8 * (self._count - self.first)
            if isinstance(self._file, BytesIO) and place + errors.nbytes > IN_MEMORY:
                self._move(self._file.getvalue()[:place])
            self._file.seek(place)
            _write(self._file, errors.tobytes())
            self._stored = errors

    def _move(self, data: bytes) -> None:
        """Move from memory to a file. It has no buffer: a buffer would try a failed write again by itself."""
        file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 (lives as long as the series)
        try:
            _write(file, data)
        except BaseException:
            file.close()
            raise
        self._end.detach()
        self._file, self._end = file, weakref.finalize(self, file.close)

    def has_room(self) -> bool:
        """Whether the next errors could be stored. It may wait for the disk, as `store`."""
        try:
            self.store(np.zeros(PIECE))
        except OSError:
            return False
        return True

    def reveal(self, count: int) -> None:
        """Add the `count` errors that were stored last to the series. It never waits."""
        self._recent = np.concatenate([self._recent, self._stored[:count]])[-RECENT:].copy()
        tail = np.concatenate([self._tail, self._stored[:count]])
        whole = len(tail) // BLOCK * BLOCK
        if whole:
            there = (self._count - self.first) // BLOCK
            blocks = tail[:whole].reshape(-1, BLOCK)
            more = there + len(blocks)
            if more > self._blocks.shape[1]:
                room = np.empty((3, 2 * more))
                room[:, :there] = self._blocks[:, :there]
                self._blocks = room
            self._blocks[:, there:more] = blocks.min(axis=1), blocks.sum(axis=1), blocks.max(axis=1)
        self._tail, self._stored = tail[whole:].copy(), np.empty(0)
        self._count += count

    def is_exact(self, start: int, stop: int) -> bool:
        """Whether each error from `start` to before `stop` is known exactly."""
        return stop <= self.exact_until or start >= self.exact_from

    def slice(self, start: int, stop: int) -> Array:
        """The errors of the iterations from `start` to before `stop`, as far as they exist.

        It may wait for the disk or for a thread that writes there. So do not call it on the event loop; `latest` never
        waits.
        """
        start, stop = max(self.first, min(start, self._count)), min(stop, self._count)
        if start >= stop:
            return np.empty(0)  # no need to wait for a thread that writes
        with self._lock:
            self._file.seek(8 * (start - self.first))
            return np.frombuffer(self._file.read(8 * (stop - start)))

    def latest(self, start: int) -> Array:
        """The errors of the iterations from `start` on, at most the last `RECENT`. It never waits for a disk or for
        another thread. So it may be called on the event loop, where the errors are revealed.
        """
        return self._recent[max(0, len(self._recent) - (self._count - start)) :] if start < self._count else np.empty(0)

    def summary(self, start: int, stop: int, points: int) -> tuple[int, Array, Array, Array]:
        """The same range in at most `points` pieces of equal length; only the last may be shorter.

        Returns:
            stride, and minimum, mean and maximum of each piece, each (k,) with k at most `points`.
        """
        return result_of(self.summary_in_pieces(start, stop, points))

    def summary_in_pieces(self, start: int, stop: int, points: int) -> Pieces[tuple[int, Array, Array, Array]]:
        """The same as `summary`, computed in pieces of about a millisecond."""
        start, stop = max(self.first, start), min(stop, self._count)
        stride = max(1, -(-(stop - start) // points))
        parts = [np.empty((3, 0))]
        if stride < 2 * BLOCK:
            reading = stride * (PIECE // stride)
            for begin in range(start, stop, reading):
                yield
                parts.append(_summary(self.slice(begin, min(begin + reading, stop)), stride))
        else:
            for begin in range(start, stop, stride):
                yield
                parts.append(self._summary_of(begin, min(begin + stride, stop)))
        low, mean, high = np.concatenate(parts, axis=1)
        return stride, low, mean, high

    def _summary_of(self, start: int, stop: int) -> Array:
        """Minimum, mean and maximum of a range, (3, 1), from its whole blocks and the errors around them."""
        begin, end = -(-(start - self.first) // BLOCK), (stop - self.first) // BLOCK
        if begin >= end:
            return _summary(self.slice(start, stop), stop - start)
        before = self.slice(start, self.first + begin * BLOCK)
        after = self.slice(self.first + end * BLOCK, stop)
        lows, sums, highs = self._blocks[:, begin:end]
        around = np.concatenate([before, after])
        low = min(lows.min(), around.min(initial=np.inf))
        high = max(highs.max(), around.max(initial=-np.inf))
        mean = (sums.sum() + around.sum()) / (stop - start)
        return np.array([[low], [np.clip(mean, low, high)], [high]])

    def copied(self, stop: int) -> Pieces["ErrorSeries"]:
        """A separate series with the same errors up to before `stop`, copied in pieces of about a millisecond."""
        copy = ErrorSeries(self.first)
        copy.exact_until, copy.exact_from = min(self.exact_until, stop), min(self.exact_from, stop)
        for begin in range(self.first, stop, PIECE):
            yield
            errors = self.slice(begin, min(begin + PIECE, stop))
            copy.store(errors)
            copy.reveal(len(errors))
        return copy


def _write(file: IO[bytes], data: bytes) -> None:
    """Write all of it, with as many calls as necessary."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _summary(values: Array, stride: int) -> Array:
    """Minimum, mean and maximum of every `stride` values, (3, k); the last piece may be shorter."""
    begins = np.arange(0, len(values), stride)
    lengths = np.diff(np.append(begins, len(values)))
    low = np.minimum.reduceat(values, begins)
    high = np.maximum.reduceat(values, begins)
    mean = np.add.reduceat(values, begins) / lengths
    return np.stack([low, np.clip(mean, low, high), high])  # rounding could put a mean outside
