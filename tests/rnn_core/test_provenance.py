"""A run names the program that computed it, keeps that name, and shows it in words."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnn_core import Trainer, TrainingConfig, load_checkpoint, save_checkpoint
from rnn_core.checkpoint import decode_checkpoint, encode_checkpoint
from rnn_core.provenance import HERE, SOURCES, checked, compared, digest, provenance

SMALL = TrainingConfig(bits=3, hidden_size=2)


def test_each_engine_names_what_decides_its_bits() -> None:
    compiled, numpy = provenance("compiled"), provenance("numpy")
    assert compiled.keys() == {"engine", "sources", "numba", "llvmlite", "processor"}
    assert numpy.keys() == {"engine", "sources", "numpy", "blas", "processor"}
    assert (compiled["engine"], numpy["engine"], numpy["numpy"]) == ("compiled", "numpy", np.__version__)
    assert compiled["sources"] == digest("compiled") != digest("numpy") == numpy["sources"]
    assert "FMA" in compiled["processor"]
    assert checked(dict(compiled)) == compiled
    assert checked(dict(numpy)) == numpy


def named_by_a_process_with(**environment: str) -> dict[str, dict[str, str]]:
    code = """if True:
        import json, sys
        from rnn_core.provenance import provenance
        print(json.dumps({name: provenance(name) for name in ("compiled", "numpy")}))
        assert "numba" not in sys.modules and "llvmlite" not in sys.modules
    """
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    found: dict[str, dict[str, str]] = json.loads(done.stdout)
    return found


def test_nothing_is_imported_for_it_and_another_process_names_the_same() -> None:
    assert named_by_a_process_with() == {name: provenance(name) for name in ("compiled", "numpy")}


def test_a_processor_that_is_told_to_be_another_is_named() -> None:
    other = named_by_a_process_with(NUMBA_CPU_NAME="generic", OPENBLAS_CORETYPE="Sandybridge")
    assert other["compiled"]["processor"].endswith(" generic")
    assert other["numpy"]["blas"].endswith(" Sandybridge")


def test_a_run_carries_what_computed_it_and_keeps_it_until_it_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "run.safetensors"
    trainer = Trainer(SMALL, "numpy")
    trainer.advance(3)
    assert trainer.snapshot().provenance == provenance("numpy")
    save_checkpoint(trainer, path)
    loaded = load_checkpoint(path, "compiled")
    assert loaded.provenance == provenance("numpy")
    loaded.set_learning_rate(0.5)
    assert loaded.snapshot().provenance == provenance("numpy")
    loaded.advance(1)
    assert loaded.snapshot().provenance == provenance("compiled")
    again = decode_checkpoint(encode_checkpoint(loaded.snapshot()))
    assert again.provenance == provenance("compiled")


def test_a_file_without_it_is_taken_and_written_again_without(tmp_path: Path) -> None:
    trainer = Trainer(SMALL, "numpy")
    trainer.provenance = None
    data = encode_checkpoint(trainer.snapshot())
    assert b"provenance" not in data
    assert decode_checkpoint(data).provenance is None


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "numpy",
        {},
        {"numpy": "2"},
        {"engine": 1},
        {"engine": "x" * 101},
        {"engine": "a\nb"},
        {"engine": "numpy", **dict.fromkeys(map(str, range(20)), "")},
    ],
    ids=str,
)
def test_what_makes_no_sense_counts_as_unknown(value: Any) -> None:
    assert checked(value) is None


def test_what_differs_is_said_in_words() -> None:
    here = provenance("numpy")
    assert compared(None, here) == "What it was trained with is not known."
    assert compared(provenance("compiled"), here) == (
        "It was trained by the compiled engine; here the NumPy engine computes."
    )
    assert compared({"engine": "quick"}, here) == "It was trained by the engine quick; here the NumPy engine computes."
    assert compared({**here, "numpy": "1.0"}, here) == (
        f"It was trained with NumPy 1.0; here it is NumPy {np.__version__}."
    )
    older = {name: value for name, value in here.items() if name != "blas"}
    assert compared({**older, "sources": "0123"}, here) == (
        f"It was trained with BLAS unknown, version of the engine 0123; "
        f"here it is BLAS {here['blas']}, version of the engine {here['sources']}."
    )
    assert compared(here, here) == "As far as is known, it was trained with the same as here."


@pytest.mark.parametrize("engine", list(SOURCES))
def test_every_source_of_an_engine_is_there(engine: str) -> None:
    for pattern in SOURCES[engine]:
        assert list(HERE.glob(pattern)), pattern


def test_the_sources_are_those_that_compute() -> None:
    compiled = {file.relative_to(HERE).as_posix() for pattern in SOURCES["compiled"] for file in HERE.glob(pattern)}
    assert {"kernels/network/elman.py", "kernels/calls/training.py", "kernels/machine/products.py"} <= compiled
