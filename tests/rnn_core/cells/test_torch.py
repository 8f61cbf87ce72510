"""Every cell against PyTorch's: by numbers that PyTorch computed once and, where it is installed, by PyTorch itself."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnn_core.cells import Activity, Cell
from rnn_core.network.losses import LOSSES
from rnn_core.network.parameters import Parameters
from tests.rnn_core.cells.case import KINDS, Array

VECTORS = json.loads((Path(__file__).parents[1] / "data" / "torch_vectors.json").read_text())
SHARED = [kind for kind in KINDS if kind != "elman-sigmoid"]
"""The cells that PyTorch has, too."""

with_torch = pytest.mark.skipif(
    find_spec("torch") is None,
    reason="PyTorch is not installed (it comes with '.[peers]'): only its stored numbers hold",
)


def arrays(value: Any) -> Any:
    """Stored lists as arrays, under the same names."""
    return {name: arrays(inner) for name, inner in value.items()} if isinstance(value, dict) else np.array(value)


def build(kind: str, weights: dict[str, Array]) -> tuple[Cell, Parameters]:
    """A cell for the weights, and the weights in the cell's order."""
    inputs = next(len(values) for name, values in weights.items() if name.startswith("W_x"))
    cell = KINDS[kind].cell(inputs, len(weights["W_hy"]), bias="b_y" in weights, **KINDS[kind].options)
    parameters = Parameters(cell.shapes)
    assert set(parameters) == set(weights)
    for name, values in weights.items():
        parameters[name][...] = values
    return cell, parameters


def slope_of(kind: str, activity: Activity) -> Array | float:
    """The factor from PyTorch's gradient at the hidden state to `hidden_deltas`, which an Elman cell has before f."""
    states = activity.hidden_states[1:]
    return {"elman-tanh": 1 - states**2, "elman-relu": (states > 0).astype(float)}.get(kind, 1.0)


def assert_agrees(kind: str, weights: dict[str, Array], inputs: Array, targets: Array, theirs: dict[str, Any]) -> None:
    cell, parameters = build(kind, weights)
    activity = cell.forward(parameters, inputs)
    assert activity.hidden_states[1:] == pytest.approx(theirs["hidden_states"], abs=1e-13)
    assert activity.logits == pytest.approx(theirs["logits"], abs=1e-13)
    if "cell_states" in theirs:
        assert activity.cell_states is not None
        assert activity.cell_states[1:] == pytest.approx(theirs["cell_states"], abs=1e-13)
    loss = LOSSES["cross_entropy"]()
    assert loss.value(activity.logits, activity.outputs, targets) == pytest.approx(float(theirs["loss"]), abs=1e-12)

    hidden_deltas, descent = cell.bptt(parameters, activity, loss.output_deltas(activity.outputs, targets))
    assert hidden_deltas == pytest.approx(theirs["hidden_deltas"] * slope_of(kind, activity), abs=1e-12)
    assert set(descent) == set(theirs["descent"])
    for name, values in descent.items():
        assert values == pytest.approx(theirs["descent"][name], abs=1e-12), name


@pytest.mark.parametrize("kind", SHARED)
def test_the_cell_computes_what_pytorch_once_computed(kind: str) -> None:
    stored = arrays(VECTORS[kind])
    assert_agrees(kind, stored["weights"], stored["inputs"], stored["targets"], stored)


def test_the_stored_numbers_are_of_all_cells_that_pytorch_has() -> None:
    assert list(VECTORS)[1:] == SHARED


@with_torch
@pytest.mark.parametrize("kind", SHARED)
def test_the_stored_numbers_are_what_the_recipe_makes(kind: str) -> None:
    from tests.rnn_core.data.make_torch_vectors import example

    def flat(value: dict[str, Any]) -> dict[str, list[float]]:
        named = {**value, **value["descent"], **{f"weights.{name}": w for name, w in value["weights"].items()}}
        return {name: np.ravel(x).tolist() for name, x in named.items() if name not in ("descent", "weights")}

    stored, made = flat(arrays(VECTORS[kind])), flat(example(kind))
    assert list(stored) == list(made)
    for name, values in made.items():
        assert stored[name] == pytest.approx(values, abs=1e-13), name


@with_torch
@pytest.mark.parametrize("kind", SHARED)
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("inputs", [1, 2, 3])
@pytest.mark.parametrize("batch", [1, 5])
def test_the_cell_computes_what_pytorch_computes(kind: str, bias: bool, inputs: int, batch: int) -> None:
    from tests.rnn_core.data.make_torch_vectors import compute

    random = np.random.RandomState(3)
    cell = KINDS[kind].cell(inputs, 7, bias=bias, **KINDS[kind].options)
    weights = {name: random.uniform(-0.5, 0.5, shape) for name, shape in cell.shapes.items()}
    bits = random.randint(2, size=(9, batch, inputs)).astype(float)
    targets = random.randint(2, size=(9, batch)).astype(float)
    assert_agrees(kind, weights, bits, targets, compute(kind, weights, bits, targets))
