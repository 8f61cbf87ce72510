"""How much of its task a network has understood, as one number that is cheap to compute again and again.

It is for whoever wants to notice that something happens: training shows it long before the accuracy moves.
"""

from collections.abc import Mapping

import numpy as np

from rnn_core.assessment.cases import by_case, case_sample, outputs_in_pieces
from rnn_core.config import TrainingConfig
from rnn_core.network.parts import make_task
from rnn_core.pieces import result_of
from rnn_core.types import Array

MOST, LEAST = 2**8, 2**6
"""The largest and the smallest number of problems that are tried."""

COST = 2**22
"""The most that it may cost with more than `LEAST` problems, in problems * bits * hidden_size**2."""


def understanding(config: TrainingConfig, parameters: Mapping[str, Array]) -> float:
    """The mean of three shares, each from 0 to 1, over the same few problems each time.

    The first is the share of positions with the right bit, the mean over the cases of the task's machine. The second is
    the share of problems with the result right. The third says how far the error has fallen from that of always
    answering one half, which is 1/2 at each position, to 0.

    Args:
        config: that of the run that the parameters come from.
        parameters: by name, as `Trainer.parameters` gives them. Read only.
    """
    fitting = COST // (config.bits * config.hidden_size**2)
    sample = case_sample(config.task, config.bits, max(LEAST, min(MOST, 2 ** max(0, fitting.bit_length() - 1))))
    outputs = result_of(outputs_in_pieces(config, parameters, sample))  # (T, n)
    right = (outputs > 0.5) == sample.targets
    occurring = sample.positions > 0
    by_cases = by_case(sample, right.astype(np.float64))[occurring] / sample.positions[occurring]
    solved = right[make_task(config).first_read :].all(axis=0)
    error = float(np.abs(sample.targets - outputs).mean())
    return (float(by_cases.mean()) + float(solved.mean()) + max(0.0, 1.0 - 2.0 * error)) / 3.0
