"""Advancing several trainers at once: each gets the same numbers as alone, but all are faster."""

from collections.abc import Sequence

import numpy as np

from rnn_core.engines.compiled_engine import CompiledEngine, Work, form_of, run_together
from rnn_core.trainer import Advance, Block, Trainer
from rnn_core.types import Array


def advance_together(trainers: Sequence[Trainer], iterations: int) -> list[Advance]:
    """Do `trainer.advance(iterations)` for each, with the same bits: errors, trace, weights, optimizer, problems.

    Compiled networks of one form are computed side by side, eight or four of them in the lanes of a vector, if that is
    faster. Seeds, learning rates, max_iterations, lengths to clip to and the numbers of iterations done may differ.
    Everything that kernels are compiled for must be equal. If a trainer holds weights, they are not computed side by
    side. With the numpy engine one trainer advances after the other.

    Args:
        trainers: each only once, in any order.
        iterations: for each of them.

    Returns:
        The results of `advance`, in the order of the trainers.

    Raises:
        ValueError: the number of iterations is negative or not whole; a trainer appears twice; or the trainers differ
        in
            the form of their networks, loss, optimizer, batch or engine.
    """
    left = [trainer.left_of(iterations) for trainer in trainers]
    if len({id(trainer) for trainer in trainers}) < len(trainers):
        raise ValueError("a trainer can't advance together with itself")
    if len({(trainer.engine, form_of(trainer.config)) for trainer in trainers}) > 1:
        raise ValueError("trainers that advance together must be alike in engine, network, loss, optimizer and batch")
    if not all(isinstance(trainer._engine, CompiledEngine) for trainer in trainers):
        return [trainer.advance(iterations) for trainer in trainers]

    pieces: list[list[Array]] = [[np.empty(0)] for _ in trainers]
    while active := [i for i, trainer in enumerate(trainers) if left[i] > 0 and not trainer.diverged]:
        size = min(min(left[i], trainers[i].block_room) for i in active)
        for i, errors in zip(active, _run_block([trainers[i] for i in active], size), strict=True):
            pieces[i].append(errors)
            left[i] -= len(errors)
    return [Advance(np.concatenate(errors), trainer.trace) for errors, trainer in zip(pieces, trainers, strict=True)]


def _run_block(trainers: Sequence[Trainer], size: int) -> list[Array]:
    """Do `size` iterations with each, at most their block_room. Return their errors."""
    blocks = []
    try:
        for trainer in trainers:
            blocks.append(trainer.draw_block(size))  # noqa: PERF401 (if one fails, the drawn ones must be known)
        progress = run_together([_work(trainer, block) for trainer, block in zip(trainers, blocks, strict=True)])
    except BaseException:  # for example an interruption: all do a whole block, or none does
        for trainer, block in zip(trainers, blocks, strict=False):
            trainer.undo_block(block)
        raise
    done = zip(trainers, blocks, progress, strict=True)
    return [trainer.take_over(block, its_progress) for trainer, block, its_progress in done]


def _work(trainer: Trainer, block: Block) -> Work:
    engine = trainer._engine
    assert isinstance(engine, CompiledEngine)
    state = trainer._parameters, trainer._optimizer_state
    return Work(engine, *state, block.operands, trainer.learning_rate, trainer.iteration, trainer.held)
