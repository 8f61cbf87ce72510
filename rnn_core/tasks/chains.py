"""Hard problems of a task: something has to be remembered over a stretch of every length at every place.

Random numbers hardly ever need a long memory. In a sum of two numbers, a carry goes on from one position to the next
with probability 1/2. So only a few sums in a million keep a carry over twenty positions. A network that forgets after
twenty positions is right on nearly all drawn problems, and wrong on these.

Hard problems are made only from the task's machine. Bits *keep* two of its states *apart* if they lead them to two
different states. Reading such bits, a network must go on remembering which of the two states it was. In addition these
bits are 0 + 1 and 1 + 0, which pass a carry on. After 0 + 0 and 1 + 1 the carry is the same for both states, so nothing
need be remembered. A chain is a stretch of bits that keep two states apart:

    quiet ... quiet, lead, kept apart ... kept apart, home, quiet ... quiet

The lead goes from the start to one of the two states. After the chain the machine goes home to its start. Quiet bits
lead from the start to the start.
"""

from collections import deque

import numpy as np

from rnn_core.tasks.machine import Machine
from rnn_core.types import Integers

STYLES = 4
"""The number of problems for each chain. The first has the first bits that keep apart along the whole chain, the second
has the second ones; around the chain both have the same quiet bits, usually zeros. The third has one kind of bits along
the whole chain, and random quiet bits around it. In the fourth all of these bits are random.
"""


def chains(machine: Machine, length: int, random: np.random.RandomState) -> Integers:
    """Problems with every chain that fits into the length.

    Args:
        machine: the machine that solves the task.
        length: the number of positions of the operands.
        random: the generator for mixed bits.

    Returns:
        (n, I) operands, each problem once, in order; none if nothing has to be remembered.
    """
    _, following = machine.tables()  # (states, 2**I)
    pairs = [(state, other) for state in range(len(following)) for other in range(len(following)) if state != other]
    found = [_chains_of(following, pair, length, random) for pair in pairs]
    bits = np.concatenate([np.empty((0, length), dtype=np.int64), *found])  # (n, T) bits of all operands as one number
    operands = [(bits >> k & 1) @ (1 << np.arange(length)) for k in range(machine.inputs)]
    return np.unique(np.stack(operands, axis=-1), axis=0)


def _chains_of(following: Integers, pair: tuple[int, int], length: int, random: np.random.RandomState) -> Integers:
    """The problems in which the first state of the pair must be told from the other: (n, T) bits as numbers."""
    lead = way(following, 0, pair[0])
    if lead is None:
        return np.empty((0, length), dtype=np.int64)
    places = [(start, chain) for start in range(length) for chain in range(1, length - start - len(lead) + 1)]
    # (n,) for each problem: where the lead begins, where the chain begins and ends, and its style.
    start, chain = np.repeat(np.array(places, dtype=np.int64).reshape(-1, 2), STYLES, axis=0).T
    kept_from, kept_to = start + len(lead), start + len(lead) + chain
    style = np.tile(np.arange(STYLES), len(places))
    steady = random.random_sample(len(start))

    apart = {
        (a, b): np.flatnonzero(following[a] != following[b])
        for a in range(len(following))
        for b in range(len(following))
    }
    quiet, home = np.flatnonzero(following[0] == 0), ways_home(following)
    quiet = quiet if len(quiet) else np.zeros(1, dtype=np.int64)
    state, other = np.zeros_like(start), np.zeros_like(start)
    problems = np.zeros((len(start), length), dtype=np.int64)
    for t in range(length):
        drawn = random.random_sample(len(start))
        around = quiet[np.where(style < 2, 0, (drawn * len(quiet)).astype(np.int64))]
        bits = np.where(state == 0, around, home[state])
        if lead:
            led = np.array(lead)[np.clip(t - start, 0, len(lead) - 1)]
            bits = np.where((start <= t) & (t < kept_from), led, bits)
        other = np.where(t == kept_from, pair[1], other)
        kept = (kept_from <= t) & (t < kept_to)
        for (a, b), choices in apart.items():
            here = kept & (state == a) & (other == b)
            if len(choices) and here.any():
                chance = np.where(style == 2, steady, drawn)
                choice = np.where(
                    style < 2, np.minimum(style, len(choices) - 1), (chance * len(choices)).astype(np.int64)
                )
                bits = np.where(here, choices[choice], bits)
        problems[:, t] = bits
        state, other = following[state, bits], following[other, bits]
    return problems


def way(following: Integers, origin: int, goal: int) -> list[int] | None:
    """The bits of the shortest way from one state to another; None if there is none."""
    ways: dict[int, list[int]] = {origin: []}
    waiting = deque([origin])
    while waiting:
        state = waiting.popleft()
        for bits, next_state in enumerate(following[state].tolist()):
            if next_state not in ways:
                ways[next_state] = [*ways[state], bits]
                waiting.append(next_state)
    return ways.get(goal)


def ways_home(following: Integers) -> Integers:
    """(states,) the first bits of the shortest way from each state to the start; zeros if there is no way."""
    ways = [way(following, state, 0) for state in range(len(following))]
    return np.array([way[0] if way else 0 for way in ways], dtype=np.int64)
