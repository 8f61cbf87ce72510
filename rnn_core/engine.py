"""The engines: who turns problems and weights into errors and new weights.

There is one contract and, so far, one engine: `numpy`, the reference, the text to learn from.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from rnn_core.config import TrainingConfig
from rnn_core.losses import LOSSES
from rnn_core.metrics import absolute_error
from rnn_core.network import make_cell, make_task
from rnn_core.optimizers import OPTIMIZERS, State, clip_by_norm
from rnn_core.parameters import Parameters
from rnn_core.trace import Trace
from rnn_core.types import Array, Integers


@dataclass(frozen=True, eq=False)
class Progress:
    """What an engine did with the problems it was given.

    Attributes:
        errors: (k,) the error of each iteration done; fewer than were asked for means that the next one diverged.
        optimizer_state: the optimizer's memory after them.
        trace: of the last one done, or None when none was.
    """

    errors: Array
    optimizer_state: State
    trace: Trace | None


class Engine(Protocol):
    """Runs iterations. Bit-identical on one machine, however they are cut into calls."""

    name: str

    def run(
        self, parameters: Parameters, optimizer_state: State, operands: Integers, learning_rate: float, iteration: int
    ) -> Progress:
        """Train on the given problems, one iteration a row.

        Args:
            parameters: the weights; changed in place.
            optimizer_state: the optimizer's memory; not changed.
            operands: (n, B, 2) problems.
            learning_rate: in force for all of them.
            iteration: how many were done before.

        Returns:
            What was done. An iteration whose numbers would not be finite is not done, nor is any after it.
        """
        ...


class NumpyEngine:
    """The reference engine: forward, loss, backward, update, as the formulas say."""

    name = "numpy"

    def __init__(self, config: TrainingConfig) -> None:
        """Put together what `config` names."""
        self.bits = config.bits
        self.clip_norm = config.clip_norm
        self.task = make_task(config)
        self.cell = make_cell(config)
        self.loss = LOSSES[config.loss]()
        self.optimizer = OPTIMIZERS[config.optimizer]()

    def run(
        self, parameters: Parameters, optimizer_state: State, operands: Integers, learning_rate: float, iteration: int
    ) -> Progress:
        """See `Engine.run`."""
        batch = operands.shape[1]
        outputs = np.empty((len(operands), self.bits, batch))
        all_inputs, all_targets = self.task.encode(operands, self.bits)  # (n, T, B, 2), (n, T, B)
        trace, done = None, 0
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            for k in range(len(operands)):
                targets = all_targets[k]
                activity = self.cell.forward(parameters, all_inputs[k])
                output_deltas = self.loss.output_deltas(activity.outputs, targets)
                hidden_deltas, descent = self.cell.bptt(parameters, activity, output_deltas)

                direction = descent.flat if batch == 1 else descent.flat / batch
                if self.clip_norm is not None:
                    direction = clip_by_norm(direction, self.clip_norm)
                updates, new_state = self.optimizer.step(optimizer_state, direction)
                new_parameters = parameters.flat + learning_rate * updates

                if not all(np.isfinite(array).all() for array in (new_parameters, *new_state.values())):
                    break
                parameters.flat[...] = new_parameters
                optimizer_state = new_state
                outputs[k] = activity.outputs
                done = k + 1
                last = (k, activity, output_deltas, hidden_deltas, updates)
        errors = absolute_error(outputs[:done], all_targets[:done])
        if done:
            k, activity, output_deltas, hidden_deltas, updates = last
            trace = Trace(
                iteration=iteration + k,
                a=int(operands[k, 0, 0]),
                b=int(operands[k, 0, 1]),
                error=float(errors[k]),
                inputs=all_inputs[k, :, 0].copy(),
                targets=all_targets[k, :, 0].copy(),
                outputs=activity.outputs[:, 0],
                hidden_states=activity.hidden_states[:, 0],
                output_deltas=output_deltas[:, 0],
                hidden_deltas=hidden_deltas[:, 0],
                learning_rate=learning_rate,
                updates=parameters.like(updates.copy()),
            )
        return Progress(errors, optimizer_state, trace)


ENGINES: dict[str, type[NumpyEngine]] = {"numpy": NumpyEngine}
"""The engines that exist, the default first."""


class EngineError(ValueError):
    """No such engine."""


def make_engine(name: str | None, config: TrainingConfig) -> Engine:
    """The named engine, or the default for None.

    Raises:
        EngineError: there is none of that name.
    """
    name = next(iter(ENGINES)) if name is None else name
    if name not in ENGINES:
        raise EngineError(f'engine must be one of {", ".join(ENGINES)}, not "{name}"')
    return ENGINES[name](config)
