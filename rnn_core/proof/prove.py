"""Proving that a network is right on every problem of every length, or finding one that fails."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from rnn_core.config import TrainingConfig
from rnn_core.network.parts import make_task
from rnn_core.proof.answer import NoProofError, Progress, Proof
from rnn_core.proof.certificate import encode, fits
from rnn_core.proof.check import check
from rnn_core.proof.refute import refutation_in_pieces
from rnn_core.proof.search import TIGHT, Effort, Problem, Sets, beginning_of, grown, one_round, sampled, sets_of
from rnn_core.proof.zonotopes import Network
from rnn_core.tasks.minimal import table_of
from rnn_core.text import Text
from rnn_core.types import Array, Flags

BENDS = (0.02, 0.01, 0.005, 0.003, 0.002, 0.0012, 0.0007)
"""How finely it is tried, one after the other; see `Effort.bend`."""

PATIENT = 0.005
"""Where it is tried at least as finely as this, boxes that did not close are tried again: tighter, and for longer."""

STEPS = 30_000_000
"""How many steps of zonotopes the search may take in all, for 16 units. It is some minutes' work on one core."""

BITS = 36
"""The length of the longest word, in bits of all operands together."""

AHEAD = 18
"""How many positions are read from a box, in bits of all operands together."""


class _Cancelled(Exception):
    """The caller wants no answer any more."""


def prove(
    config: TrainingConfig,
    parameters: Mapping[str, Array],
    *,
    cancelled: Callable[[], bool] = lambda: False,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Proof:
    """Prove that a network is right on every problem of every length, or find one that fails.

    The same network gets the same answer each time, but for last digits on another machine.

    Args:
        config: that of the run that the parameters come from.
        parameters: by name, as `Trainer.parameters` gives them. Read only.
        cancelled: whether the caller wants no answer any more. It is asked some ten times a second or oftener.
        progress: told where the proof stands, at least once a round.

    Raises:
        NoProofError: nothing can be proved about networks of this kind.
    """
    if config.cell != "elman" or config.activation not in ("sigmoid", "tanh"):
        raise NoProofError(
            Text("Only a network of Elman cells with sigmoid or tanh can be proved to be right; this one is another.")
        )

    def pause() -> None:
        if cancelled():
            raise _Cancelled

    try:
        with np.errstate(all="ignore"):  # what is not a number is no proof
            return _refuted(config, parameters, pause, progress) or _proved(config, parameters, pause, progress)
    except _Cancelled:
        return Proof("cancelled", Text("The proof was called off."))


def _refuted(
    config: TrainingConfig,
    parameters: Mapping[str, Array],
    pause: Callable[[], None],
    progress: Callable[[Progress], None],
) -> Proof | None:
    progress(Progress("refuting"))
    trial = refutation_in_pieces(config, parameters)
    while True:
        pause()
        try:
            next(trial)
        except StopIteration as end:
            found = end.value
            break
    if found is None:
        return None
    detail = Text(
        "There is a problem of {width} positions that it gets wrong, first at position {position}.",
        width=f"{found.width:,}",
        position=f"{found.position:,}",
    )
    return Proof("refuted", detail, counterexample=found)


def _proved(
    config: TrainingConfig,
    parameters: Mapping[str, Array],
    pause: Callable[[], None],
    progress: Callable[[Progress], None],
) -> Proof:
    problem = problem_of(config, parameters)
    if not all(np.isfinite(array).all() for array in parameters.values()):
        return Proof("undecided", Text("Some of its weights are not numbers."))
    population = sampled(problem, pause)
    inputs = problem.table.outputs.shape[1].bit_length() - 1
    came = Text("It would need more sets than a certificate can hold.")
    left = int(STEPS * min(1.0, (16 / config.hidden_size) ** 2))
    for effort in _efforts(inputs):
        sets = sets_of(problem, population, effort, partial(fits, config, parameters), pause)
        if sets is None:
            break
        closed, came, taken = _closed(problem, sets, replace(effort, steps=min(effort.steps, left)), pause, progress)
        left -= taken
        if closed is None:
            if left <= 0:
                break
            continue
        certificate = encode(config, parameters, closed, effort.ahead, beginning_of(2**inputs))
        checked = check(certificate, pause)
        if checked.proved:
            detail = Text(
                "{count} sets of hidden states hold all that it can ever come to.", count=f"{len(closed.radii):,}"
            )
            return Proof("proved", detail, checked.margin, checked.logit_margin, certificate=certificate)
        came = Text("The sets closed, but the check found them too tight.")
    return Proof("undecided", Text("No problem was found that it gets wrong, and no proof. {came}", came=came))


def _efforts(inputs: int) -> Iterator[Effort]:
    """What is tried, one after the other."""
    for bend in BENDS:
        effort = Effort(bend, longest=BITS // inputs, ahead=AHEAD // inputs)
        yield effort
        if bend <= PATIENT:
            yield replace(effort, rounds=16, steps=4_000_000, first=5, spare=TIGHT)


def _closed(
    problem: Problem,
    sets: Sets,
    effort: Effort,
    pause: Callable[[], None],
    progress: Callable[[Progress], None],
) -> tuple[Sets | None, Text, int]:
    """Let sets grow until nothing leaves them.

    Returns:
        The sets; None if they do not close. How far it came. And how many steps of zonotopes it took.
    """
    taken = 0
    grew: Flags | None = None
    for turn in range(1, effort.rounds + 1):
        ahead = effort.first if turn == 1 else effort.ahead
        found = one_round(problem, sets, replace(effort, ahead=min(ahead, effort.ahead)), pause, grew)
        grew = found.left > 0
        taken += found.steps
        leaving, shown = int(np.count_nonzero(found.left)), sets
        told = Progress(
            stage="closing" if leaving or found.broken else "checking",
            remembered=sets.histories.longest,
            ahead=effort.ahead,
            round=turn,
            nodes=len(sets.radii),
            leaving=leaving,
            boxes=lambda shown=shown, left=found.left: shown.boxes(left),  # type: ignore[misc]
        )
        progress(told)
        count = f"{len(sets.radii):,}"
        if found.broken:
            return None, Text("{count} sets of hidden states grew without end.", count=count), taken
        if not leaving:
            return sets, Text("Nothing leaves {count} sets of hidden states.", count=count), taken
        sets = grown(sets, found)
    came = Text(
        "After {round} rounds states still left {leaving} of {count} sets.",
        round=effort.rounds,
        leaving=f"{leaving:,}",
        count=count,
    )
    return None, came, taken


def problem_of(config: TrainingConfig, parameters: Mapping[str, Array]) -> Problem:
    """What is to be proved about a network, in the numbers of the search."""
    task = make_task(config)
    codes = np.arange(2**task.machine.inputs)[:, None] >> np.arange(task.machine.inputs) & 1
    drive = codes @ parameters["W_xh"] + (parameters["b_h"] if config.bias else 0.0)
    network = Network(
        drive=drive.astype(np.float32),
        recurrent=parameters["W_hh"].astype(np.float32),
        readout=parameters["W_hy"][:, 0].astype(np.float32),
        bias=float(parameters["b_y"][0]) if config.bias else 0.0,
        stretch=1 if config.activation == "sigmoid" else 2,
    )
    return Problem(network, table_of(task.machine), task.first_read if task.truth else 0)
