"""Exclusive or: the control task, which needs no memory."""

import numpy as np

from rnn_core.tasks.machine import Machine
from rnn_core.tasks.task import Task
from rnn_core.text import Text
from rnn_core.types import Integers


class Xor(Task):
    """a xor b: at every position, whether the two bits differ. Adding without ever carrying.

    Nothing has to be remembered, so a network whose W_hh stays zero can learn it. Operands are drawn below 2**bits.
    """

    name = "xor"
    title = Text("Exclusive or")
    expression = "{a} xor {b}"
    machine = Machine.of((Text("no memory"),), 2, lambda state, bits: (0, bits[0] ^ bits[1]))

    def targets(self, operands: Integers, length: int) -> Integers:
        """The exclusive ors."""
        operands = np.asarray(operands, dtype=np.int64)
        return np.asarray(operands[..., 0] ^ operands[..., 1], dtype=np.int64)
