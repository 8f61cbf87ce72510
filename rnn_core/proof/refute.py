"""Looking for a problem that fails: cheap, and before anything is proved.

Three ways, one after the other:

1. All sequences of bits up to a length, `SEQUENCES` of them. These are all pairs of numbers of a small width.
2. Random and hard problems up to 1,024 positions, see `rnn_core.analysis.lengths`.
3. **Far states.** A network fails where its hidden state strays. So from all states that it comes to, only some are
   followed: for each state of the machine those that are farthest in each of `DIRECTIONS` directions, and those with
   the least certain outputs. From these all inputs are read, and so on, `STEPS` positions.

What is found is run once more from its first bit to its last, by the network as it is, before it is believed.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from rnn_core.analysis.lengths import lengths_in_pieces
from rnn_core.assessment.metrics import settled
from rnn_core.cells import Memory
from rnn_core.config import TrainingConfig
from rnn_core.network.parts import make_cell, make_task
from rnn_core.pieces import Pieces
from rnn_core.proof.answer import Counterexample
from rnn_core.tasks.minimal import table_of
from rnn_core.tasks.task import own_stream
from rnn_core.types import Array, Integers

SEQUENCES = 2**16
"""How many sequences of the longest length are tried, at most."""

DIRECTIONS = 64
"""In how many random directions the farthest states are followed, for each state of the machine."""

STEPS = 96
"""How many positions the far states are followed."""


def refutation_in_pieces(config: TrainingConfig, parameters: Mapping[str, Array]) -> Pieces[Counterexample | None]:
    """A problem that fails, or None if none was found, in pieces of at most some tens of milliseconds."""
    for codes in _short(config, parameters):
        if codes is None:
            yield
        elif (found := counterexample(config, parameters, codes)) is not None:
            return found
    failure = (yield from lengths_in_pieces(config, parameters)).first_failure
    if failure is not None:
        numbers = [failure.operands[name] for name in make_task(config).operands]
        found = counterexample(config, parameters, _codes(numbers, failure.width))
        if found is not None:
            return found
    for codes in _far(config, parameters):
        if codes is None:
            yield
        elif (found := counterexample(config, parameters, codes)) is not None:
            return found
    return None


def counterexample(config: TrainingConfig, parameters: Mapping[str, Array], codes: list[int]) -> Counterexample | None:
    """The problem that begins with these bits, if the network gets it wrong.

    Args:
        config: that of the run that the parameters come from.
        parameters: by name.
        codes: the bits of each position as a number, as in `Machine.tables`, up to a position with a wrong bit.
    """
    task, cell = make_task(config), make_cell(config)
    table = table_of(task.machine)
    state = 0
    for code in codes:
        state = int(table.following[state, code])
    # Zeros on top of numbers are not written. So there is a one above, unless only the last position is read.
    if not task.truth and (task.width(_numbers(codes, task.machine.inputs)) < len(codes) or (task.picky and state)):
        codes = [*codes, 1]
    operands = _numbers(codes, task.machine.inputs)
    width = max(task.width(operands), len(codes))
    codes = [*codes, *[0] * (width - len(codes))]
    inputs = np.array(codes)[:, None, None] >> np.arange(task.machine.inputs) & 1  # (T, 1, I)
    with np.errstate(over="ignore", invalid="ignore"):
        outputs = cell.forward(parameters, inputs.astype(np.float64)).outputs
    targets = task.machine.run(inputs)  # (T, 1)
    said = (settled(outputs, targets.astype(np.float64)) > 0.5).astype(np.int64)[:, 0].tolist()
    right = targets[:, 0].tolist()
    first = width - 1 if task.truth else 0
    wrong = [t for t in range(first, width) if said[t] != right[t]]
    if not wrong:
        return None
    named = dict(zip(task.operands, operands, strict=True))
    return Counterexample(width, wrong[0], named, task.result_of(right), task.result_of(said))


def _short(config: TrainingConfig, parameters: Mapping[str, Array]) -> Iterator[list[int] | None]:
    """Sequences with a wrong bit at their end, among all up to a length. None is a pause."""
    task, cell = make_task(config), make_cell(config)
    table, inputs = table_of(task.machine), task.machine.inputs
    every = np.arange(2**inputs)
    bits = every[:, None] >> np.arange(inputs) & 1
    states, memory = np.zeros(1, dtype=np.int64), Memory(np.zeros((1, config.hidden_size)))
    length = int(np.log2(SEQUENCES)) // inputs
    for t in range(length):
        # The last position is the slowest to change: sequence s of this length began as sequence s // 2**I.
        states, codes = np.repeat(states, len(every)), np.tile(every, len(states))
        hidden = np.repeat(memory.hidden_state, len(every), axis=0)
        outputs, parts = np.empty(len(codes)), []
        for start in range(0, len(codes), 2**13):
            yield None
            here = slice(start, start + 2**13)
            with np.errstate(over="ignore", invalid="ignore"):
                activity = cell.forward(parameters, bits[codes[here]][None].astype(float), Memory(hidden[here]))
            outputs[here] = activity.outputs[0]
            parts.append(activity.hidden_states[1])
        memory = Memory(np.concatenate(parts))
        targets = table.outputs[states, codes]
        wrong = (settled(outputs, targets.astype(float)) > 0.5) != targets
        if t >= task.first_read and wrong.any():
            place = int(np.argmax(wrong))
            yield [place // len(every) ** (t - s) % len(every) for s in range(t + 1)]
        states = table.following[states, codes]


def _far(config: TrainingConfig, parameters: Mapping[str, Array]) -> Iterator[list[int] | None]:
    """Long sequences with a wrong bit at their end, by following far states. None is a pause."""
    task, cell = make_task(config), make_cell(config)
    table, inputs = table_of(task.machine), task.machine.inputs
    every = np.arange(2**inputs)
    bits = (every[:, None] >> np.arange(inputs) & 1).astype(float)
    directions = own_stream("far states").standard_normal((config.hidden_size, DIRECTIONS))
    directions = np.column_stack([directions, parameters["W_hy"], -parameters["W_hy"]])
    states, hidden = np.zeros(1, dtype=np.int64), np.zeros((1, config.hidden_size))
    steps: list[tuple[Integers, Integers]] = []  # for every position: where each state came from, and by which input
    for t in range(STEPS):
        yield None
        origin, codes = np.repeat(np.arange(len(states)), len(every)), np.tile(every, len(states))
        with np.errstate(over="ignore", invalid="ignore"):
            activity = cell.forward(parameters, bits[codes][None], Memory(hidden[origin]))
        targets = table.outputs[states[origin], codes]
        outputs = settled(activity.outputs[0], targets.astype(float))
        wrong = (outputs > 0.5) != targets
        if t >= task.first_read and wrong.any():
            sequence, place = [], int(np.argmax(wrong))
            sequence.append(int(codes[place]))
            place = int(origin[place])
            for came, by in reversed(steps):
                sequence.append(int(by[place]))
                place = int(came[place])
            yield sequence[::-1]
        following, reached = table.following[states[origin], codes], activity.hidden_states[1]
        certain = np.abs(outputs - 0.5)
        kept: list[int] = []
        for state in np.unique(following):
            here = np.flatnonzero(following == state)
            far = np.argmax(reached[here] @ directions, axis=0)
            kept += [*here[far].tolist(), *here[np.argsort(certain[here])[:DIRECTIONS]].tolist()]
        chosen = np.unique(kept)
        steps.append((origin[chosen], codes[chosen]))
        states, hidden = following[chosen], reached[chosen]


def _numbers(codes: list[int], operands: int) -> list[int]:
    """The operands whose bits these are."""
    return [sum((code >> k & 1) << t for t, code in enumerate(codes)) for k in range(operands)]


def _codes(numbers: list[int], width: int) -> list[int]:
    """The inverse of `_numbers`."""
    return [sum((number >> t & 1) << k for k, number in enumerate(numbers)) for t in range(width)]
