"""The command `rnn-adder sweep`: options in, a table out."""

import json
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from rnn_core import ConfigError, EngineError, Trainer
from rnn_core.assessment.evaluation import SAMPLE

from . import sweep_jobs
from .config_options import some_values, takes_config
from .sweep import Summary, draw_picture, grid, parse_values, summarise
from .sweep_file import Conditions, SweepFile, Unsuitable, alone_at, write_csv
from .sweep_work import Work
from .terminal import FILE, INTERRUPTED, Whole, engine_option, fail, in_columns, json_option, quiet_option


@click.command()
@click.option("--seeds", default="0..9", show_default=True, help="Which seeds, as in 0..99 or 1,2,5.")
@click.option(
    "--iterations",
    type=Whole(1, 10_000_000),
    default=20_000,
    show_default=True,
    help="How many iterations to train each run.",
)
@click.option(
    "--every",
    type=Whole(1),
    default=500,
    show_default=True,
    help="How many iterations lie between two looks at the accuracy.",
)
@click.option(
    "--csv",
    type=FILE,
    help="Write a line for every run to this file, as soon as the run has finished. After an interruption the same "
    "command goes on from there.",
)
@click.option("--overwrite", is_flag=True, help="Begin the CSV file anew, whatever it holds.")
@click.option("--picture", type=FILE, help="Draw how many runs reached 99%, and when, as .png, .svg or .pdf.")
@click.option("--jobs", is_flag=True, help="List the lab's sweeps instead: those of its page.")
@click.option("--resume", metavar="ID", help="Go on with one of the lab's sweeps, and store what it finds there.")
@click.option(
    "--server",
    metavar="URL",
    help="The lab that --jobs and --resume mean, as in http://127.0.0.1:8000. Without it they read its data directory, "
    "while it does not run.",
)
@engine_option
@click.option("--cores", type=Whole(1), help="How many cores to use; all, if not given.")
@json_option
@quiet_option
@takes_config(some_values, "seed", "max_iterations")
def sweep(
    seeds: str,
    iterations: int,
    every: int,
    csv: Path | None,
    overwrite: bool,
    picture: Path | None,
    jobs: bool,
    resume: str | None,
    server: str | None,
    engine: str | None,
    cores: int | None,
    as_json: bool,
    quiet: bool,
    given: dict[str, str | None],
) -> None:
    """Train every combination of settings from many seeds, and say which learned, and how fast.

    Learned: right on every problem there is. Where there are more than a million, a sample is tried, and problems that
    need a long memory; right on all of those is called passed.
    """
    if jobs or resume is not None or server is not None:
        _see_jobs(jobs, resume, server, as_json, quiet)
        return
    try:
        chosen = {**given, "seed": seeds}
        values = {name: parse_values(name, text) for name, text in chosen.items() if text is not None}
        varied = [name for name, choices in values.items() if name != "seed" and len(choices) > 1]
        configs = grid({**values, "max_iterations": [iterations]})
        conditions = Conditions(every, Trainer(configs[0], engine).engine)
    except (ConfigError, EngineError) as error:
        fail(f"{error}.", 2)
    if picture is not None and find_spec("matplotlib") is None:
        fail("a picture needs matplotlib: pip install 'rnn-adder[picture]'.", 1)
    for path in (csv, picture):
        if path is not None and not path.absolute().parent.is_dir():
            fail(f"can't write {path}: there is no folder {path.parent}.", 1)

    work = Work(configs, conditions, cores, quiet)
    trouble = None if csv is None else _do_with_file(work, csv, conditions, overwrite)
    if csv is None:
        work.do()
    summaries = summarise(work.members, varied)
    if picture is not None:
        trouble = _drawn(picture, summaries) or trouble
    if as_json:
        print(json.dumps(sweep_result(work, summaries)), flush=True)
    else:
        _print_table(summaries, varied)
    if trouble is not None:
        fail(trouble, 1)
    if work.interrupted:
        again = "" if csv is None else " The same command goes on from there."
        fail(f"stopped with {work.done} of {len(configs)} runs done.{again}", INTERRUPTED)


def _see_jobs(jobs: bool, sweep_id: str | None, server: str | None, as_json: bool, quiet: bool) -> None:
    """List the sweeps of a lab, or go on with one."""
    if jobs == (sweep_id is not None):
        fail("choose one of --jobs and --resume ID; --server says where.", 2)
    context = click.get_current_context()
    ours = {"jobs", "resume", "server", "as_json", "quiet"}
    given = {name for name in context.params if context.get_parameter_source(name) is ParameterSource.COMMANDLINE}
    if given - ours:
        fail("--jobs and --resume take what a sweep has: leave out the options of a new one.", 2)
    if sweep_id is None:
        sweep_jobs.list_jobs(server, as_json)
    else:
        sweep_jobs.resume(server, sweep_id, as_json, quiet)


def _do_with_file(work: Work, path: Path, conditions: Conditions, overwrite: bool) -> str | None:
    """Train what is not in the file yet, and write it there. Return what went wrong on the way, if anything did."""
    try:
        if path.exists() and not path.is_file():  # such as /dev/stdout, which remembers nothing
            work.do()
            write_csv(path, [member for member in work.members if member.done], conditions)
            return None
        with alone_at(path):
            trouble = work.do_with(SweepFile(path, conditions), overwrite)
    except Unsuitable as error:
        fail(f"{error}. Give that sweep's options again, name another file, or begin anew with --overwrite.", 1)
    except OSError as error:
        fail(f"can't write {path}: {error.strerror or error}.", 1)
    return None if trouble is None else f"can't write {path}: {trouble.strerror or trouble}."


def _drawn(path: Path, summaries: Sequence[Summary]) -> str | None:
    """Draw the picture. Return what went wrong, if anything did."""
    try:
        draw_picture(path, summaries)
    except OSError as error:
        return f"can't write {path}: {error.strerror or error}."
    except ValueError as error:  # matplotlib does not know this kind of file
        return f"can't draw {path}: {error}."
    return None


def sweep_result(work: Work, summaries: Sequence[Summary]) -> dict[str, Any]:
    """The result of `sweep --json`. `learned` counts runs that got everything right that was tried; `sampled` says
    whether there were more problems than that.
    """
    return {
        "state": "interrupted" if work.interrupted else "finished",
        "done": work.done,
        "members": len(work.members),
        "cells": [
            {
                "values": summary.varied,
                "members": len(summary.members),
                "learned": summary.flawless,
                "sampled": summary.sampled,
                "diverged": summary.diverged,
                "reached_99_percent": len(summary.reached),
                "reached": summary.quartiles,
            }
            for summary in summaries
        ],
    }


def _print_table(summaries: Sequence[Summary], varied: Sequence[str]) -> None:
    """Print one line for each combination to standard output."""
    verdicts = [name for name, sampled in (("learned", False), ("passed", True)) if sampled in _kinds(summaries)]
    numbers = ("runs", *verdicts, "reached 99%", "lower quartile", "median", "upper quartile", "diverged")
    rows = []
    for summary in summaries:
        quartiles = [f"{number:,.0f}" for number in summary.quartiles] if summary.quartiles else ["–"] * 3
        values = [str(value).lower() if isinstance(value, bool) else str(value) for value in summary.varied.values()]
        found = (
            {"learned": "–", "passed": str(summary.passed)} if summary.sampled else {"learned": str(summary.learned)}
        )
        counts = [str(len(summary.members)), *(found.get(name, "–") for name in verdicts), str(len(summary.reached))]
        rows.append([*values, *counts, *quartiles, str(summary.diverged)])
    print(in_columns([*varied, *numbers], rows, len(varied)))
    if True in _kinds(summaries):
        print(
            f"\npassed: right on a sample of {SAMPLE:,} problems and on all hard ones, which need a long memory. "
            "There are too many problems to try every one; 99% is of the sample."
        )


def _kinds(summaries: Sequence[Summary]) -> set[bool]:
    """The kinds of tasks in them: whether problems are sampled."""
    return {summary.sampled for summary in summaries}
