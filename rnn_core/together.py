"""Several runs advanced in one call."""

from collections.abc import Sequence

from rnn_core.trainer import Advance, Trainer


def advance_together(trainers: Sequence[Trainer], iterations: int) -> list[Advance]:
    """Advance each as `Trainer.advance` would."""
    return [trainer.advance(iterations) for trainer in trainers]
