"""How far back the error reaches: which earlier states each position's error can still change.

Learning through time needs that the error of a late position says something to an early state: a carry may come from
far away. For one problem, with loss L_t at position t and the hidden state h_s+1 after position s <= t::

    norms[t][s] = || dL_t / dh_s+1 ||_2

The loss is the one that the network is trained on; squared error is (y - o)^2 / 2. If the norms shrink by a factor at
each step back, gradients vanish, and nothing that is far away can be learned. If they grow, gradients explode. Gated
cells were invented to keep them level. For an LSTM the gradient at the hidden state is that of the hidden state alone:
what the cell state carries along does not count.

The gradients come from the cell's own backward pass: a batch holds the problem once for each t, and in each copy only
position t has an error.

Sources: Hochreiter 1991, "Untersuchungen zu dynamischen neuronalen Netzen"; Bengio, Simard & Frasconi 1994, "Learning
long-term dependencies with gradient descent is difficult"; Pascanu, Mikolov & Bengio 2013, "On the difficulty of
training recurrent neural networks", which has these norms in its equation 5.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rnn_core.assessment.tracing import encoded
from rnn_core.config import TrainingConfig
from rnn_core.network.losses import LOSSES
from rnn_core.network.parts import make_cell
from rnn_core.pieces import Pieces, result_of
from rnn_core.types import Array

TOGETHER = 2**15
"""How many numbers of the hidden states are computed in one piece, at most: some milliseconds."""


@dataclass(frozen=True, eq=False)
class GradientReach:
    """How far back the error of each position reaches.

    Attributes:
        norms: (T, T); `norms[t, s]` is the 2-norm of d(loss at t)/d(hidden state after s). NaN for s > t, where there
            is nothing to reach, and where the network's numbers are not finite.
    """

    norms: Array

    @property
    def shares(self) -> Array:
        """(T,) what is left of an error d positions back, compared to where it was made: the median over t of
        `norms[t, t - d] / norms[t, t]`. NaN where no such number is finite. The first is 1. Straight down on a
        logarithmic scale is vanishing, straight up exploding.
        """
        width = len(self.norms)
        own = np.diagonal(self.norms)
        shares = np.full(width, np.nan)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            for distance in range(width):
                ratios = np.diagonal(self.norms, -distance) / own[distance:]  # of t = distance, .. T-1
                ratios = ratios[np.isfinite(ratios)]
                if len(ratios):
                    shares[distance] = np.median(ratios)
        return shares


def gradient_reach(
    config: TrainingConfig,
    parameters: Mapping[str, Array],
    a: int | None = None,
    b: int | None = None,
    c: int | None = None,
) -> GradientReach:
    """How far back the error of each position of a problem reaches.

    Args:
        config: that of the run that the parameters come from.
        parameters: by name, as `Trainer.parameters` gives them. Read only.
        a: the first operand, from 0 to 2**52 - 1.
        b: the second, for a task that has one.
        c: the third, for a task that has one.

    Raises:
        OperandError: see `rnn_core.assessment.prediction.checked_operands`.
    """
    return result_of(gradient_reach_in_pieces(config, parameters, a, b, c))


def gradient_reach_in_pieces(
    config: TrainingConfig,
    parameters: Mapping[str, Array],
    a: int | None = None,
    b: int | None = None,
    c: int | None = None,
) -> Pieces[GradientReach]:
    """The same as `gradient_reach`, in pieces of some positions each."""
    cell = make_cell(config)
    inputs, targets = encoded(config, a, b, c)  # (T, B=1, I), (T, B=1)
    width = len(inputs)
    norms = np.full((width, width), np.nan)
    together = max(1, TOGETHER // (width * config.hidden_size))
    for start in range(0, width, together):
        yield
        late = range(start, min(start + together, width))  # the positions t of this piece
        copies = np.repeat(inputs, len(late), axis=1)  # (T, B, I)
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            activity = cell.forward(parameters, copies)
            output_deltas = LOSSES[config.loss]().output_deltas(activity.outputs, targets)  # (T, B)
            output_deltas *= np.arange(width)[:, np.newaxis] == np.array(late)
            hidden_deltas, _ = cell.bptt(parameters, activity, output_deltas)
            gradients = cell.state_deltas(parameters, output_deltas, hidden_deltas)  # (T, B, H)
            lengths = np.linalg.norm(gradients, axis=2)  # (T, B)
        for k, t in enumerate(late):
            norms[t, : t + 1] = lengths[: t + 1, k]
    norms[~np.isfinite(norms)] = np.nan
    return GradientReach(norms)
