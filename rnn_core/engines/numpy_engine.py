"""The reference engine: the one to learn from. Every engine computes what this one computes."""

import numpy as np

from rnn_core.assessment.metrics import absolute_error, predicted_bits, settled
from rnn_core.assessment.prediction import Forward
from rnn_core.config import TrainingConfig
from rnn_core.edits import NONE_HELD
from rnn_core.engines.progress import Examination, Progress
from rnn_core.network.losses import LOSSES
from rnn_core.network.optimizers import OPTIMIZERS, State, clip_by_norm
from rnn_core.network.parameters import Parameters
from rnn_core.network.parts import make_cell, make_task
from rnn_core.trace import Trace
from rnn_core.types import Integers

CHUNK = 2**12
"""The number of problems that are examined together."""


class NumpyEngine:
    """The reference engine: forward, loss, backward, update, like the formulas."""

    name = "numpy"
    together = CHUNK
    forward: Forward | None = None

    def __init__(self, config: TrainingConfig) -> None:
        """Make the parts that `config` names."""
        self.bits = config.bits
        self.clip_norm = config.clip_norm
        self.task = make_task(config)
        self.cell = make_cell(config)
        self.loss = LOSSES[config.loss]()
        self.optimizer = OPTIMIZERS[config.optimizer]()

    def run(
        self,
        parameters: Parameters,
        optimizer_state: State,
        operands: Integers,
        learning_rate: float,
        iteration: int,
        held: Integers = NONE_HELD,
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
                direction[held] = 0.0
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
                **dict(zip(self.task.operands, operands[k, 0].tolist(), strict=True)),
                error=float(errors[k]),
                inputs=all_inputs[k, :, 0].copy(),
                targets=all_targets[k, :, 0].copy(),
                outputs=activity.outputs[:, 0],
                hidden_states=activity.hidden_states[:, 0],
                output_deltas=output_deltas[:, 0],
                hidden_deltas=hidden_deltas[:, 0],
                gates={name: gate[:, 0] for name, gate in activity.gates.items()},
                cell_states=None if activity.cell_states is None else activity.cell_states[:, 0],
                learning_rate=learning_rate,
                updates=parameters.like(updates.copy()),
            )
        return Progress(errors, optimizer_state, trace)

    def examine(self, parameters: Parameters, operands: Integers, worst: int) -> Examination:
        """See `Engine.examine`."""
        right_bits = np.zeros(self.bits, dtype=np.int64)
        right = 0
        errors = np.empty(len(operands))
        for start in range(0, len(operands), CHUNK):
            inputs, targets = self.task.encode(operands[start : start + CHUNK], self.bits)  # (T, n, 2), (T, n)
            with np.errstate(over="ignore", invalid="ignore"):
                outputs = settled(self.cell.forward(parameters, inputs).outputs, targets)  # (T, n)
            agrees = predicted_bits(outputs) == targets
            right_bits += agrees.sum(axis=1)
            right += int(agrees[self.task.first_read :].all(axis=0).sum())
            errors[start : start + CHUNK] = np.abs(targets - outputs).sum(axis=0)
        ranked = np.argsort(-errors, kind="stable")[:worst]
        return Examination(len(operands), right, right_bits, ranked, errors[ranked])
