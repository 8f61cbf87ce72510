"""What a task is: problems in whole numbers, and the bits that a network reads and should answer with."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from rnn_core.network.bits import bits_of, number_of
from rnn_core.tasks.chains import chains
from rnn_core.tasks.machine import Machine
from rnn_core.text import Text
from rnn_core.types import Array, Integers


@dataclass(frozen=True)
class Plateau:
    """The error of a known simple behaviour, to compare an error curve with.

    Attributes:
        key: a short name.
        label: the behaviour in words.
        error: its expected sum over positions of abs(target - output), over the problems that the task draws.
    """

    key: str
    label: str
    error: float


def own_stream(purpose: str) -> np.random.RandomState:
    """Random numbers for one purpose in evaluation, the same ones each time.

    Runs draw from the Mersenne Twister, seeded by a whole number. This is another generator, PCG64 (O'Neill 2014), so
    no run with any seed trains on this stream. The numbers of a `RandomState` are the same in all versions of NumPy.
    """
    return np.random.RandomState(np.random.PCG64(list(purpose.encode())))


class Task(ABC):
    """Something to learn: at every position one bit of each operand comes in, least significant first, and one bit
    should come out.

    To make a task of your own, write a subclass with the attributes below and `targets`. Replace other methods only if
    your task differs. docs/tasks.md shows one.

    Attributes:
        name: its key in a configuration.
        title: its name on the page and in the documentation.
        operands: the names of the numbers that come in, from "a", "b", "c".
        expression: how a problem is written, the operands in braces: "{a} + {b}".
        truth: whether the result is one bit, shown as yes or no and read at the last position. Otherwise it is the
            number whose bits are the outputs.
        carried: what has to be remembered from position to position, in a word; empty if nothing has to be remembered.
        memoryless: the best behaviour without memory, in words.
        least_bits: the smallest width that makes sense.
        machine: the finite-state machine that solves it.
        bits: T, the number of positions in training.
        operand_limit: operands of training are drawn below it.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    operands: ClassVar[tuple[str, ...]] = ("a", "b")
    expression: ClassVar[str]
    truth: ClassVar[bool] = False
    carried: ClassVar[str] = ""
    memoryless: ClassVar[tuple[str, Text]] = ("no_memory", Text("the best without memory"))
    least_bits: ClassVar[int] = 2
    machine: ClassVar[Machine]

    def __init__(self, bits: int) -> None:
        """Fix the width.

        Raises:
            ValueError: it is below `least_bits`.
        """
        if bits < self.least_bits:
            raise ValueError(f"bits must be at least {self.least_bits} for {self.name}, not {bits}")
        self.bits = bits

    @property
    def operand_bits(self) -> int:
        """The largest number of bits of an operand in training; the positions above read zeros."""
        return self.bits

    @property
    def operand_limit(self) -> int:
        """Operands of training are below this limit."""
        return int(2**self.operand_bits)

    # Problems

    def draw(self, random: np.random.RandomState, iterations: int, batch: int) -> Integers:
        """Draw problems in the script's order: a1, b1, a2, b2 ...

        The same stream gives the same problems, however the iterations are cut into calls.

        Returns:
            (iterations, B, operands) numbers below `operand_limit`.
        """
        return random.randint(self.operand_limit, size=(iterations, batch, len(self.operands)), dtype=np.int64)

    @property
    def problem_count(self) -> int:
        """The number of different problems in training."""
        return int(self.operand_limit ** len(self.operands))

    @property
    def picky(self) -> bool:
        """Whether training leaves out problems with numbers below `operand_limit`, as subtraction does if a < b. Those
        left are the ones after which the machine is back at its start.
        """
        return bool(self.problem_count < self.operand_limit ** len(self.operands))

    def all_problems(self) -> Integers:
        """Every problem that training may draw, (problem_count, operands); the last operand changes fastest."""
        numbers = np.arange(self.operand_limit, dtype=np.int64)
        grid = np.meshgrid(*[numbers] * len(self.operands), indexing="ij")
        return np.stack(grid, axis=-1).reshape(-1, len(self.operands))

    def some_problems(self, most: int, sample: int) -> Integers:
        """Every problem if there are at most `most`, else `sample` of them, (n, operands): the same ones each time,
        drawn in the way of training, but from a stream that no run has.
        """
        if self.problem_count <= most:
            return self.all_problems()
        return self.draw(own_stream("sample"), sample, 1)[:, 0]

    def hard_problems(self) -> Integers:
        """Problems that need a long memory, (n, operands), each once and the same ones each time. For every stretch of
        positions there are some in which something must be remembered along the whole stretch. A task without memory
        has none.

        They are made from the machine; see `rnn_core.tasks.chains`.
        """
        return _hard_problems(type(self), self.bits)

    def refusal(self, operands: Sequence[int]) -> tuple[str, str] | None:
        """An operand that is not allowed, and why, as the end of a sentence; None if all are. Each is 0 or more."""
        return None

    # Answers

    @abstractmethod
    def targets(self, operands: Integers, length: int) -> Integers:
        """The bits that should come out, as one number for each problem.

        Args:
            operands: (..., operands) numbers.
            length: T, positions.

        Returns:
            (...) numbers below 2**length, whose bits are the targets.
        """

    def target(self, operands: Sequence[int], length: int) -> int:
        """`targets` of one problem."""
        return int(self.targets(np.array(operands, dtype=np.int64), length))

    def result(self, operands: Integers, length: int) -> Integers:
        """The answer as people write it: (..., operands) numbers to (...)."""
        return self.read(bits_of(self.targets(operands, length), length))

    def read(self, bits: Integers) -> Integers:
        """The results, (...), that the output bits (..., T) stand for."""
        return np.asarray(bits)[..., -1] if self.truth else number_of(bits)

    def said(self, operands: Sequence[int], result: int) -> str:
        """A problem and a result as people write them: "9 + 60 = 69", "9 > 60: no"."""
        problem = self.expression.format(**dict(zip(self.operands, operands, strict=True)))
        return f"{problem}: {'yes' if result else 'no'}" if self.truth else f"{problem} = {result}"

    def result_of(self, bits: Sequence[int]) -> int:
        """`read` for one problem, (T,) bits as plain numbers, without making an array, which is slow."""
        if self.truth:
            return int(bits[-1])
        number = 0
        for bit in reversed(bits):
            number = 2 * number + bit
        return number

    @property
    def first_read(self) -> int:
        """The first position from which a result at the width of training is read."""
        return self.bits - 1 if self.truth else 0

    def width(self, operands: Sequence[int]) -> int:
        """The number of positions that a problem needs: enough for its operands and its result, and at least `bits`."""
        return max(self.bits, *(number.bit_length() for number in operands))

    def encode(self, operands: Integers, length: int) -> tuple[Array, Array]:
        """Problems in the form that the network reads.

        Args:
            operands: (..., B, operands) numbers.
            length: T, positions.

        Returns:
            inputs (..., T, B, operands) and targets (..., T, B), bits as 0.0 and 1.0.
        """
        inputs = np.moveaxis(bits_of(operands, length), -1, -3)
        targets = np.moveaxis(bits_of(self.targets(operands, length), length), -1, -2)
        return np.ascontiguousarray(inputs, dtype=np.float64), np.ascontiguousarray(targets, dtype=np.float64)

    # Errors to compare with

    def memoryless_error(self) -> float:
        """The smallest expected error without memory; see `Machine.memoryless_error`."""
        return self.machine.memoryless_error(self.bits, self.operand_bits)

    def reference_errors(self) -> tuple[Plateau, ...]:
        """The plateaus of learning this task, to compare an error curve with.

        The first is the error of always answering one half: 1/2 at each of T positions. The second is the smallest
        error of a network without memory; a task that needs no memory has no second plateau.
        """
        half = Plateau("half", Text("always one half"), self.bits / 2)
        error = self.memoryless_error()
        return (half, Plateau(*self.memoryless, error)) if error > 0 else (half,)


@lru_cache(64)
def _hard_problems(kind: type[Task], bits: int) -> Integers:
    """The hard problems of a task. They are made once, because that takes some hundredths of a second."""
    task = kind(bits)
    problems = chains(task.machine, task.operand_bits, own_stream("chains"))
    allowed = [task.refusal(problem) is None for problem in problems.tolist()]
    found: Integers = problems[np.array(allowed, dtype=bool)]
    found.flags.writeable = False
    return found
