"""Proving that a network is right on every problem of every length, or finding one that fails."""

from collections.abc import Callable, Mapping

from rnn_core.config import TrainingConfig
from rnn_core.proof.answer import NoProofError, Progress, Proof
from rnn_core.proof.refute import refutation_in_pieces
from rnn_core.text import Text
from rnn_core.types import Array


def prove(
    config: TrainingConfig,
    parameters: Mapping[str, Array],
    *,
    cancelled: Callable[[], bool] = lambda: False,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Proof:
    """Prove that a network is right on every problem of every length, or find one that fails.

    Args:
        config: that of the run that the parameters come from.
        parameters: by name, as `Trainer.parameters` gives them. Read only.
        cancelled: whether the caller wants no answer any more. It is asked several times a second.
        progress: told where the proof stands, at least once a round.

    Raises:
        NoProofError: nothing can be proved about networks of this kind.
    """
    if config.cell != "elman" or config.activation not in ("sigmoid", "tanh"):
        raise NoProofError(
            Text("only networks of Elman cells with sigmoid or tanh can be proved right; this one has other units")
        )
    progress(Progress("refuting"))
    trial = refutation_in_pieces(config, parameters)
    while not cancelled():
        try:
            next(trial)
        except StopIteration as end:
            counterexample = end.value
            break
    else:
        return CANCELLED
    if counterexample is not None:
        detail = Text("At position {position} it writes the wrong bit.", position=counterexample.position)
        return Proof("refuted", detail, counterexample=counterexample)
    return Proof("undecided", Text("No problem was found that fails, and no proof."))


CANCELLED = Proof("cancelled", Text("It was called off."))
"""The answer if the caller wants none any more."""
