"""The trainer: it does iterations when it is told to, without clock, thread or output."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rnn_core.assessment.prediction import predict
from rnn_core.config import TrainingConfig, checked_changes, checked_learning_rate, shown
from rnn_core.edits import Edit, Edits, checked_edits, edited, held_by
from rnn_core.engines.engine import make_engine
from rnn_core.engines.progress import Progress
from rnn_core.network.initializers import initial_parameters
from rnn_core.network.optimizers import OPTIMIZERS, State
from rnn_core.network.parts import make_cell, make_task
from rnn_core.problems import Problems
from rnn_core.provenance import Provenance, provenance
from rnn_core.snapshot import Snapshot
from rnn_core.trace import Prediction, Trace
from rnn_core.types import Array, Integers

BLOCK_BITS = 2**17
"""The number of positions, over all problems, that are drawn and encoded together: about a megabyte for each input."""

BLOCK_LIMIT = 4096
"""The largest number of iterations that are drawn and encoded together."""


@dataclass(frozen=True, eq=False)
class Advance:
    """What `Trainer.advance` did.

    Attributes:
        errors: (k,) the error of each iteration done; k is at most the number asked for.
        trace: that of the run's last iteration; None before the first.
    """

    errors: Array
    trace: Trace | None


@dataclass(frozen=True, eq=False)
class Block:
    """The iterations to do next: their drawn problems, and what is needed to undo them.

    Attributes:
        operands: (n, B, operands) the problems.
        weights: (P,) the parameters before them.
    """

    operands: Integers
    weights: Array


class Trainer:
    """One training run. It goes on when it is told to, and computes the same bits however it is cut into calls.

    Attributes:
        config: the run's configuration.
        engine: the engine's name.
        iteration: how many iterations are done.
        learning_rate: the current one.
        changes: learning-rate changes, each (iteration, value), in order; those that are still to come are planned.
        block_limit: the largest number of iterations that are computed at a time.
        diverged: whether the next iteration was undone because its numbers were not finite. Then the run can't go on.
        trace: that of the last iteration; None before the first.
        provenance: what computed the iterations so far; None if that is not known. A restored run keeps that of its
            snapshot until it goes on.
        edits: what was done to single weights, each (iteration, edit), in order; those still to come are planned.
        held: (K,) the places in the flat vector of the parameters that edits hold.
    """

    def __init__(self, config: TrainingConfig | None = None, engine: str | None = None) -> None:
        """Initialize the weights.

        Args:
            config: None for the script's.
            engine: a key of `ENGINES`; None for the default.

        Raises:
            EngineError: no such engine.
        """
        config = config or TrainingConfig()
        random = np.random.RandomState(config.seed)
        parameters = initial_parameters(make_cell(config).shapes, config.init, random)
        begun = Snapshot(
            config=config,
            iteration=0,
            learning_rate=config.learning_rate,
            changes=(),
            parameters=parameters,
            optimizer_state=OPTIMIZERS[config.optimizer]().initial_state(parameters.flat.size),
            random_state=dict(random.get_state(legacy=False)),
            diverged=False,
            trace=None,
        )
        self._stand_at(begun, engine)
        self.provenance: Provenance | None = provenance(self.engine)

    def _stand_at(self, snapshot: Snapshot, engine: str | None) -> None:
        """Take everything from a snapshot. No weights are drawn for that."""
        self.config = snapshot.config
        self._engine = make_engine(engine, self.config)
        self.engine = self._engine.name
        self.block_limit = max(1, min(BLOCK_LIMIT, BLOCK_BITS // (self.config.bits * self.config.batch_size)))
        self._problems = Problems(make_task(self.config), self.config.batch_size, np.random.RandomState(0))
        self._problems.random_state = snapshot.random_state
        self._parameters = snapshot.parameters.copy()
        self._optimizer_state: State = dict(snapshot.optimizer_state)
        self.iteration = snapshot.iteration
        self.learning_rate = snapshot.learning_rate
        self.changes = snapshot.changes
        self.diverged = snapshot.diverged
        self.trace: Trace | None = snapshot.trace
        self.provenance = snapshot.provenance
        self.edits = snapshot.edits
        self._hold()

    def _hold(self) -> None:
        """Hold what the edits so far say."""
        self.held = held_by(self._parameters.shapes, (edit for at, edit in self.edits if at <= self.iteration))

    @property
    def parameters(self) -> dict[str, Array]:
        """Copies of the weights by name, in the order in which they were initialized."""
        return {name: values.copy() for name, values in self._parameters.items()}

    @property
    def finished(self) -> bool:
        """Whether max_iterations are done."""
        return self.iteration >= self.config.max_iterations

    def advance(self, iterations: int | np.integer) -> Advance:
        """Do `iterations` iterations, or fewer if max_iterations is reached or the run diverges.

        Raises:
            ValueError: a negative or not whole number.
        """
        left = self.left_of(iterations)
        pieces = []
        while left > 0 and not self.diverged:
            errors = self._run_block(min(left, self.block_room))
            pieces.append(errors)
            left -= len(errors)
        return Advance(np.concatenate(pieces) if pieces else np.empty(0), self.trace)

    def _run_block(self, size: int) -> Array:
        block = self.draw_block(size)
        try:
            progress = self._engine.run(
                self._parameters, self._optimizer_state, block.operands, self.learning_rate, self.iteration, self.held
            )
        except BaseException:  # for example an interruption: a block is done in full or not at all
            self.undo_block(block)
            raise
        return self.take_over(block, progress)

    # The parts of a block's work, for `advance` and for computing the blocks of several trainers together.

    def left_of(self, iterations: int | np.integer) -> int:
        """How many of `iterations` iterations can be done before max_iterations is reached.

        Raises:
            ValueError: a negative or not whole number.
        """
        if isinstance(iterations, bool) or not isinstance(iterations, int | np.integer) or iterations < 0:
            raise ValueError(f"iterations must be a whole number from 0, not {shown(iterations)}")
        return min(int(iterations), self.config.max_iterations - self.iteration)

    @property
    def block_room(self) -> int:
        """How many iterations may be computed together from here. A block ends at a planned change or edit."""
        ahead = [at - self.iteration for at, _ in (*self.changes, *self.edits) if at > self.iteration]
        return min([self.block_limit, *ahead])

    def draw_block(self, size: int) -> Block:
        """Draw the next problems, at most `block_room`. `take_over` or `undo_block` must follow."""
        return Block(self._problems.draw(size), self._parameters.flat.copy())

    def undo_block(self, block: Block) -> None:
        """Go back to where the run stood before the block was drawn."""
        self._parameters.flat[...] = block.weights
        self._problems.put_back(len(block.operands))

    def take_over(self, block: Block, progress: Progress) -> Array:
        """Take over an engine's progress with the block. The parameters are already changed. Return its errors."""
        done = len(progress.errors)
        self._optimizer_state = progress.optimizer_state
        self.iteration += done
        if done:
            self.provenance = provenance(self.engine)
        self.trace = progress.trace or self.trace
        if done < len(block.operands):
            self.diverged = True
            self._problems.put_back(len(block.operands) - done)
        if done:
            self._make([edit for at, edit in self.edits if at == self.iteration])
        self._follow_plan()
        return progress.errors

    def _follow_plan(self) -> None:
        """Take over the learning rate that is planned for this iteration, if any."""
        self.learning_rate = dict(self.changes).get(self.iteration, self.learning_rate)

    def plan(self, changes: Sequence[tuple[int, float]]) -> None:
        """Plan changes of the learning rate at given iterations, as if somebody made each of them by hand.

        Args:
            changes: (iteration, value) in order, none of them earlier than where the run stands.

        Raises:
            ConfigError: they are not in order, too early or beyond max_iterations, or a value is not allowed.
        """
        planned = checked_changes(changes, self.config.max_iterations, self.iteration)
        self.changes = (*(change for change in self.changes if change[0] < self.iteration), *planned)
        self._follow_plan()

    def set_learning_rate(self, value: float) -> None:
        """Train on with another learning rate, and record the change. It replaces the planned changes.

        Raises:
            ConfigError: not a number above 0 up to 100.
        """
        value = checked_learning_rate(value)
        if value != self.learning_rate:
            earlier = tuple(change for change in self.changes if change[0] < self.iteration)
            before = earlier[-1][1] if earlier else self.config.learning_rate
            self.changes = earlier if value == before else (*earlier, (self.iteration, value))
            self.learning_rate = value

    def edit(self, edits: Sequence[Edit | Mapping[str, object]]) -> None:
        """Set, hold or release single weights, before the next iteration: see `rnn_core.edits`. These edits replace
        those that are planned. The run may go on after it has diverged.

        Args:
            edits: in order; or objects with the members of an `Edit`.

        Raises:
            ConfigError: they are none of this network, or the run would have too many.
        """
        made = tuple(one for one in self.edits if one[0] <= self.iteration)
        checked = checked_edits(edits, self._parameters.shapes, len(made))
        self.edits = (*made, *((self.iteration, edit) for edit in checked))
        self._make(checked)
        self.diverged = False

    def plan_edits(self, edits: Edits) -> None:
        """Plan all edits of a run that has done no iteration. Those at iteration 0 are made at once.

        Args:
            edits: in order, as `rnn_core.edits.edits_of_data` gives them.

        Raises:
            ValueError: iterations are done.
        """
        if self.iteration:
            raise ValueError(f"{self.iteration} iterations are done")
        self.edits = edits
        self._make([edit for at, edit in edits if at == 0])

    def _make(self, edits: Sequence[Edit]) -> None:
        """Make edits that are noted for this iteration."""
        if edits:
            self._parameters, self._optimizer_state = edited(self._parameters, self._optimizer_state, edits)
            self._hold()

    def predict(self, a: int, b: int | None = None, c: int | None = None) -> Prediction:
        """The network's answer to a problem. Give as many numbers as the task takes.

        Raises:
            OperandError: they are not a problem of the task; see `checked_operands`.
        """
        return predict(self.config, self._parameters, a, b, c, forward=self._engine.forward)

    def snapshot(self) -> Snapshot:
        """A copy of where the run stands. It does not change when the run goes on."""
        return Snapshot(
            config=self.config,
            iteration=self.iteration,
            learning_rate=self.learning_rate,
            changes=self.changes,
            parameters=self._parameters.copy(),
            optimizer_state=dict(self._optimizer_state),
            random_state=self._problems.random_state,
            diverged=self.diverged,
            trace=self.trace,
            provenance=self.provenance,
            edits=self.edits,
        )

    @classmethod
    def restore(cls, snapshot: Snapshot, engine: str | None = None) -> "Trainer":
        """A trainer that goes on exactly where the snapshot was taken.

        Raises:
            EngineError: no such engine.
        """
        trainer = cls.__new__(cls)
        trainer._stand_at(snapshot, engine)
        return trainer
