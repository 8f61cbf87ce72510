"""The command `rnn-adder sweep`: options in, a table out."""

from collections.abc import Sequence
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from rnn_core import ConfigError, EngineError, Trainer, TrainingConfig, train_many
from rnn_core.assessment.evaluation import SAMPLE

from .config_options import some_values, takes_config
from .sweep import GOAL, Member, Summary, draw_picture, grid, parse_values, summarise, write_csv
from .terminal import INTERRUPTED, fail


@takes_config(some_values, "seed", "max_iterations")
def sweep(
    seeds: Annotated[str, typer.Option(help="Which, as in 0..99 or 1,2,5.")] = "0..9",
    iterations: Annotated[int, typer.Option(min=1, max=10_000_000, help="How many, each run.")] = 20_000,
    every: Annotated[int, typer.Option(min=1, help="Iterations between two looks at the accuracy.")] = 500,
    csv: Annotated[Path | None, typer.Option(help="Write a line for every run there.")] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Draw how many got to 99%, and when, as .png, .svg or .pdf.")
    ] = None,
    engine: Annotated[str | None, typer.Option(help="The engine that trains.")] = None,
    cores: Annotated[int | None, typer.Option(min=1, help="How many to use; all, if not given.")] = None,
    *,
    given: dict[str, str | None],
) -> None:
    """Train every combination of settings from many seeds, and say which learned, and how fast.

    Learned: right on every problem there is. Where there are more than a million, a sample is tried, and problems that
    need a long memory; right on all of those is called passed.
    """
    try:
        chosen = {**given, "seed": seeds}
        values = {name: parse_values(name, text) for name, text in chosen.items() if text is not None}
        varied = [name for name, choices in values.items() if name != "seed" and len(choices) > 1]
        configs = grid({**values, "max_iterations": [iterations]})
        Trainer(configs[0], engine)
    except (ConfigError, EngineError) as error:
        fail(f"{error}.", 2)
    if picture is not None and find_spec("matplotlib") is None:
        fail("a picture needs matplotlib: pip install 'rnn-adder[picture]'.", 1)
    for path in (csv, picture):
        if path is not None and not path.absolute().parent.is_dir():
            fail(f"can't write {path}: there is no folder {path.parent}.", 1)

    members, interrupted = _run(configs, every, engine, cores)
    summaries = summarise(members, varied)
    try:  # first, since printing may fail: into a pipe that is closed, say
        if csv is not None:
            write_csv(csv, members)
        if picture is not None:
            draw_picture(picture, summaries)
    except OSError as error:
        fail(f"can't write {error.filename}: {error.strerror or error}.", 1)
    except ValueError as error:  # matplotlib does not know this kind of file
        fail(f"can't draw {picture}: {error}.", 1)
    finally:
        _print_table(summaries, varied)
    if interrupted:
        fail(f"stopped with {sum(member.done for member in members)} of {len(members)} runs done.", INTERRUPTED)


def _run(
    configs: Sequence[TrainingConfig], every: int, engine: str | None, cores: int | None
) -> tuple[Sequence[Member], bool]:
    """Train all runs, with a progress bar on standard error. Returns them, and whether Ctrl-C ended it."""
    from rich.console import Console  # noqa: PLC0415 (other commands start without it)
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    members = [Member(config) for config in configs]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        runs = progress.add_task("runs", total=len(configs))
        steps = progress.add_task("iterations", total=sum(config.max_iterations for config in configs))
        try:
            reports = train_many(configs, every=every, accuracy_until=GOAL, engine=engine, cores=cores)
            with closing(reports):
                for report in reports:
                    member = members[report.index]
                    member.take(report)
                    # A run that diverged has no iterations left to do.
                    left = member.config.max_iterations - member.iteration if member.diverged else 0
                    progress.advance(steps, len(report.errors) + left)
                    progress.advance(runs, int(member.done))
        except KeyboardInterrupt:
            return members, True
    return members, False


def _print_table(summaries: Sequence[Summary], varied: Sequence[str]) -> None:
    """Print one line for each combination to standard output."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=SIMPLE_HEAD)
    for name in varied:
        table.add_column(name, no_wrap=True)
    verdicts = [name for name, sampled in (("learned", False), ("passed", True)) if sampled in _kinds(summaries)]
    for name in ("runs", *verdicts, "reached 99%", "lower quartile", "median", "upper quartile", "diverged"):
        table.add_column(name, justify="right")
    for summary in summaries:
        quartiles = [f"{number:,.0f}" for number in summary.quartiles] if summary.quartiles else ["–"] * 3
        values = [str(value).lower() if isinstance(value, bool) else str(value) for value in summary.varied.values()]
        found = (
            {"learned": "–", "passed": str(summary.passed)} if summary.sampled else {"learned": str(summary.learned)}
        )
        counts = [str(len(summary.members)), *(found.get(name, "–") for name in verdicts), str(len(summary.reached))]
        table.add_row(*values, *counts, *quartiles, str(summary.diverged))
    console = Console(width=None if Console().is_terminal else 160)
    console.print(table)
    if True in _kinds(summaries):
        console.print(
            f"passed: right on a sample of {SAMPLE:,} problems and on all hard ones, which need a long memory. "
            "There are too many problems to try every one; 99% is of the sample.",
            highlight=False,
        )


def _kinds(summaries: Sequence[Summary]) -> set[bool]:
    """The kinds of tasks in them: whether problems are sampled."""
    return {summary.sampled for summary in summaries}
