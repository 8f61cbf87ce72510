"""What a network's states do, and the machines of few states that do nearly the same.

A network reads sequences of bits. After each beginning of a sequence it is in some state. The *behaviour* of that state
is all that can be seen of it from outside: the bits that the network writes for every continuation up to some length.
States of the same behaviour may be taken for one state of a machine. These are the k-tails of Biermann & Feldman 1972,
"On the synthesis of finite-state machines from samples of their behavior".

Here, A = 2**I is the number of combinations of bits that may be read at a position.
"""

from typing import NamedTuple

import numpy as np

from rnn_core.tasks.minimal import Table, smallest
from rnn_core.types import Integers


class Behaviours(NamedTuple):
    """The behaviours after all beginnings of sequences, the shortest beginnings first.

    Attributes:
        kinds: (n,) each beginning's behaviour, by its place in `rows`.
        rows: (kinds, continuations) 0 or 1: the bits that are written at the ends of the continuations, for each
            behaviour that occurs; the most frequent one first.
        steps: (m, A) for the first m beginnings the beginning that is longer by these bits.
        written: (n, A) the bits written after these.
        counts: (n,) how many sequences begin so.
    """

    kinds: Integers
    rows: Integers
    steps: Integers
    written: Integers
    counts: Integers


class Candidate(NamedTuple):
    """A machine of few states.

    Attributes:
        table: the machine.
        taken: (states, A) how often the network takes this step.
        read: (states, A) how often it reads these bits in this state.
    """

    table: Table
    taken: Integers
    read: Integers


def all_sequences(width: int, length: int) -> Integers:
    """(length, width**length) all sequences of numbers below `width`; the last number changes fastest."""
    return np.indices((width,) * length).reshape(length, -1)


def behaviours_of(written: Integers, width: int, ahead: int) -> Behaviours:
    """The behaviours after all beginnings that leave room for their continuations.

    Args:
        written: (length, width**length) the bits that the network writes on `all_sequences`.
        width: A.
        ahead: the length of the longest continuations, above 0.
    """
    length = len(written)
    # After reading t + 1 combinations of bits: one bit for each of the width**(t + 1) beginnings.
    by_length = [row[:: width ** (length - t - 1)] for t, row in enumerate(written)]
    depths = range(length - ahead + 1)
    tails = np.concatenate(
        [np.column_stack([by_length[t + k].reshape(width**t, -1) for k in range(ahead)]) for t in depths]
    )
    starts = np.cumsum([0, *(width**t for t in depths)])  # the place of the first beginning of each length
    longer = sum(width**t for t in depths[:-1])
    counts = np.concatenate([np.full(width**t, width ** (length - t)) for t in depths])
    rows, firsts, kinds = np.unique(tails, axis=0, return_index=True, return_inverse=True)
    frequent = np.lexsort((firsts, -np.bincount(kinds.reshape(-1), counts)))
    return Behaviours(
        kinds=np.argsort(frequent)[kinds.reshape(-1)],
        rows=rows[frequent],
        steps=np.arange(starts[1], starts[1] + longer * width).reshape(longer, width),
        written=tails[:, :width],
        counts=counts,
    )


def candidate(behaviours: Behaviours, states: int) -> Candidate:
    """The machine of the most frequent behaviours, at most `states`.

    Each other behaviour counts as the nearest of these, which differs in the fewest bits. Each step goes where most
    beginnings go, and writes what most write; of equal ones, the first. States that are alike in the end are merged.
    """
    kinds, rows, steps, written, counts = behaviours
    states = min(states, len(rows))
    kept = rows[:states].astype(np.float64)
    apart = rows @ (1 - kept).T + (1 - rows) @ kept.T  # (kinds, states)
    near = np.argmin(apart, axis=1)[kinds]  # (n,)
    renamed = np.arange(states)
    renamed[[0, near[0]]] = renamed[[near[0], 0]]  # the start is state 0
    near = renamed[near]

    m, width = steps.shape
    longer = counts[:m, None] // width  # how many sequences begin with a step
    went = _tally((near[:m, None], np.arange(width), near[steps]), longer, (states, width, states))
    wrote = _tally((near[:, None], np.arange(width), written), counts[:, None], (states, width, 2))
    before = went
    table, merged = smallest(Table(np.argmax(went, axis=2), np.argmax(wrote, axis=2)))

    belongs = (merged[:, None] == np.arange(len(table.following))).astype(np.int64)  # (old states, new states)
    went = np.einsum("as,axb,bt->sxt", belongs, went, belongs)
    taken = np.take_along_axis(went, table.following[:, :, None], axis=2)[:, :, 0]
    return Candidate(table, taken, read=np.einsum("as,axb->sx", belongs, before))


def written_by(table: Table, codes: Integers) -> Integers:
    """The bits that a machine writes.

    Args:
        table: the machine.
        codes: (T, n) the bits of each position as a number below A.

    Returns:
        (T, n) bits.
    """
    width = table.following.shape[1]
    following, outputs = table.following.reshape(-1) * width, table.outputs.reshape(-1)
    state = np.zeros(codes.shape[1:], dtype=np.int64)  # times A
    written = np.empty_like(codes)
    for t, code in enumerate(codes):
        step = state + code
        written[t] = outputs[step]
        state = following[step]
    return written


def _tally(place: tuple[Integers, ...], counts: Integers, shape: tuple[int, ...]) -> Integers:
    """The sum of the counts at each place."""
    *indices, amounts = np.broadcast_arrays(*place, counts)
    sums: Integers = np.zeros(shape, dtype=np.int64)
    np.add.at(sums, tuple(indices), amounts)
    return sums
