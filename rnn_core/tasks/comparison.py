"""Comparing: an answer that is known only at the end."""

import numpy as np

from rnn_core.network.bits import number_of
from rnn_core.tasks.machine import Machine
from rnn_core.tasks.task import Task
from rnn_core.text import Text
from rnn_core.types import Integers


class Comparison(Task):
    """Whether a > b, read at the last position.

    At every position the output should say whether a > b for the bits up to there. A higher bit that differs decides,
    whatever the bits below it are. Operands are drawn below 2**bits.
    """

    name = "comparison"
    title = Text("Comparison")
    expression = "{a} > {b}"
    truth = True
    carried = Text("a > b so far")
    machine = Machine.of(
        (Text("not greater"), Text("greater")),
        2,
        lambda greater, bits: (bits[0] if bits[0] != bits[1] else greater,) * 2,
    )

    def targets(self, operands: Integers, length: int) -> Integers:
        """At each position, whether the number of a's bits up to there is larger than that of b's bits."""
        operands = np.asarray(operands, dtype=np.int64)
        low = operands[..., None] & ((np.int64(2) << np.arange(length)) - 1)  # (..., 2, T) the bits up to each position
        return number_of((low[..., 0, :] > low[..., 1, :]).astype(np.int64))
