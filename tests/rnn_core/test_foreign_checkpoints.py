"""Checkpoints that others wrote or changed: what can be used is used, and every change is reported."""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import TensorSpec, safe_open, serialize

from rnn_core import CheckpointError, Trainer, TrainingConfig, load_checkpoint, save_checkpoint
from rnn_core.checkpoint import FORMAT, encode_checkpoint, open_checkpoint
from tests.rnn_core.compare import state_of

CONFIG = {"bits": 4, "hidden_size": 3, "bias": True, "optimizer": "adam", "learning_rate": 0.01}

KINDS = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}

PRECISION = {"F64": 0.0, "F32": 2.0**-24, "F16": 2.0**-11, "BF16": 2.0**-7}
"""How far a number may move, as a share of it, when it becomes one of that type."""


def trained(iterations: int = 60) -> Trainer:
    trainer = Trainer(TrainingConfig.from_mapping(CONFIG), "numpy")
    trainer.advance(iterations)
    return trainer


def narrowed(values: Any, kind: str) -> Any:
    """The same numbers in a type of the format, as bytes of an array. A bfloat16 is the upper half of a float32."""
    if kind == "BF16":
        return (np.ascontiguousarray(values, "<f4").view("<u4") >> 16).astype("<u2")
    return np.ascontiguousarray(values, f"<f{int(kind[1:]) // 8}")


class Foreign:
    """A file to be written by the safetensors library: tensors by name, and metadata."""

    def __init__(self, trainer: Trainer, path: Path) -> None:
        path.write_bytes(encode_checkpoint(trainer.snapshot()))
        with safe_open(path, framework="numpy") as file:
            self.metadata = dict(file.metadata())
            self.tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        self.kind = "F64"

    def written(self) -> bytes:
        arrays = {name: narrowed(values, self.kind) for name, values in self.tensors.items()}
        specs = {
            name: TensorSpec(
                dtype=KINDS[self.kind], shape=array.shape, data_ptr=array.ctypes.data, data_len=array.nbytes
            )
            for name, array in arrays.items()
        }
        return bytes(serialize(specs, self.metadata))


@pytest.fixture
def file(tmp_path: Path) -> Foreign:
    return Foreign(trained(), tmp_path / "run.safetensors")


@pytest.mark.parametrize("kind", list(KINDS))
def test_floating_numbers_of_any_width_become_float64(file: Foreign, kind: str) -> None:
    file.kind = kind
    opened = open_checkpoint(file.written())
    for name, values in opened.snapshot.parameters.items():
        assert values.dtype == np.float64
        np.testing.assert_allclose(values, file.tensors[f"weights.{name}"], rtol=PRECISION[kind], atol=1e-7)
    for name, values in opened.snapshot.optimizer_state.items():
        assert values.dtype == np.float64, name
    expected = [] if kind == "F64" else [f"The file holds numbers as {kind}, so they are rounded."]
    assert list(opened.notes) == expected
    assert Trainer.restore(opened.snapshot, "numpy").advance(5).errors.shape == (5,)


def test_a_float32_is_taken_exactly(file: Foreign) -> None:
    file.kind = "F32"
    weights = open_checkpoint(file.written()).snapshot.parameters
    for name, values in weights.items():
        assert (values == file.tensors[f"weights.{name}"].astype(np.float32)).all()


def test_metadata_and_tensors_that_do_not_belong_there_are_left_out(file: Foreign) -> None:
    file.metadata |= {"framework": "pt", "note": "{not JSON", "provenance": '["nobody"]'}
    file.tensors["ema.W_hh"] = np.zeros((3, 3))
    file.tensors["optimizer.velocity"] = np.zeros(5)
    opened = open_checkpoint(file.written())
    assert state_of(opened.snapshot) == state_of(trained())
    assert opened.snapshot.provenance is None
    assert [str(note) for note in opened.notes] == [
        "What does not belong to this network was left out: ema.W_hh, optimizer.velocity."
    ]


def test_names_of_many_strange_tensors_do_not_fill_the_page(file: Foreign) -> None:
    file.tensors |= {f"layer\n{number} {'x' * 500}": np.zeros(1) for number in range(50)}
    (note,) = open_checkpoint(file.written()).notes
    assert note.endswith(" and 47 more.")
    assert len(note) < 400
    assert "\n" not in note


@pytest.mark.parametrize("name", ["optimizer.first_moment", "optimizer.second_moment", "optimizer.steps"])
def test_an_optimizer_memory_that_is_not_whole_begins_anew(file: Foreign, name: str) -> None:
    for other in (
        name,
        *(other for other in file.tensors if other.startswith("optimizer.") and name.endswith("steps")),
    ):
        file.tensors.pop(other, None)
    opened = open_checkpoint(file.written())
    state = opened.snapshot.optimizer_state
    assert {key: values.tolist() for key, values in state.items()} == {
        "first_moment": [0.0] * len(state["first_moment"]),
        "second_moment": [0.0] * len(state["first_moment"]),
        "steps": [0.0],
    }
    assert opened.notes[0] == "The file holds no memory of the optimizer, so that begins empty."
    assert opened.snapshot.iteration == 60


def test_a_generator_state_that_is_missing_begins_anew_with_the_seed(file: Foreign) -> None:
    del file.metadata["random_state"]
    opened = open_checkpoint(file.written())
    assert opened.notes == ("The file holds no state of the random generator, so the problems of the seed begin anew.",)
    on, fresh = Trainer.restore(opened.snapshot, "numpy"), trained(0)
    on.advance(1)
    fresh.advance(1)
    assert on.trace is not None
    assert fresh.trace is not None
    assert on.trace.operands == fresh.trace.operands


def test_a_file_of_weights_settings_and_iteration_alone_is_taken(file: Foreign) -> None:
    file.metadata = {"format": FORMAT, "config": json.dumps(CONFIG), "iteration": "60"}
    file.tensors = {name: values for name, values in file.tensors.items() if name.startswith("weights.")}
    opened = open_checkpoint(file.written())
    assert len(opened.notes) == 2
    assert (opened.snapshot.iteration, opened.snapshot.learning_rate, opened.snapshot.diverged) == (60, 0.01, False)
    trainer = trained()
    assert opened.snapshot.parameters.flat.tobytes() == trainer.snapshot().parameters.flat.tobytes()


def test_what_overflows_in_a_narrow_type_is_refused(file: Foreign) -> None:
    file.kind = "F16"
    file.tensors["weights.W_hh"][0, 0] = 1e6
    with np.errstate(over="ignore"):
        data = file.written()
    with pytest.raises(CheckpointError, match=r"weights\.W_hh must be finite"):
        open_checkpoint(data)


def test_loading_such_a_file_warns_and_a_file_of_this_project_does_not(file: Foreign, tmp_path: Path) -> None:
    path = tmp_path / "foreign.safetensors"
    file.kind = "F32"
    path.write_bytes(file.written())
    with pytest.warns(UserWarning, match="as F32, so they are rounded"):
        load_checkpoint(path, "numpy")
    save_checkpoint(trained(), path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_checkpoint(path, "numpy").iteration == 60
