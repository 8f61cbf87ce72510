"""Finite-state machines: what must be remembered to solve a task, and the smallest error without remembering."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np

from rnn_core.types import Array, Integers

Bits = tuple[int, ...]


@dataclass(frozen=True)
class Step:
    """One step of a machine.

    Attributes:
        state: the name of the next state.
        output: the bit that is written.
    """

    state: str
    output: int


@dataclass(frozen=True)
class Machine:
    """A Mealy machine that reads the bits of a position and writes one bit (Mealy 1955).

    Attributes:
        states: their names; the first is the start.
        inputs: I, the number of bits read at a position.
        steps: (state, bits) -> step, for every state and all 2**I combinations of bits.
    """

    states: tuple[str, ...]
    inputs: int
    steps: Mapping[tuple[str, Bits], Step]

    @classmethod
    def of(cls, states: tuple[str, ...], inputs: int, step: Callable[[int, Bits], tuple[int, int]]) -> "Machine":
        """The machine that a rule describes.

        Args:
            states: their names; the first is the start.
            inputs: I, the number of bits read at a position.
            step: index of a state and bits -> index of the next state and the bit written.
        """
        steps = {}
        for index, name in enumerate(states):
            for bits in product((0, 1), repeat=inputs):
                following, output = step(index, bits)
                steps[name, bits] = Step(states[following], output)
        return cls(states, inputs, steps)

    def run(self, inputs: Integers) -> Integers:
        """The bits that the machine writes.

        Args:
            inputs: (T, ..., I) bits, position 0 first.

        Returns:
            (T, ...) bits.
        """
        return self._outputs()[self.lines(inputs)]

    def lines(self, inputs: Integers) -> Integers:
        """The steps that the machine takes, by their place in `steps`.

        Args:
            inputs: (T, ..., I) bits, position 0 first.

        Returns:
            (T, ...) places.
        """
        table, following = self.tables()
        code = np.asarray(inputs, dtype=np.int64) @ (1 << np.arange(self.inputs))  # (T, ...) bits as a number
        state = np.zeros(code.shape[1:], dtype=np.int64)
        taken = np.empty_like(code)
        for t in range(len(code)):
            taken[t] = table[state, code[t]]
            state = following[state, code[t]]
        return taken

    def tables(self) -> tuple[Integers, Integers]:
        """Places in `steps` and next states, (states, 2**I). Column k belongs to the bits of k; the first operand's bit
        is the lowest.
        """
        lines = np.empty((len(self.states), 2**self.inputs), dtype=np.int64)
        following = np.empty_like(lines)
        for line, ((name, bits), step) in enumerate(self.steps.items()):
            place = self.states.index(name), sum(bit << k for k, bit in enumerate(bits))
            lines[place], following[place] = line, self.states.index(step.state)
        return lines, following

    def written(self) -> Integers:
        """The bits that are written, (states, 2**I), laid out as `tables`."""
        return self._outputs()[self.tables()[0]]

    def _outputs(self) -> Integers:
        """The bit that each step writes."""
        return np.array([step.output for step in self.steps.values()], dtype=np.int64)

    def memoryless_error(self, length: int, random_positions: int) -> float:
        """The smallest expected error of a network without memory.

        Without memory the output is a function of the position's bits alone, the same at all positions. For each
        combination of bits the sum over positions of abs(target - output) is linear in the output. So it is smallest if
        the output is the more frequent target.

        Args:
            length: T, the number of positions.
            random_positions: how many of them, from position 0 on, read independent random bits; the others read zeros.

        Returns:
            The expected sum over positions. Exact up to rounding.
        """
        lines, following = self.tables()
        outputs = self._outputs()[lines]
        combinations = 2**self.inputs
        state: Array = np.eye(len(self.states))[0]  # probability of each state before this position
        targets = np.zeros((combinations, 2))  # expected number of positions with these bits and this target
        for t in range(length):
            chance = np.full(combinations, 1 / combinations) if t < random_positions else np.eye(combinations)[0]
            joint = state[:, None] * chance  # (states, combinations)
            for output in (0, 1):
                targets[:, output] += np.where(outputs == output, joint, 0.0).sum(axis=0)
            state = np.array([joint[following == index].sum() for index in range(len(self.states))])
        return float(targets.min(axis=1).sum())
