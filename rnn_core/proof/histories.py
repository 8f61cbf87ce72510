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
    """Words of which each history that is long enough ends in exactly one.

    Attributes:
        words: the N words.
        following: (states, 2**I) next states of the machine.
        longest: the length of the longest word.
    """

    def __init__(self, words: Words, following: Integers) -> None:
        """Make the tables for `find`: for each length, and each word of that length, the word of ours it ends in."""
        self.words, self.following = words, following
        self.longest = int(words.lengths.max())
        states, alphabet = following.shape
        tables: list[Integers] = []
        for length in range(self.longest + 1):
            shorter = tables[-1][following].reshape(states, -1) if tables else np.full((states, 1), -1)
            here = np.flatnonzero(words.lengths == length)
            shorter[words.states[here], words.inputs[here]] = here
            tables.append(shorter)
        self._starts = np.cumsum([0, *(table.size for table in tables)])[:-1]
        self._table = np.concatenate([table.reshape(-1) for table in tables])
        self._alphabet = alphabet

    def read_on(self, words: Words) -> Words:
        """The words after each input: (n * 2**I) of them, the input changes fastest. Older inputs than any word needs
        are forgotten.
        """
        alphabet, longest = self._alphabet, max(1, self.longest)
        size = alphabet ** (longest - 1)
        full = words.lengths == longest
        oldest = np.where(full, words.inputs // size, 0)
        states = np.where(full, self.following[words.states, oldest], words.states)
        inputs = np.where(full, words.inputs % size, words.inputs)
        codes = np.tile(np.arange(alphabet), len(words))
        return Words(
            np.repeat(states, alphabet),
            np.repeat(inputs, alphabet) * alphabet + codes,
            np.repeat(np.minimum(words.lengths + 1, longest), alphabet),
            self.following[words.ends].reshape(-1),
        )

    def find(self, words: Words) -> Integers:
        """(n,) the place of the word in which each history ends; -1 if not enough of it is known to tell."""
        lengths = np.minimum(words.lengths, self.longest)
        known = words.lengths <= self.longest
        place = self._starts[lengths] + words.states * self._alphabet**lengths + np.where(known, words.inputs, 0)
        found: Integers = np.where(known, self._table[place], self._table[self._starts[0] + words.ends])
        return found
