"""The smallest machine that does the same, and whether two machines do the same.

Two states behave alike if they write the same bits, whatever is read from then on. A machine in which no two states
behave alike, and every state can be reached, is the smallest one that does what it does. Two such machines do the same
if and only if they differ in nothing but the names of their states.

Sources: Moore 1956, "Gedanken-experiments on sequential machines"; Hopcroft, Motwani & Ullman 2006, "Introduction to
automata theory, languages, and computation", section 4.4.
"""

from typing import NamedTuple

import numpy as np

from rnn_core.tasks.machine import Machine
from rnn_core.types import Integers


class Table(NamedTuple):
    """A machine without names: state 0 is the start. Column k belongs to the bits of k, as in `Machine.tables`.

    Attributes:
        following: (states, 2**I) the next state of each step.
        outputs: (states, 2**I) the bit that each step writes.
    """

    following: Integers
    outputs: Integers


def table_of(machine: Machine) -> Table:
    """A machine without the names of its states, which keep their order."""
    lines, following = machine.tables()
    return Table(following, np.array([step.output for step in machine.steps.values()], dtype=np.int64)[lines])


def smallest(table: Table) -> tuple[Table, Integers]:
    """The smallest machine that does the same.

    Groups of states are split until all states of a group write the same bits and go on to the same groups. The groups
    that can be reached are the new states, in the order in which one meets them: breadth first, bits counting up.

    Returns:
        The machine, and for every state of the given one its new state; -1 for a state that can't be reached.
    """
    groups = _numbered(table.outputs)
    while True:
        finer = _numbered(np.column_stack([groups, groups[table.following]]))
        if finer.max() == groups.max():
            break
        groups = finer
    firsts = np.unique(groups, return_index=True)[1]  # one state for each group
    met = [int(groups[0])]
    for group in met:
        met.extend(k for k in dict.fromkeys(groups[table.following[firsts[group]]].tolist()) if k not in met)
    new = np.full(len(firsts), -1)
    new[met] = np.arange(len(met))
    kept = firsts[met]
    return Table(new[groups[table.following[kept]]], table.outputs[kept]), new[groups]


def names_in(table: Table, machine: Machine) -> tuple[str, ...] | None:
    """What a machine calls the states of a table that does the same.

    Args:
        table: as `smallest` returns it.
        machine: of its states that behave alike, the first gives the name.

    Returns:
        The names in the order of the table; None if the machine does something else.
    """
    other, new = smallest(table_of(machine))
    if not (np.array_equal(table.following, other.following) and np.array_equal(table.outputs, other.outputs)):
        return None
    return tuple(machine.states[int(np.argmax(new == state))] for state in range(len(table.following)))


def _numbered(rows: Integers) -> Integers:
    """(n,) a number for each row, the same for equal rows."""
    return np.unique(rows, axis=0, return_inverse=True)[1].reshape(-1)
