"""The compiled engine: it gives `rnn_core.kernels` the interface of all engines.

Numba is imported, and kernels are compiled or loaded from the cache, only when an engine first computes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from rnn_core.assessment.prediction import Forward
from rnn_core.cells import CELLS
from rnn_core.config import TrainingConfig
from rnn_core.edits import NONE_HELD
from rnn_core.engines.progress import Examination, Progress
from rnn_core.kernels.network.plan import Plan
from rnn_core.network.optimizers import State
from rnn_core.network.parameters import Parameters
from rnn_core.network.parts import make_task
from rnn_core.tasks import TASKS
from rnn_core.trace import Trace
from rnn_core.types import Array, Integers

if TYPE_CHECKING:
    from rnn_core.kernels.calls.engine import Training
    from rnn_core.kernels.calls.ensemble import Member

MEMORY = {"sgd": (), "momentum": ("velocity",), "adam": ("first_moment", "second_moment")}
"""The vectors that each optimizer keeps, in the order in which the kernels take them."""


def form_of(config: TrainingConfig) -> tuple[object, ...]:
    """What kernels are compiled for, without importing any. It does not depend on seed, rates and lengths, nor on what
    a task does with its operands.
    """
    inputs = len(TASKS[config.task].operands)
    parts = (config.cell, config.activation, config.bias, config.loss, config.optimizer, config.clip_norm is None)
    return (inputs, config.bits, config.hidden_size, config.batch_size, *parts)


_served_by_general: set[tuple[object, ...]] = set()


def serve_by_general_kernels(config: TrainingConfig, serve: bool) -> None:
    """Choose whether in this process general kernels serve all networks of this form. At first its own kernels do.

    This holds from the next block of iterations on. Both give the same bits, so no number depends on it. But a form's
    own kernels are compiled when they are first used, which takes seconds; general ones are available sooner.
    """
    if serve:
        _served_by_general.add(form_of(config))
    else:
        _served_by_general.discard(form_of(config))


class CompiledEngine:
    """Same numbers as the reference, within rounding; the GIL is released while it computes."""

    name = "compiled"
    together = 1

    def __init__(self, config: TrainingConfig) -> None:
        """Remember what `config` names; nothing is compiled yet."""
        self.config = config
        self.task = make_task(config)
        self._form = form_of(config)

    @property
    def plan(self) -> Plan:
        """The plan of the kernels that serve it now."""
        return self.general_plan if self._form in _served_by_general else self.own_plan

    @cached_property
    def general_plan(self) -> Plan:
        """The plan of the kernels that serve every network of its cell."""
        return replace(self.own_plan, general=True)

    @cached_property
    def own_plan(self) -> Plan:
        """The plan of the kernels that serve only networks of its form."""
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
        """The network for single predictions. It is compiled or loaded from the cache at the first call."""
        from rnn_core.kernels.calls.predict import compiled_forward  # noqa: PLC0415 (imports Numba)

        return compiled_forward(self.plan)

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
        return run_together([Work(self, parameters, optimizer_state, operands, learning_rate, iteration, held)])[0]

    def examine(self, parameters: Parameters, operands: Integers, worst: int) -> Examination:
        """See `Engine.examine`."""
        from rnn_core.kernels.calls.evaluate import evaluate  # noqa: PLC0415 (imports Numba)

        answers = self.task.targets(operands, self.config.bits)
        return evaluate(self.plan, parameters.flat, operands, answers, worst, self.task.first_read)


@dataclass(frozen=True, eq=False)
class Work:
    """The arguments of `Engine.run`, and the engine that does it."""

    engine: CompiledEngine
    parameters: Parameters
    optimizer_state: State
    operands: Integers
    learning_rate: float
    iteration: int
    held: Integers

    def member(self) -> "Member":
        """The same in the form that the kernels take."""
        from rnn_core.kernels.calls.ensemble import Member  # noqa: PLC0415 (imports Numba)

        config, task = self.engine.config, self.engine.task
        names = MEMORY[config.optimizer]
        problems = self.operands.reshape(-1, self.operands.shape[2])
        return Member(
            parameters=self.parameters.flat,
            operands=problems,
            answers=task.targets(problems, config.bits),
            learning_rate=self.learning_rate,
            moments=np.array([self.optimizer_state[name] for name in names]).reshape(-1, self.parameters.flat.size),
            step=int(self.optimizer_state["steps"][0]) if "steps" in self.optimizer_state else 0,
            clip_norm=config.clip_norm,
            held=self.held,
        )

    def progress(self, member: "Member", result: "Training") -> Progress:
        """The result in the form that engines return."""
        config, task, done = self.engine.config, self.engine.task, len(result.errors)
        state: dict[str, Array] = dict(zip(MEMORY[config.optimizer], member.moments, strict=True))
        if "steps" in self.optimizer_state:
            state["steps"] = self.optimizer_state["steps"] + done
        trace = None
        if result.trace is not None:
            found = result.trace
            fields = found._asdict() | {
                "gates": dict(zip(CELLS[config.cell].gates, found.gates, strict=True)),
                "cell_states": found.cell_states if len(found.cell_states) else None,
                "updates": self.parameters.like(found.updates),
            }
            trace = Trace(
                iteration=self.iteration + done - 1,
                **dict(zip(task.operands, self.operands[done - 1, 0].tolist(), strict=True)),
                error=float(result.errors[-1]),
                learning_rate=self.learning_rate,
                **fields,
            )
        return Progress(result.errors, state, trace)


def run_together(work: Sequence[Work]) -> list[Progress]:
    """Do all of it, for engines of one plan and the same number of iterations. Each gets the bits of its engine's
    `run`, but several are computed at a time if that is faster. Those that hold weights are computed alone.
    """
    from rnn_core.kernels.calls.ensemble import train_together  # noqa: PLC0415 (imports Numba)

    members = [each.member() for each in work]
    results = train_together(work[0].engine.plan, members)
    return [each.progress(member, result) for each, member, result in zip(work, members, results, strict=True)]
