"""What is remembered of a history: the machine's state some positions ago, and all inputs since then.

A *word* is a state of the machine and the inputs that it read from there on. A history ends in many words, from the
short one of only its last state to the long ones that say more. `Histories` holds some words so that each history that
is long enough ends in exactly one of them. Where a little memory tells enough, the word is short; where a network is
still moved by what it read ten positions ago, there are long ones. Source: Ron, Singer & Tishby 1996, "The power of
amnesia: learning probabilistic automata with variable memory length".
"""

from dataclasses import dataclass

import numpy as np

from rnn_core.types import Flags, Integers


@dataclass(frozen=True)
class Words:
    """n words, or histories that are known only so far.

    Attributes:
        states: (n,) the machine's state before the inputs.
        inputs: (n,) the inputs as one number to the base 2**I; the last one is its last digit.
        lengths: (n,) the number of inputs.
        ends: (n,) the machine's state after the inputs.
    """

    states: Integers
    inputs: Integers
    lengths: Integers
    ends: Integers

    def __len__(self) -> int:
        return len(self.states)

    def at(self, places: Integers | Flags | slice) -> "Words":
        """Some of them."""
        return Words(self.states[places], self.inputs[places], self.lengths[places], self.ends[places])

    @staticmethod
    def joined(parts: list["Words"]) -> "Words":
        """All of them in a row."""
        names = ("states", "inputs", "lengths", "ends")
        return Words(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def states_of(following: Integers) -> Words:
    """The words without inputs: one for each state of a machine, (states, 2**I) next states."""
    every = np.arange(len(following))
    return Words(every, np.zeros_like(every), np.zeros_like(every), every)


def longer(words: Words, following: Integers) -> Words:
    """All words that know one input more, further back."""
    states, codes = (places.reshape(-1) for places in np.indices(following.shape))
    word, step = np.nonzero(words.states[:, None] == following.reshape(-1))
    lengths = words.lengths[word]
    inputs = words.inputs[word] + codes[step] * following.shape[1] ** lengths
    return Words(states[step], inputs, lengths + 1, words.ends[word])


def shortened(words: Words, following: Integers, most: int) -> Words:
    """The same words without what was read before the last `most` inputs."""
    states, inputs, lengths = words.states, words.inputs, words.lengths
    for length in range(int(lengths.max(initial=0)), most, -1):
        size = following.shape[1] ** (length - 1)
        long = lengths == length
        states = np.where(long, following[states, np.where(long, inputs // size, 0)], states)
        inputs, lengths = np.where(long, inputs % size, inputs), np.where(long, length - 1, lengths)
    return Words(states, inputs, lengths, words.ends)


class Histories:
    """Words of which each history that is long enough ends in exactly one, and how to read on.

    What is known of a history is a *node*: one of the words, or the end of one. A node that is only the end of words
    does not tell yet in which of them the history ends.

    Attributes:
        words: the N words.
        longest: the length of the longest one.
        nodes: (N,) the node of each word.
        start: the node before the first input.
        place: (M,) the word that a node is, by its place; -1 if it is only the end of words.
        ends: (M,) the machine's state at a node.
        following: (M, 2**I) the node after each input: the longest one in which the known inputs end.
    """

    def __init__(self, words: Words, following: Integers) -> None:
        """Find all nodes, and the ways between them."""
        self.words, self.longest = words, int(words.lengths.max())
        alphabet = following.shape[1]

        def numbers(some: Words) -> Integers:
            number: Integers = (some.lengths * len(following) + some.states) * alphabet ** (
                self.longest + 1
            ) + some.inputs
            return number

        parts = [words]
        for most in range(self.longest - 1, -1, -1):
            parts.append(shortened(parts[-1], following, most))
        every = Words.joined(parts)
        known, first = np.unique(numbers(every), return_index=True)
        every = every.at(first)

        self.ends = every.ends
        self.nodes = np.searchsorted(known, numbers(words))
        self.place = np.full(len(every), -1)
        self.place[self.nodes] = np.arange(len(words))
        origin = np.flatnonzero((every.lengths == 0) & (every.states == 0))
        self.start = int(origin[0])
        read = Words(
            np.repeat(every.states, alphabet),
            np.repeat(every.inputs, alphabet) * alphabet + np.tile(np.arange(alphabet), len(every)),
            np.repeat(every.lengths + 1, alphabet),
            following[every.ends].reshape(-1),
        )
        after = np.full(len(read), -1)
        for most in range(self.longest + 1, -1, -1):
            read = shortened(read, following, most)
            sought = numbers(read)
            near = np.minimum(np.searchsorted(known, sought), len(known) - 1)
            after = np.where((after < 0) & (known[near] == sought), near, after)
        self.following = after.reshape(-1, alphabet)
