"""The command line: rnn-adder serve | train | predict | sweep | inspect | prove | verify | token."""

import gc
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

# To share one of NumPy's small products among threads costs more than to compute it, and runs train side by side as it
# is. NumPy reads this when it is loaded. The bits are the same.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from rnn_core import ConfigError, EngineError, Trainer, TrainingConfig, save_checkpoint

from .completion import completion_options
from .config_options import one_value, takes_config
from .default_command import WithDefault
from .inspect_command import inspect
from .proof_command import prove, verify
from .results import evaluate_now, in_words, iterations_done, training_result
from .sweep_command import sweep
from .terminal import (
    FILE,
    INTERRUPTED,
    REFUSED,
    Whole,
    complain,
    engine_option,
    fail,
    json_option,
    note,
    opened,
    print_version,
    progress_bar,
    quiet_option,
    quietly_cut_off,
    warn_in_words,
    write_plainly_where_needed,
)

if TYPE_CHECKING:
    from .config import Settings
    from .storage.store import Store

LOG_LEVELS = ("critical", "error", "warning", "info", "debug")


@click.group(cls=WithDefault, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=print_version,
    help="Print the version, and end.",
)
@completion_options
def app() -> None:
    """A recurrent network learns binary addition in front of you.

    Without a command, rnn-adder serves the lab: rnn-adder --port 9000.
    """


@app.command()
@click.option("--host", help="The address to listen on; 0.0.0.0 lets others in.")
@click.option("--port", type=Whole(0, 65535), help="The port; 0 takes a free one.")
@click.option("--data-dir", type=FILE, help="The folder that runs are stored in.")
@click.option("--store/--no-store", default=None, help="Whether runs are stored and outlive the server.")
@engine_option
@click.option("--log-level", type=click.Choice(LOG_LEVELS), help="How much is written to standard error.")
@click.option(
    "--dev",
    is_flag=True,
    default=None,
    help="Serve the page's modules as they stand, for those who change them.",
)
@click.option("--root-path", help="The prefix that a proxy puts before addresses: /lab.")
@click.option("--workers", type=int, default=1, show_default=True, help="Always 1: runs live in one process.")
def serve(workers: int, **given: Any) -> None:
    """Serve the page and the API. Settings not given here come from the environment: RNN_ADDER_HOST and so on."""
    # Loading makes a hundred thousand objects that stay. To look for garbage among them as often as usual takes a tenth
    # of the time.
    gc.set_threshold(20_000, 10, 10)

    from pydantic import ValidationError  # noqa: PLC0415 (training from the command line needs no server)

    from .config import Settings, in_words, misspelt  # noqa: PLC0415

    if workers != 1:
        fail(
            f"--workers {workers} can't be: runs live in one process, which trains them in a thread a core. "
            "Start servers with a --data-dir and a --port each instead.",
            2,
        )
    for sentence in misspelt(os.environ):
        note(sentence)
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        fail(in_words(error), 2)

    # These take most of a second: a setting that is refused is refused without them.
    from .main import check_settings  # noqa: PLC0415
    from .storage.database import Newer  # noqa: PLC0415
    from .storage.locks import Occupied, Unusable  # noqa: PLC0415
    from .storage.opening import opened  # noqa: PLC0415

    try:
        Trainer(engine=settings.engine)
        check_settings(settings)
    except ValueError as error:
        fail(str(error), 2)
    try:
        with opened(settings) as (kept, notice):
            _serve(settings, kept, notice)
    except (Occupied, Newer, Unusable) as error:
        instead = "Name another folder by --data-dir, or serve without storing runs by --no-store."
        fail(f"{error}. {instead}", 1 if isinstance(error, Unusable) else REFUSED)


def _serve(settings: "Settings", store: "Store | None", notice: str | None) -> None:
    """Listen and serve until told to end."""
    from .main import create_app  # noqa: PLC0415
    from .server import address_of, addresses_for_others, bind, serve  # noqa: PLC0415

    try:
        application = create_app(settings, store, notice)
    except OSError as error:
        fail(f"can't keep the presenter's token in {settings.data_dir}: {error.strerror or error}.", 1)
    if notice is not None:
        note(notice)
    try:
        listener = bind(settings.host, settings.port)
    except OSError as error:
        fail(f"can't listen on {settings.host} port {settings.port}: {error.strerror or error}.", 1)
    access = application.state.access
    address = address_of(listener, settings.host)
    others = application.state.others = addresses_for_others(listener, settings.host)

    def ready() -> None:
        lines = [f"rnn-adder is at {address} (Ctrl-C ends it)"]
        if others:
            lines.append(f"Others on your network open {' or '.join(others)}")
        if access.roles:
            lines.append(f"The presenter opens {address}?token={access.keys.token}")
        print("\n".join(lines), flush=True)

    serve(application, settings, listener, ready)
    if (unsaved := application.state.registry.keeper.unsaved) is not None:
        fail(unsaved, 1)


@app.command()
@click.option(
    "--iterations",
    type=Whole(1, 10_000_000),
    default=50_000,
    show_default=True,
    help="How many iterations to train.",
)
@click.option("--trace", is_flag=True, help="Print what the blog's script prints.")
@click.option("--save", type=FILE, help="Write the trained network to this file.")
@engine_option
@json_option
@quiet_option
@takes_config(one_value, "max_iterations")
def train(
    iterations: int,
    trace: bool,
    save: Path | None,
    engine: str | None,
    as_json: bool,
    quiet: bool,
    given: dict[str, Any],
) -> None:
    """Train a network here and now, and say how accurate it is. What is not given is as in the blog's script."""
    if trace and as_json:
        fail("--trace and --json both print to standard output: choose one of them.", 2)
    given["max_iterations"] = max(iterations, TrainingConfig.max_iterations)
    try:
        trainer = Trainer(TrainingConfig.from_mapping(given), engine)
    except (ConfigError, EngineError) as error:
        fail(f"{error}.", 2)
    if save is not None and not save.absolute().parent.is_dir():
        fail(f"can't write {save}: there is no folder {save.parent}.", 1)
    interrupted, cut_off = False, None
    try:
        _train(trainer, iterations, print_block if trace else None, quiet)
    except KeyboardInterrupt:
        interrupted = True
    except OSError as error:  # nobody reads what is printed any more, or it can't be written
        cut_off = error
    if save is not None:
        try:
            save_checkpoint(trainer, save)
        except OSError as error:
            fail(f"can't write {save}: {error.strerror or error}.", 1)
    if cut_off is not None:
        raise cut_off
    told = as_json or not (quiet or trainer.diverged)
    evaluation = evaluate_now(trainer) if told and not interrupted else None
    if as_json:
        print(json.dumps(training_result(trainer, evaluation, interrupted, save), allow_nan=False), flush=True)
    elif evaluation is not None:
        note(f"{iterations_done(trainer)}, {in_words(evaluation)}.")
    if interrupted:
        fail(f"stopped after {trainer.iteration} iterations.", INTERRUPTED)
    if trainer.diverged:
        fail(f"diverged: iteration {trainer.iteration} was undone, because its numbers would not be finite.", 1)


BLOCK_EVERY = 1000

NUMBER = Whole(0, 2**52 - 1)
"""What an operand of `predict` may be."""


def _train(trainer: Trainer, iterations: int, block: Callable[[Trainer], None] | None, quiet: bool) -> None:
    """Train with a progress bar on standard error, calling `block` after iterations 0, 1000, 2000 and so on."""
    with progress_bar(iterations, shown=not quiet) as bar:
        while trainer.iteration < iterations and not trainer.diverged:
            # One iteration to show its trace, then on to the next one that should be shown.
            done = trainer.iteration % BLOCK_EVERY
            advance = trainer.advance(min(BLOCK_EVERY - done if done else 1, iterations - trainer.iteration))
            if block is not None and len(advance.errors) == 1 and not done:
                block(trainer)
            if len(advance.errors):
                bar.label = f"error {advance.errors.mean():.4f}"
                bar.update(len(advance.errors))


def print_block(trainer: Trainer) -> None:
    """Print the last iteration in the script's own form."""
    import numpy as np  # noqa: PLC0415

    from rnn_core.assessment.metrics import predicted_bits  # noqa: PLC0415
    from rnn_core.network.parts import make_task  # noqa: PLC0415

    trace = trainer.trace
    assert trace is not None
    predicted = predicted_bits(trace.outputs)
    print(f"Error:{np.array([trace.error])}")
    print(f"Pred:{predicted[::-1]}")
    print(f"True:{trace.targets[::-1].astype(int)}")
    task = make_task(trainer.config)
    print(task.said(trace.operands, int(task.read(predicted))))
    print("------------", flush=True)


@app.command()
@click.argument("a", type=NUMBER, help="The first number.")
@click.argument("b", type=NUMBER, required=False, help="The second, if the task has one.")
@click.argument("c", type=NUMBER, required=False, help="The third, if the task has one.")
@click.option("--checkpoint", type=FILE, required=True, help="A file that train --save or the server wrote.")
@click.option("--why", is_flag=True, help="Say why a bit is wrong: the memory, or the reading of it.")
@json_option
@quiet_option
def predict(a: int, b: int | None, c: int | None, checkpoint: Path, why: bool, as_json: bool, quiet: bool) -> None:
    """Ask a trained network for an answer: `predict 9 60` for a sum, with as many numbers as its task takes."""
    from rnn_core.analysis import explain  # noqa: PLC0415
    from rnn_core.assessment.prediction import OperandError  # noqa: PLC0415
    from rnn_core.network.parts import make_task  # noqa: PLC0415

    from . import why_in_words  # noqa: PLC0415

    trainer, notes = opened(checkpoint)
    try:
        answer = trainer.predict(a, b, c)
        found = explain(trainer.config, trainer.parameters, a, b, c) if why else None
    except OperandError as error:
        fail(f"{error}.", 2)
    for sentence in () if quiet else notes:
        complain(sentence)
    if as_json:
        present = {name: value for name, value in vars(answer).items() if value is not None}
        if found is not None:
            present["why"] = why_in_words.as_json(found)
        print(json.dumps({**present, "iteration": trainer.iteration}, allow_nan=False))
        return
    task = make_task(trainer.config)
    operands = [number for number in (a, b, c) if number is not None]
    print(task.said(operands, answer.predicted))
    if found is not None:
        print(why_in_words.in_words(found, task))
    if not (answer.correct or quiet):
        complain(f"The network is wrong: {task.said(operands, answer.expected)}.")


@app.command()
@click.option("--show", is_flag=True, help="Print the token that is valid, and leave it as it is.")
@click.option("--data-dir", type=FILE, help="The folder that the server stores its runs in.")
def token(show: bool, data_dir: Path | None) -> None:
    """Make a new presenter's token, and print it. The old one, and whoever came in by it, is refused from then on, also
    by a server that runs: within seconds.
    """
    from pydantic import ValidationError  # noqa: PLC0415

    from .access.keys import KeyFile  # noqa: PLC0415
    from .config import Settings, in_words  # noqa: PLC0415

    try:
        settings = Settings() if data_dir is None else Settings(data_dir=data_dir)
    except ValidationError as error:
        fail(in_words(error), 2)
    file = KeyFile(settings.data_dir)
    try:
        keys = file.keys() if show else file.renew()
    except OSError as error:
        fail(f"can't keep the presenter's token in {settings.data_dir}: {error.strerror or error}.", 1)
    print(keys.token, flush=True)


app.add_command(sweep)
app.add_command(inspect)
app.add_command(prove)
app.add_command(verify)


def main() -> None:
    """The entry point."""
    write_plainly_where_needed()
    warn_in_words()
    with quietly_cut_off():
        try:
            sys.exit(app(standalone_mode=False))
        except click.ClickException as error:
            error.show(sys.stderr)
            sys.exit(error.exit_code)
        except (click.Abort, KeyboardInterrupt):
            sys.exit(INTERRUPTED)
