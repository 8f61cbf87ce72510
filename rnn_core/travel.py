"""The past of a run, computed again: training is deterministic, so a snapshot and the changes since lead anywhere."""

from collections.abc import Sequence
from dataclasses import replace

from rnn_core.config import ConfigError, FieldProblem, TrainingConfig, shown
from rnn_core.optimizers import OPTIMIZERS
from rnn_core.snapshot import Snapshot
from rnn_core.trainer import Trainer

BRANCHABLE = ("learning_rate", "optimizer", "clip_norm", "max_iterations")
"""What a branch may change: how training goes on. The rest is what its weights and its past were made with."""


def recompute(
    start: Snapshot, iteration: int, changes: Sequence[tuple[int, float]], engine: str | None = None
) -> Trainer:
    """A trainer of the same run where `iteration` iterations are done, bit by bit as it was then.

    Args:
        start: the run at an earlier moment, or at the same.
        iteration: how many are to be done, from `start.iteration` on.
        changes: the run's learning-rate changes, (iteration, value) in order: from that iteration on, that value.
        engine: the one that trained the run; with another the numbers agree within rounding only.

    Raises:
        ValueError: the moment lies before `start`, or the run never came so far.
        EngineError: no such engine.
    """
    if iteration < start.iteration:
        raise ValueError(f"iteration {iteration} lies before the snapshot, at {start.iteration}")
    trainer = Trainer.restore(start, engine)
    for at, value in changes:
        if start.iteration <= at < iteration:
            trainer.advance(at - trainer.iteration)
            trainer.set_learning_rate(value)
    trainer.advance(iteration - trainer.iteration)
    if trainer.iteration < iteration:
        raise ValueError(f"the run came to iteration {trainer.iteration} only, not to {iteration}")
    return trainer


def branch(moment: Snapshot, values: dict[str, object]) -> Snapshot:
    """Another run that begins where `moment` stands, with the same weights and the same problems to come.

    A new learning rate is a change from here on; a new optimizer begins with an empty memory.

    Args:
        moment: where to begin.
        values: fields of a configuration that are to differ, of `BRANCHABLE`.

    Raises:
        ConfigError: a field that a branch can't change, or a value that is not allowed.
    """
    config = moment.config.to_dict()
    fixed = [
        FieldProblem(
            name if name in config else shown(name)[1:-1],
            f"can't change in a branch, which may change {', '.join(BRANCHABLE)}; reset or create a run instead",
        )
        for name, value in values.items()
        if name not in BRANCHABLE and (name not in config or value != config[name])
    ]
    if fixed:
        raise ConfigError(fixed)
    values = {name: value for name, value in values.items() if value is not None or name == "clip_norm"}
    changed = TrainingConfig(**{**config, **values})
    if changed.max_iterations < moment.iteration:
        detail = f"must be at least {moment.iteration}, where the branch begins, not {changed.max_iterations}"
        raise ConfigError([FieldProblem("max_iterations", detail)])
    state = moment.optimizer_state
    if changed.optimizer != moment.config.optimizer:
        state = OPTIMIZERS[changed.optimizer]().initial_state(moment.parameters.flat.size)
    begun = replace(
        moment,
        config=replace(changed, learning_rate=moment.config.learning_rate),
        optimizer_state=state,
        diverged=False,
    )
    trainer = Trainer.restore(begun, "numpy")
    if "learning_rate" in values:
        trainer.set_learning_rate(changed.learning_rate)
    return trainer.snapshot()
