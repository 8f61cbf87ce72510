"""The machine inside: the finite-state machine that a network has made of itself.

A network that has learned to add needs its hidden state for one thing: to know the carry. Its state may be any of
infinitely many places, but there should be only two behaviours. This finds out how many there are, and which:

1. **Behaviours.** The network reads all sequences of bits up to a length, `DEPTH`. After each shorter one, its state
   has a behaviour: the bits that the network writes for every continuation up to `AHEAD` further positions. States of
   the same behaviour are one state of a machine. These are the k-tails of Biermann & Feldman.
2. **Arrows.** For each state and the bits that are read, the arrow goes where most of the network's states go. All
   positions of all sequences count the same.
3. **Few states.** A network that is still learning has many behaviours, most of them rare. So there are machines of the
   1, 2, .. `MOST_STATES` most frequent behaviours; each other behaviour counts as the nearest of these: the one that
   differs in the fewest bits.
4. **The smallest.** States of a machine that behave alike are merged, see `rnn_core.tasks.minimal`. The answer is the
   first machine that writes the network's bits on all of these sequences. If none does, it is the one with the largest
   share of such sequences, after each of its states has paid `PRICE`: a state that explains less is not worth drawing.

Nothing is said about the places of the states, so it is the same for every cell, for any order of the units, and with
units that do nothing.

**Is it the network?** The machine is made from short sequences, so two shares say how far one may trust it: that of the
problems of the trained width on which it writes the network's bit at every position, and that of long random problems.
A network may be its machine on the numbers that it has trained on, and forget on longer ones. An untrained network is
often a machine of one or two states, since it hardly reads its memory; but that machine does not solve the task.

Sources. Biermann & Feldman 1972, "On the synthesis of finite-state machines from samples of their behavior". Machines
from networks: Giles et al. 1992, "Learning and extracting finite state automata with second-order recurrent neural
networks", which divides the space of the states into boxes; Weiss, Goldberg & Yahav 2018, "Extracting automata from
recurrent neural networks using queries and counterexamples"; Merrill & Tsilivis 2022, "Extracting finite automata from
RNNs using state merging", which, as here, merges the prefixes that the network has read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from string import ascii_uppercase
from typing import NamedTuple

import numpy as np

from rnn_core.analysis.behaviours import Candidate, all_sequences, behaviours_of, candidate, written_by
from rnn_core.config import TrainingConfig
from rnn_core.network.parts import make_cell, make_task
from rnn_core.pieces import Pieces, result_of
from rnn_core.tasks import TASKS
from rnn_core.tasks.machine import Bits, Machine, Step
from rnn_core.tasks.minimal import names_in
from rnn_core.types import Array, Integers

MOST_STATES = 12
"""A machine of more states is none that a person could read."""

DEPTH = {1: 10, 2: 6, 3: 5}
"""The length of the sequences that the network reads, by the number of bits at a position: some thousand sequences."""

AHEAD = {1: 3, 2: 2, 3: 2}
"""The length of the longest continuation in a behaviour, by the number of bits at a position."""

PRICE = 0.02
"""The share of sequences that one more state must explain, if no machine explains all of them."""

MOST, LEAST = 2**14, 2**10
"""The largest and the smallest number of problems of the trained width that are tried, if the task has as many."""

COST = 2**25
"""The most that these may cost with more than `LEAST` problems, in problems * bits * hidden_size**2."""

TOGETHER = 2**21
"""How much of this is computed in one piece: some milliseconds."""

LONG_BITS, LONG_PROBLEMS = 60, 2**8
"""The width and the number of the long problems. Numbers of this width are whole numbers that NumPy can add."""


@dataclass(frozen=True)
class MachineStep:
    """One step of an extracted machine.

    Attributes:
        state: the name of the state before it.
        bits: the bits that are read, in the order of the task's operands.
        next: the name of the state after it.
        output: the bit that is written.
        count: how often the network takes this step, at all positions of all sequences that can tell.
        of: how often it reads these bits in this state; the others of these go on to another state than `next`.
    """

    state: str
    bits: Bits
    next: str
    output: int
    count: int
    of: int


@dataclass(frozen=True)
class ExtractedMachine:
    """The machine that a network has made of itself, or the nearest one of few states.

    Attributes:
        states: their names, those of the task's machine if it is the same one, else A, B, .. in the order in which one
            meets them.
        start: the name of the state before position 0.
        steps: one for every state and all combinations of bits, bits counting up.
        agrees_with_network: the share of problems of the trained width, from 0 to 1, on which it writes the network's
            bit at every position.
        agrees_with_task: the share of these on which it writes the right bit at every position.
        agrees_with_network_long: the first share once more, of random problems of `LONG_BITS` positions.
        agrees_with_task_long: the second share of these.
        equals_task: whether it does the same as the task's machine on all numbers of any length.
        problems: the number of problems of the trained width.
        sampled: whether these are a sample; else they are all problems of the task.
    """

    states: tuple[str, ...]
    start: str
    steps: tuple[MachineStep, ...]
    agrees_with_network: float
    agrees_with_task: float
    agrees_with_network_long: float
    agrees_with_task_long: float
    equals_task: bool
    problems: int
    sampled: bool

    @property
    def machine(self) -> Machine:
        """The same as one that runs."""
        steps = {(step.state, step.bits): Step(step.next, step.output) for step in self.steps}
        return Machine(self.states, len(self.steps[0].bits), steps)


def extract_machine(config: TrainingConfig, parameters: Mapping[str, Array]) -> ExtractedMachine:
    """The finite-state machine that a network has made of itself.

    Args:
        config: that of the run that the parameters come from.
        parameters: by name, as `Trainer.parameters` gives them. Read only.
    """
    return result_of(extract_machine_in_pieces(config, parameters))


def extract_machine_in_pieces(config: TrainingConfig, parameters: Mapping[str, Array]) -> Pieces[ExtractedMachine]:
    """The same as `extract_machine`, in pieces of some milliseconds each."""
    task = make_task(config)
    best = yield from _best_machine(config, parameters, task.machine.inputs)
    same = names_in(best.table, task.machine)

    usual = _problems(config.task, config.bits, _most(config))
    long = _problems(config.task, LONG_BITS, LONG_PROBLEMS)
    shares = []
    for codes, targets in (usual, long):
        outputs = yield from _outputs(config, parameters, codes)
        written = written_by(best.table, codes)
        shares += [_share(written, outputs), float((written == targets).all(axis=0).mean())]

    problems = usual.codes.shape[1]
    names = same or tuple(ascii_uppercase[: len(best.table.following)])
    states = tuple(sorted(names, key=task.machine.states.index if same else names.index))
    return ExtractedMachine(
        states=states,
        start=names[0],
        steps=_steps(best, names, states, task.machine.inputs),
        agrees_with_network=shares[0],
        agrees_with_task=shares[1],
        agrees_with_network_long=shares[2],
        agrees_with_task_long=shares[3],
        equals_task=same is not None,
        problems=problems,
        sampled=problems < task.problem_count,
    )


def _best_machine(config: TrainingConfig, parameters: Mapping[str, Array], inputs: int) -> Pieces[Candidate]:
    """The machine of at most `MOST_STATES` states that tells best what the network writes."""
    sequences = _sequences(inputs)
    outputs = yield from _outputs(config, parameters, sequences)
    behaviours = behaviours_of((outputs > 0.5).astype(np.int64), 2**inputs, AHEAD[inputs])
    best, most = candidate(behaviours, 1), -np.inf
    for states in range(1, min(MOST_STATES, len(behaviours.rows)) + 1):
        yield
        machine = candidate(behaviours, states)
        share = _share(written_by(machine.table, sequences), outputs)
        if share == 1.0:
            return machine
        worth = share - PRICE * len(machine.table.following)
        if worth > most:
            best, most = machine, worth
    return best


def _share(written: Integers, outputs: Array) -> float:
    """The share of sequences on which a machine writes the network's bit at every position. An output that is not a
    number is no bit.
    """
    same = (written == (outputs > 0.5)) & ~np.isnan(outputs)  # (T, n)
    return float(same.all(axis=0).mean())


def _steps(machine: Candidate, names: tuple[str, ...], states: tuple[str, ...], inputs: int) -> tuple[MachineStep, ...]:
    """All steps of a machine whose states have these names, in the order of `states`."""
    table, taken, read = machine
    steps = []
    for state, bits in product(states, product((0, 1), repeat=inputs)):
        place = names.index(state), sum(bit << k for k, bit in enumerate(bits))
        following, output = names[table.following[place]], int(table.outputs[place])
        steps.append(MachineStep(state, bits, following, output, count=int(taken[place]), of=int(read[place])))
    return tuple(steps)


def _outputs(config: TrainingConfig, parameters: Mapping[str, Array], codes: Integers) -> Pieces[Array]:
    """P(bit = 1), or NaN, at every position of sequences, (T, n), in pieces of some sequences each.

    Args:
        config: that of the run that the parameters come from.
        parameters: by name.
        codes: (T, n) the bits of each position as a number, as in `Machine.tables`.
    """
    cell, task = make_cell(config), make_task(config)
    together = max(1, TOGETHER // (len(codes) * config.hidden_size**2))
    parts = []
    for start in range(0, codes.shape[1], together):
        yield
        some = codes[:, start : start + together, None] >> np.arange(task.machine.inputs) & 1  # (T, B, I)
        with np.errstate(over="ignore", invalid="ignore"):
            parts.append(cell.forward(parameters, some.astype(np.float64)).outputs)
    return np.concatenate(parts, axis=1)


class _Problems(NamedTuple):
    """Problems that a machine is compared on. Read only.

    Attributes:
        codes: (T, n) the bits of each position as a number.
        targets: (T, n) the bits that are right.
    """

    codes: Integers
    targets: Integers


@lru_cache(maxsize=8)
def _problems(task: str, bits: int, most: int) -> _Problems:
    """Problems of a task at a width: all of them if they are at most `most`, else so many, the same ones each time."""
    solved = TASKS[task](bits)
    inputs, targets = solved.encode(solved.some_problems(most, most), bits)
    return _Problems(inputs.astype(np.int64) @ (1 << np.arange(inputs.shape[-1])), targets.astype(np.int64))


def _most(config: TrainingConfig) -> int:
    """How many problems of the trained width are tried."""
    fitting = COST // (config.bits * config.hidden_size**2)
    return max(LEAST, min(MOST, 1 << fitting.bit_length() >> 1))


@lru_cache(maxsize=4)
def _sequences(inputs: int) -> Integers:
    """All sequences that the network reads, (T, n). Read only."""
    return all_sequences(2**inputs, DEPTH[inputs])
