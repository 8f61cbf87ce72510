"""Where a run stands, as data: everything that the run needs to go on from there. It never changes."""

from dataclasses import dataclass
from typing import Any

from rnn_core.config import TrainingConfig
from rnn_core.edits import Edits
from rnn_core.network.optimizers import State
from rnn_core.network.parameters import Parameters
from rnn_core.provenance import Provenance
from rnn_core.trace import Trace


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A training run between two iterations.

    Attributes:
        config: the run's configuration.
        iteration: how many iterations are done.
        learning_rate: the current one.
        changes: learning-rate changes, as (iteration, value): from that iteration on, that value. Those that are still
            to come are planned.
        parameters: the weights.
        optimizer_state: the optimizer's memory.
        random_state: that of the generator, in the form of `RandomState.get_state(legacy=False)`.
        diverged: whether the next iteration was undone because its numbers were not finite.
        trace: that of the last iteration; None before the first (also right after a checkpoint was loaded).
        provenance: what computed the iterations up to here; None if that is not known.
        edits: what was done to single weights, in order. Right after an edit the trace is still that of the last
            iteration, so of the weights before.
    """

    config: TrainingConfig
    iteration: int
    learning_rate: float
    changes: tuple[tuple[int, float], ...]
    parameters: Parameters
    optimizer_state: State
    random_state: dict[str, Any]
    diverged: bool
    trace: Trace | None
    provenance: Provenance | None = None
    edits: Edits = ()
