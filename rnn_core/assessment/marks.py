"""The marks of a network at one moment: what it gets wrong in each case of its task, and in which problems.

Milestones are found from the marks of a run's moments.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rnn_core.assessment.cases import by_case, case_sample, outputs_in_pieces
from rnn_core.config import TrainingConfig
from rnn_core.network.parts import make_task
from rnn_core.pieces import Pieces, result_of
from rnn_core.types import Array, Integers

NAMED = 6
"""The number of problems that are named of each kind, the first ones in the order of the sample."""


@dataclass(frozen=True)
class Marks:
    """What a network gets wrong, in the problems of `case_sample`. Problems are named by their place there.

    Attributes:
        wrong: for each case, at how many of its positions the bit is wrong, in the order of the machine's table.
        missed: for each case, the first `NAMED` problems in which the bit of such a position is wrong.
        solved: the first `NAMED` problems whose result is right.
    """

    wrong: tuple[int, ...]
    missed: tuple[tuple[int, ...], ...]
    solved: tuple[int, ...]


def marks(config: TrainingConfig, parameters: Mapping[str, Array]) -> Marks:
    """The marks of a network.

    Args:
        config: that of the run that the parameters come from.
        parameters: by name, as `Trainer.parameters` gives them. Read only.
    """
    return result_of(marks_in_pieces(config, parameters))


def marks_in_pieces(config: TrainingConfig, parameters: Mapping[str, Array]) -> Pieces[Marks]:
    """The same as `marks`, in pieces of some problems each."""
    sample = case_sample(config.task, config.bits)
    outputs = yield from outputs_in_pieces(config, parameters, sample)
    wrong = (outputs > 0.5) != sample.targets  # (T, n)
    counts = by_case(sample, wrong.astype(np.float64))
    missed = [
        _first((wrong & (sample.lines == case)).any(axis=0)) if count else () for case, count in enumerate(counts)
    ]
    solved = ~wrong[make_task(config).first_read :].any(axis=0)  # (n,)
    return Marks(tuple(int(count) for count in counts), tuple(missed), _first(solved))


def _first(which: Integers | Array) -> tuple[int, ...]:
    """The first places at which it is true."""
    return tuple(np.flatnonzero(which)[:NAMED].tolist())
