"""Running parity: one bit of memory, needed at every position."""

import numpy as np

from rnn_core.tasks.machine import Machine
from rnn_core.tasks.task import Task
from rnn_core.text import Text
from rnn_core.types import Integers


class Parity(Task):
    """The running parity of a: at every position, whether the number of ones so far is odd.

    One number comes in, drawn below 2**bits. The answer is the number whose bits are the outputs. Its highest bit is
    the parity of all of a.
    """

    name = "parity"
    title = Text("Running parity")
    operands = ("a",)
    expression = Text("running parity of {{a}}")
    carried = Text("parity")
    machine = Machine.of((Text("even"), Text("odd")), 1, lambda parity, bits: (parity ^ bits[0], parity ^ bits[0]))

    def targets(self, operands: Integers, length: int) -> Integers:
        """All parities at once: xor with itself shifted by 1, then by 2, by 4 and so on."""
        parities = np.asarray(operands, dtype=np.int64)[..., 0]
        shift = 1
        while shift < length:
            parities = parities ^ (parities << shift)
            shift *= 2
        return np.asarray(parities & ((1 << length) - 1), dtype=np.int64)
