"""The command `rnn-adder inspect`: what is inside a trained network, in a few sentences and in pictures."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .terminal import FILE, complain, fail, json_option, opened, quiet_option

if TYPE_CHECKING:
    from .inspection import Inspection


@click.command(name="inspect")
@click.argument("checkpoint", type=FILE)
@click.option("--pictures", type=FILE, help="Draw the figures as .png files into this folder; it is made if need be.")
@json_option
@quiet_option
def inspect(checkpoint: Path, pictures: Path | None, as_json: bool, quiet: bool) -> None:
    """Look inside a trained network: what it remembers, which machine it has become, and how far it carries.

    CHECKPOINT is a file that train --save or the server wrote.
    """
    if pictures is not None and find_spec("matplotlib") is None:
        fail("pictures need matplotlib: pip install 'rnn-adder[picture]'.", 1)
    trainer, notes = opened(checkpoint)
    for sentence in () if quiet else notes:
        complain(sentence)
    from .inspection import Inspection  # noqa: PLC0415 (the other commands need none of it)

    found = Inspection.of(trainer)
    # What was found is printed before pictures are written: a full disk takes nothing away.
    if as_json:
        print(json.dumps(found.to_dict(), allow_nan=False), flush=True)
    else:
        print("\n".join(found.sentences()), flush=True)
    if pictures is not None:
        _draw(found, pictures, quiet)


def _draw(found: "Inspection", folder: Path, quiet: bool) -> None:
    """Draw all figures, and name their files."""
    from .figures import FIGURES  # noqa: PLC0415 (matplotlib is an optional extra)

    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, draw in FIGURES.items():
            path = folder / f"{name}.png"
            if draw(path, found) and not quiet:
                complain(f"Wrote {path}.")
    except OSError as error:
        fail(f"can't write to {folder}: {error.strerror or error}.", 1)
