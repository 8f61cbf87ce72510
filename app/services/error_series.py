"""The error of every iteration of a run, kept in full."""

import numpy as np

from rnn_core.types import Array


class ErrorSeries:
    """A growing series. Appending is amortised constant time; a slice is a view."""

    def __init__(self) -> None:
        self._values = np.empty(1024)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def append(self, errors: Array) -> None:
        """Add the errors of the iterations that follow those so far, (n,)."""
        needed = self._count + len(errors)
        if needed > len(self._values):
            larger = np.empty(max(needed, 2 * len(self._values)))
            larger[: self._count] = self._values[: self._count]
            self._values = larger
        self._values[self._count : needed] = errors
        self._count = needed

    def slice(self, start: int, stop: int) -> Array:
        """The errors of the iterations from `start` to before `stop`, as far as they exist."""
        return self._values[min(start, self._count) : min(stop, self._count)]

    def summary(self, start: int, stop: int, points: int) -> tuple[int, Array, Array, Array]:
        """The same stretch in at most `points` pieces of equal length, but for a shorter last one.

        Returns:
            stride, and minimum, mean and maximum of each piece, each (k,) with k at most `points`.
        """
        values = self.slice(start, stop)
        if not len(values):
            return 1, values, values, values
        stride = -(-len(values) // points)
        begins = np.arange(0, len(values), stride)
        lengths = np.diff(np.append(begins, len(values)))
        sums: Array = np.add.reduceat(values, begins)
        return stride, np.minimum.reduceat(values, begins), sums / lengths, np.maximum.reduceat(values, begins)
