"""The compiled engine: `rnn_core.kernels` behind the contract of all engines.

Numba is imported, and kernels are compiled or loaded from the cache, when an engine first computes, not before.
"""

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from rnn_core.cells import CELLS
from rnn_core.config import TrainingConfig
from rnn_core.network import make_task
from rnn_core.optimizers import State
from rnn_core.parameters import Parameters
from rnn_core.prediction import Forward
from rnn_core.progress import Examination, Progress
from rnn_core.trace import Trace
from rnn_core.types import Array, Integers

if TYPE_CHECKING:
    from rnn_core.kernels.plan import Plan

MEMORY = {"sgd": (), "momentum": ("velocity",), "adam": ("first_moment", "second_moment")}
"""The vectors that each optimizer keeps, in the order in which the kernels take them."""


class CompiledEngine:
    """Same numbers as the reference, within rounding; the GIL is released while it computes."""

    name = "compiled"

    def __init__(self, config: TrainingConfig) -> None:
        """Remember what `config` names; nothing is compiled yet."""
        self.config = config
        self.task = make_task(config)

    @cached_property
    def plan(self) -> "Plan":
        """What the kernels are compiled for."""
        from rnn_core.kernels.plan import Plan  # noqa: PLC0415 (imports Numba)

        config = self.config
        return Plan(
            hidden=config.hidden_size,
            positions=config.bits,
            inputs=len(self.task.operands),
            activation=config.activation,
            bias=config.bias,
            loss=config.loss,
            optimizer=config.optimizer,
            clipped=config.clip_norm is not None,
            batch=config.batch_size,
            cell=config.cell,
        )

    @cached_property
    def forward(self) -> Forward | None:
        """The network for single predictions. Compiled, or loaded from the cache, when it is first asked for."""
        from rnn_core.kernels.predict import compiled_forward  # noqa: PLC0415 (imports Numba)

        return compiled_forward(self.plan)

    def run(
        self, parameters: Parameters, optimizer_state: State, operands: Integers, learning_rate: float, iteration: int
    ) -> Progress:
        """See `Engine.run`."""
        from rnn_core.kernels.courtesy import is_humble  # noqa: PLC0415 (imports Numba)
        from rnn_core.kernels.engine import train  # noqa: PLC0415

        names = MEMORY[self.config.optimizer]
        moments = np.array([optimizer_state[name] for name in names]).reshape(len(names), parameters.flat.size)
        steps = int(optimizer_state["steps"][0]) if "steps" in optimizer_state else 0
        problems = operands.reshape(-1, operands.shape[2])
        result = train(
            self.plan,
            parameters.flat,
            problems,
            self.task.targets(problems, self.config.bits),
            learning_rate,
            moments=moments,
            step=steps,
            clip_norm=self.config.clip_norm,
            humble=is_humble(),
        )
        done = len(result.errors)
        state: dict[str, Array] = dict(zip(names, moments, strict=True))
        if "steps" in optimizer_state:
            state["steps"] = optimizer_state["steps"] + done
        trace = None
        if result.trace is not None:
            found = result.trace
            fields = found._asdict() | {
                "gates": dict(zip(CELLS[self.config.cell].gates, found.gates, strict=True)),
                "cell_states": found.cell_states if len(found.cell_states) else None,
                "updates": parameters.like(found.updates),
            }
            trace = Trace(
                iteration=iteration + done - 1,
                **dict(zip(self.task.operands, operands[done - 1, 0].tolist(), strict=True)),
                error=float(result.errors[-1]),
                learning_rate=learning_rate,
                **fields,
            )
        return Progress(result.errors, state, trace)

    def examine(self, parameters: Parameters, operands: Integers, worst: int) -> Examination:
        """See `Engine.examine`."""
        from rnn_core.kernels.evaluate import evaluate  # noqa: PLC0415 (imports Numba)

        answers = self.task.targets(operands, self.config.bits)
        found = evaluate(self.plan, parameters.flat, operands, answers, worst, self.task.first_read)
        return Examination(found.sequence_accuracy, found.bit_accuracy, found.worst, found.worst_errors)
