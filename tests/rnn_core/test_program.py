"""The program of a run computes the run's numbers, with nothing but Python and NumPy."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rnn_core import Trainer, TrainingConfig
from rnn_core.cells import CELLS
from rnn_core.network.activations import ACTIVATIONS
from rnn_core.network.initializers import INITIALIZERS
from rnn_core.network.losses import LOSSES
from rnn_core.network.optimizers import OPTIMIZERS
from rnn_core.network.parts import make_cell
from rnn_core.program import NoProgram, written
from rnn_core.program.lines import NAME, code_and_comment
from rnn_core.tasks import TASKS
from tests.patience import PATIENCE
from tests.rnn_core.forms import EVERYTHING, EXPLODING, GRU, LSTM, MOMENTUM, STEADY, WIDE
from tests.rnn_core.script import run_script

ITERATIONS = 100

CONFIGS: dict[str, dict[str, Any]] = {
    "default": {},
    "everything": EVERYTHING,
    "momentum": MOMENTUM,
    "steady": STEADY,
    "wide": WIDE,
    "gru": GRU,
    "lstm": LSTM,
    "32 bits, glorot, another seed": {"bits": 32, "hidden_size": 3, "init": "glorot", "seed": 2**32 - 1, "bias": True},
    "one unit, clipped": {"bits": 2, "hidden_size": 1, "clip_norm": 0.01},
    "subtraction": {"task": "subtraction", "batch_size": 4},
    "xor": {"task": "xor", "optimizer": "adam", "learning_rate": 0.01},
    "comparison": {"task": "comparison", "bits": 32, "hidden_size": 4},
    "gru with every option": {**EVERYTHING, "activation": "sigmoid", "cell": "gru", "task": "three_numbers"},
    "lstm with every option": {**EVERYTHING, "activation": "sigmoid", "cell": "lstm", "init": "glorot"},
    "gru, plain": {"cell": "gru", "hidden_size": 4, "loss": "cross_entropy"},
}
"""Every cell, task, activation, loss, optimizer and initialization, with and without all else."""


def printed(text: str, folder: Path, warnings: str = "error") -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """What a program prints when Python runs it in a folder of its own: the iterations, and their errors."""
    (folder / "program.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-I", "-W", warnings, "program.py"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line.split() for line in done.stdout.splitlines()]
    return np.array([int(k) for k, _ in lines]), np.array([float(error) for _, error in lines])


def test_the_matrix_holds_every_choice() -> None:
    configs = [TrainingConfig(**values) for values in CONFIGS.values()]
    fields: dict[str, Mapping[str, object]] = {
        "task": TASKS,
        "cell": CELLS,
        "activation": ACTIVATIONS,
        "loss": LOSSES,
        "optimizer": OPTIMIZERS,
        "init": INITIALIZERS,
    }
    for name, choices in fields.items():
        assert {getattr(config, name) for config in configs} == set(choices)
    assert all({config.bias for config in configs if config.cell == cell} == {True, False} for cell in CELLS)


@pytest.mark.parametrize("name", CONFIGS)
def test_its_printed_errors_are_those_of_the_run(name: str, tmp_path: Path) -> None:
    config = TrainingConfig(**CONFIGS[name], max_iterations=ITERATIONS)
    expected = Trainer(config, "numpy").advance(ITERATIONS).errors
    iterations, errors = printed(written(config).text, tmp_path)
    assert iterations.tolist() == list(range(ITERATIONS))
    assert np.abs(errors - expected).max() <= 1e-11


@pytest.mark.parametrize("name", ["default", "everything", "gru", "lstm"])
def test_with_the_names_of_the_script_it_computes_the_same(name: str, tmp_path: Path) -> None:
    config = TrainingConfig(**CONFIGS[name], max_iterations=ITERATIONS)
    expected = Trainer(config, "numpy").advance(ITERATIONS).errors
    text = written(config, names_of_script=True).text
    assert "layer_1_values[position + 1] = " in text
    assert ("synapse_h" in text) == (config.cell == "elman")
    assert np.abs(printed(text, tmp_path)[1] - expected).max() <= 1e-11


def test_the_default_program_prints_the_errors_of_the_script(tmp_path: Path) -> None:
    config = TrainingConfig(max_iterations=10_000)
    iterations, errors = printed(written(config).text, tmp_path)
    assert iterations.tolist() == list(range(0, 10_000, 100))
    assert np.abs(errors - run_script(10_000).errors[iterations]).max() <= 1e-9


def test_it_follows_the_changes_of_the_learning_rate(tmp_path: Path) -> None:
    trainer = Trainer(TrainingConfig(max_iterations=ITERATIONS), "numpy")
    trainer.plan([(0, 0.3), (20, 1.5), (60, 0.02), (ITERATIONS, 5.0)])
    expected = trainer.advance(ITERATIONS).errors
    program = written(trainer.config, trainer.changes)
    assert "changes = {0: 0.3, 20: 1.5, 60: 0.02}" in program.text
    assert np.abs(printed(program.text, tmp_path)[1] - expected).max() <= 1e-11
    many = [(k, 0.01 + k / 1000) for k in range(1, ITERATIONS)]
    text = written(trainer.config, many).text
    assert max(map(len, text.splitlines())) <= 105
    trainer = Trainer(trainer.config, "numpy")
    trainer.plan(many)
    assert np.abs(printed(text, tmp_path)[1] - trainer.advance(ITERATIONS).errors).max() <= 1e-11


def test_the_program_of_a_diverged_run_ends_where_the_run_does(tmp_path: Path) -> None:
    trainer = Trainer(TrainingConfig(**EXPLODING, learning_rate=30), "numpy")
    expected = trainer.advance(1000).errors
    assert trainer.diverged
    text = written(trainer.config, iterations=trainer.iteration).text
    assert f"for k in range({trainer.iteration}):  # then" in text
    _, errors = printed(text, tmp_path, "ignore")
    assert np.allclose(errors, expected, rtol=0, atol=1e-9)
    assert len(expected) == trainer.iteration


def test_the_program_of_the_script_is_short_and_holds_nothing_that_it_does_not_need() -> None:
    text = written(TrainingConfig()).text
    assert 40 <= len(text.splitlines()) <= 60
    assert all(word not in text for word in ("b_h", "adam", "batch", "relu", "tanh", "clip", "length", "changes"))
    assert not {"optimizer", "cell ==", "activation"} & set(text.split())


@pytest.mark.parametrize("script", [False, True])
@pytest.mark.parametrize("name", CONFIGS)
def test_every_line_says_what_it_is_and_every_array_has_its_shape(name: str, script: bool) -> None:
    config = TrainingConfig(**CONFIGS[name], max_iterations=1)
    program = written(config, names_of_script=script)
    space: dict[str, Any] = {}
    exec(compile(program.text, "program.py", "exec"), space)
    told = {other for line in program.lines for other in line.variables}
    for variable in told:
        found, value = program.variables[variable], space.get(variable)
        assert found.meaning
        if isinstance(value, np.ndarray) and found.shape is not None:
            assert value.shape == found.shape, variable
        assert isinstance(value, np.ndarray) or found.shape is None, variable
    # Nothing of the program is unknown but functions and the names of loops.
    functions = {"sigmoid", "drawn", "np", "range", "reversed", "zip", "sum", "print", "int", "gate", "axis", "size"}
    words = {
        "for",
        "in",
        "if",
        "def",
        "return",
        "import",
        "numpy",
        "as",
        "dtype",
        "rows",
        "columns",
        "z",
        "zrn",
        "ifgo",
        "_",
    }
    assert {name for line in program.lines for name in NAME.findall(code_and_comment(line.text)[0])} <= (
        told | functions | words
    )
    steps = [line.step for line in program.lines]
    order = ["problem", "forward.state", "forward.output", "error", "backward.output", "backward.state"]
    assert [step for step in dict.fromkeys(steps) if step in order] == order
    assert {"setup", "function", "backward.weights", "update", ""} <= set(steps)
    parameters = set(make_cell(config).shapes)
    roles = {variable.role for variable in program.variables.values()}
    problem = {
        program.variables[name].role for line in program.lines if line.step == "problem" for name in line.variables
    }
    assert {f"operand.{operand}" for operand in TASKS[config.task].operands} <= problem
    assert {f"weights.{parameter}" for parameter in parameters} <= roles


def test_a_task_of_ones_own_has_no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules["rnn_core.program.tasks"].PROBLEMS, "xor")
    with pytest.raises(NoProgram):
        written(TrainingConfig(task="xor"))
