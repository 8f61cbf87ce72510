"""The problems of a run, drawn one after the other from its random stream, and put back where they were not used."""

from typing import Any

import numpy as np

from rnn_core.tasks import Task
from rnn_core.types import Integers

REMEMBERED = 2**16
"""Iterations after which the generator's state is noted anew, which takes as long as some thousand problems."""


class Problems:
    """A stream of problems that can go back.

    The generator's state is noted now and then only. To go back, it is taken from there, and what came after it is
    drawn again: the same stream gives the same problems, however it is cut.
    """

    def __init__(self, task: Task, batch: int, random: np.random.RandomState) -> None:
        """Begin where `random` stands, which is used from now on."""
        self._task = task
        self._batch = batch
        self._random = random
        self._noted = self.random_state
        self._since = 0

    @property
    def random_state(self) -> dict[str, Any]:
        """Of the generator, in the form of `RandomState.get_state(legacy=False)`."""
        return dict(self._random.get_state(legacy=False))

    @random_state.setter
    def random_state(self, state: dict[str, Any]) -> None:
        self._random.set_state(state)
        self._noted, self._since = state, 0

    def draw(self, iterations: int) -> Integers:
        """The next (iterations, B, operands) problems; nothing is drawn where this fails."""
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
        """Stand as if the last so many iterations, at most those of the last call of `draw`, had not been drawn."""
        since = self._since - iterations
        self._random.set_state(self._noted)
        self._task.draw(self._random, since, self._batch)
        self._since = since
