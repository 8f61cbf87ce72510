"""The past of a run, computed again. Training is deterministic, so a snapshot and what was changed after it are
enough.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from rnn_core.config import BRANCHABLE, RULES, ConfigError, FieldProblem, TrainingConfig, shown
from rnn_core.edits import Edit, Edits
from rnn_core.network.optimizers import OPTIMIZERS
from rnn_core.snapshot import Snapshot
from rnn_core.text import Text, listed
from rnn_core.trainer import Trainer
from rnn_core.types import Array


def recompute(
    start: Snapshot,
    iteration: int,
    changes: Sequence[tuple[int, float]],
    engine: str | None = None,
    edits: Edits = (),
) -> Trainer:
    """A trainer of the same run when `iteration` iterations are done, with the same bits as then.

    Args:
        start: the run at an earlier moment, or at the same.
        iteration: how many should be done; at least `start.iteration`.
        changes: the run's learning-rate changes, (iteration, value) in order: from that iteration on, that value. If
            they differ from the snapshot's, these are used. Changes at `iteration` itself are made, too.
        engine: the one that trained the run. Another engine rounds every iteration differently; in a chaotic run the
            numbers soon have nothing in common.
        edits: the run's edits. Those that the snapshot has not are made at their iterations, also those at `iteration`.

    Raises:
        ValueError: the moment is before `start`, or the run never came so far.
        EngineError: no such engine.
    """
    if iteration < start.iteration:
        raise ValueError(f"iteration {iteration} lies before the snapshot, at {start.iteration}")
    trainer = Trainer.restore(_without_plan(start), engine)
    rates = [value for at, value in changes if at <= start.iteration]
    trainer.set_learning_rate(rates[-1] if rates else start.config.learning_rate)
    follow(trainer, iteration, changes, edits)
    return trainer


def follow(trainer: Trainer, iteration: int, changes: Sequence[tuple[int, float]], edits: Edits = ()) -> Array:
    """Advance a trainer with the run's own changes and edits until `iteration` iterations are done.

    Args:
        trainer: one of the same run, at that moment or earlier; it is advanced.
        iteration: how many should be done.
        changes: the run's learning-rate changes, as for `recompute`.
        edits: the run's edits, as for `recompute`.

    Returns:
        (n,) the errors of these iterations.

    Raises:
        ValueError: the run never came so far.
    """
    errors = come_along(trainer, iteration, changes, edits)
    if trainer.iteration < iteration:
        raise ValueError(f"the run came to iteration {trainer.iteration} only, not to {iteration}")
    return errors


def come_along(trainer: Trainer, iteration: int, changes: Sequence[tuple[int, float]], edits: Edits = ()) -> Array:
    """The same as `follow`, but it may end early: if the run's numbers would not be finite. With another engine this
    may be earlier than it was.
    """
    errors, rates, to_come = [], dict(changes), edits[len(trainer.edits) :]
    for at in sorted({*rates, *(at for at, _ in to_come)}):
        if trainer.iteration <= at <= iteration:
            errors.append(trainer.advance(at - trainer.iteration).errors)
            if trainer.iteration < at:
                break
            if at in rates:
                trainer.set_learning_rate(rates[at])
            if made := [edit for place, edit in to_come if place == at]:
                trainer.edit(made)
    errors.append(trainer.advance(iteration - trainer.iteration).errors)
    return np.concatenate(errors)


def _without_plan(moment: Snapshot) -> Snapshot:
    """The same moment without planned changes and edits; the caller has those to come."""
    changes = tuple(change for change in moment.changes if change[0] <= moment.iteration)
    return replace(moment, changes=changes, edits=tuple(edit for edit in moment.edits if edit[0] <= moment.iteration))


def branch(
    moment: Snapshot, values: dict[str, object], edits: Sequence[Edit | Mapping[str, object]] | None = None
) -> Snapshot:
    """Another run that begins at `moment`, with the same weights and the same next problems.

    A new learning rate is a change from here on; a new optimizer begins with an empty memory. What is planned
    for the other run is not taken over. Its edits so far are: what they hold stays held.

    Args:
        moment: where to begin.
        values: new values for fields of the configuration that are in `BRANCHABLE`.
        edits: what is done to weights before the branch goes on, beside the edits that the moment has; None for
            nothing.

    Raises:
        ConfigError: a field that a branch can't change, or a value or an edit that is not allowed.
    """
    config = moment.config.to_dict()
    fixed = [
        FieldProblem(
            name if name in config else shown(name)[1:-1],
            Text(
                "can't change in a branch, which may change {names}; reset or create a run instead",
                names=listed(BRANCHABLE),
            ),
        )
        for name, value in values.items()
        if name not in BRANCHABLE and (name not in config or value != config[name])
    ]
    if fixed:
        raise ConfigError(fixed)
    values = {name: value for name, value in values.items() if value is not None or RULES[name].nullable}
    changed = TrainingConfig(**{**config, **values})
    if changed.max_iterations < moment.iteration:
        detail = Text(
            "must be at least {least}, where the branch begins, not {value}",
            least=moment.iteration,
            value=changed.max_iterations,
        )
        raise ConfigError([FieldProblem("max_iterations", detail)])
    state = moment.optimizer_state
    if changed.optimizer != moment.config.optimizer:
        state = OPTIMIZERS[changed.optimizer]().initial_state(moment.parameters.flat.size)
    begun = replace(
        _without_plan(moment),
        config=replace(changed, learning_rate=moment.config.learning_rate),
        optimizer_state=state,
        diverged=False,
    )
    trainer = Trainer.restore(begun, "numpy")
    if "learning_rate" in values:
        trainer.set_learning_rate(changed.learning_rate)
    if edits is not None:
        trainer.edit(edits)
    return trainer.snapshot()
