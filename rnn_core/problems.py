"""The problems of a run, drawn one after the other from its random stream. Unused ones can be put back."""

from typing import Any

import numpy as np

from rnn_core.tasks import Task
from rnn_core.types import Integers

REMEMBERED = 2**16
"""The number of iterations after which the generator's state is noted again. That takes as long as drawing some
thousand problems.
"""


class Problems:
    """A stream of problems that can go back.

    The generator's state is noted only from time to time. To go back, that state is restored, and the problems after it
    are drawn again. The same stream gives the same problems, however it is cut.
    """

    def __init__(self, task: Task, batch: int, random: np.random.RandomState) -> None:
        """Begin at the current state of `random`, which is used from now on."""
        self._task = task
        self._batch = batch
        self._random = random
        self._noted = self.random_state
        self._since = 0

    @property
    def random_state(self) -> dict[str, Any]:
        """The generator's state, in the form of `RandomState.get_state(legacy=False)`."""
        return dict(self._random.get_state(legacy=False))

    @random_state.setter
    def random_state(self, state: dict[str, Any]) -> None:
        self._random.set_state(state)
        self._noted, self._since = state, 0

    def draw(self, iterations: int) -> Integers:
        """The next (iterations, B, operands) problems. If this fails, nothing is drawn."""
        if self._since + iterations > REMEMBERED:
            self._noted, self._since = self.random_state, 0
        try:
            operands = self._task.draw(self._random, iterations, self._batch)
        except BaseException:
            self.put_back(0)
            raise
        self._since += iterations
        return operands

    def put_back(self, iterations: int) -> None:
        """Undo the drawing of the last iterations, at most those of the last call of `draw`."""
        since = self._since - iterations
        self._random.set_state(self._noted)
        self._task.draw(self._random, since, self._batch)
        self._since = since
