"""Runs on disk: a loaded run goes on exactly, and a damaged file is refused with a reason."""

import json
import os
import struct
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load, save

from rnn_core import CheckpointError, Trainer, TrainingConfig, load_checkpoint, save_checkpoint
from rnn_core.cells import CELLS
from rnn_core.checkpoint import FROM_ELSEWHERE, encode_checkpoint, open_checkpoint
from rnn_core.tasks import TASKS
from tests.rnn_core.compare import bits_of_arrays, bits_of_trace, state_of
from tests.rnn_core.forms import EVERYTHING, EXPLODING, PARITY

CONFIGS = {
    "default": TrainingConfig(),
    "momentum": TrainingConfig(**PARITY),
    "everything": TrainingConfig(**EVERYTHING),
    "adam": TrainingConfig(optimizer="adam", activation="tanh", learning_rate=0.01, clip_norm=0.5, hidden_size=1),
    "relu": TrainingConfig(**EXPLODING, init="glorot", seed=2**32 - 1),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.safetensors"


def train(config: TrainingConfig) -> Trainer:
    trainer = Trainer(config)
    trainer.advance(40)
    trainer.set_learning_rate(0.03)
    trainer.advance(17)
    trainer.set_learning_rate(0.3)
    trainer.advance(3)
    return trainer


@pytest.mark.parametrize("name", list(CONFIGS))
def test_a_loaded_run_goes_on_exactly_where_the_saved_one_stood(name: str, path: Path) -> None:
    trainer = train(CONFIGS[name])
    save_checkpoint(trainer, path)
    loaded = load_checkpoint(path)
    assert state_of(loaded) == state_of(trainer)
    assert loaded.changes == ((40, 0.03), (57, 0.3))
    assert loaded.trace is None

    expected, went_on = trainer.advance(700), loaded.advance(700)
    assert went_on.errors.tobytes() == expected.errors.tobytes()
    assert state_of(loaded) == state_of(trainer)
    assert bits_of_trace(went_on.trace) == bits_of_trace(expected.trace)


def test_a_plan_is_in_the_file_and_followed_by_who_goes_on(path: Path) -> None:
    trainer = Trainer()
    trainer.plan([(5, 0.3), (30, 0.2), (31, 0.05)])
    trainer.advance(20)
    save_checkpoint(trainer, path)
    loaded = load_checkpoint(path)
    assert loaded.learning_rate == 0.3
    for each in (trainer, loaded):
        each.advance(20)
    assert state_of(loaded) == state_of(trainer)
    assert loaded.learning_rate == 0.05


@pytest.mark.parametrize("cell", list(CELLS))
@pytest.mark.parametrize("task", list(TASKS))
def test_every_cell_and_task_goes_on_from_a_file(cell: str, task: str, path: Path) -> None:
    config = TrainingConfig(cell=cell, task=task, bits=4, hidden_size=3, bias=True, optimizer="adam", batch_size=2)
    trainer = Trainer(config, "numpy")
    trainer.advance(7)
    save_checkpoint(trainer, path)
    loaded = load_checkpoint(path, "numpy")
    assert state_of(loaded) == state_of(trainer)
    assert loaded.advance(9).errors.tobytes() == trainer.advance(9).errors.tobytes()
    assert state_of(loaded) == state_of(trainer)


@pytest.mark.parametrize("iterations", [0, 1, 39, 311, 312, 313])
def test_the_stream_of_problems_goes_on_wherever_it_was_cut(iterations: int, path: Path) -> None:
    trainer = Trainer(TrainingConfig())
    trainer.advance(iterations)
    save_checkpoint(trainer, path)
    loaded = load_checkpoint(str(path))
    assert loaded.advance(50).errors.tobytes() == trainer.advance(50).errors.tobytes()


def test_a_finished_run_is_finished_when_loaded(path: Path) -> None:
    trainer = Trainer(TrainingConfig(max_iterations=5))
    trainer.advance(9)
    save_checkpoint(trainer, path)
    loaded = load_checkpoint(path)
    assert loaded.finished
    assert loaded.advance(3).errors.shape == (0,)


def test_a_diverged_run_is_diverged_when_loaded(path: Path) -> None:
    trainer = Trainer(TrainingConfig(**EXPLODING, learning_rate=1.0))
    trainer.advance(100)
    assert trainer.diverged
    save_checkpoint(trainer, path)
    loaded = load_checkpoint(path)
    assert loaded.diverged
    assert loaded.iteration == 4
    assert loaded.advance(3).errors.shape == (0,)
    assert state_of(loaded) == state_of(trainer)


def test_saving_again_what_was_loaded_gives_the_same_content(path: Path, tmp_path: Path) -> None:
    save_checkpoint(train(CONFIGS["adam"]), path)
    save_checkpoint(load_checkpoint(path), tmp_path / "again")
    (first, tensors), (second, again) = content(path), content(tmp_path / "again")
    assert first == second
    assert bits_of_arrays(tensors) == bits_of_arrays(again)


def content(path: Path) -> tuple[dict[str, str], dict[str, Any]]:
    with safe_open(path, framework="numpy") as file:
        return file.metadata(), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


def test_a_file_holds_the_documented_tensors_and_metadata(path: Path) -> None:
    trainer = train(CONFIGS["adam"])
    save_checkpoint(trainer, path, generation=7)
    metadata, tensors = content(path)
    assert tensors.keys() == {
        "weights.W_xh",
        "weights.W_hh",
        "weights.W_hy",
        "optimizer.first_moment",
        "optimizer.second_moment",
        "optimizer.steps",
    }
    assert {tensor.dtype for tensor in tensors.values()} == {np.dtype(np.float64)}
    for name, values in trainer.parameters.items():
        assert (tensors[f"weights.{name}"] == values).all()
    assert json.loads(metadata["config"]) == trainer.config.to_dict()
    assert json.loads(metadata["changes"]) == [[40, 0.03], [57, 0.3]]
    assert json.loads(metadata["iteration"]) == 60
    assert json.loads(metadata["generation"]) == 7


def test_saving_replaces_the_old_file(path: Path, tmp_path: Path) -> None:
    path.write_text("old")
    save_checkpoint(Trainer(), path)
    assert load_checkpoint(path).iteration == 0
    assert os.listdir(tmp_path) == [path.name]


def test_a_missing_file_is_a_file_not_found_error(path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=path.name):
        load_checkpoint(path)


def test_a_folder_is_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        load_checkpoint(tmp_path)


def test_saving_where_nothing_can_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    (tmp_path / "folder").mkdir()
    for place in (tmp_path / "missing" / "run", tmp_path / "file" / "run", tmp_path / "folder"):
        with pytest.raises(OSError, match=r"."):
            save_checkpoint(Trainer(), place)
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]
    assert os.listdir(tmp_path / "folder") == []


@contextmanager
def files_limited_to(size: int) -> Iterator[None]:
    """Make writing beyond this many bytes fail, as on a full disk."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_failed_write_leaves_the_old_file_and_no_other(path: Path, tmp_path: Path) -> None:
    save_checkpoint(Trainer(), path)
    before = path.read_bytes()
    later = train(CONFIGS["default"])
    with files_limited_to(1000), pytest.raises(OSError, match="File too large"):
        save_checkpoint(later, path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == [path.name]


# Damage. A file is taken apart, one thing in it is changed, and it is put together again.


class File:
    """A checkpoint file taken apart."""

    def __init__(self) -> None:
        data = encode_checkpoint(train(CONFIGS["adam"]).snapshot())
        (length,) = struct.unpack("<Q", data[:8])
        self.header: dict[str, Any] = json.loads(data[8 : 8 + length])
        self.metadata: dict[str, str] = self.header["__metadata__"]
        self.tensors = load(data)
        self.data = data[8 + length :]

    def whole(self) -> bytes:
        return save(self.tensors, self.metadata)

    def with_header(self) -> bytes:
        header = json.dumps(self.header).encode()
        header += b" " * (-len(header) % 8)
        return struct.pack("<Q", len(header)) + header + self.data

    def with_random_state(self, **values: Any) -> None:
        state = json.loads(self.metadata["random_state"])
        self.metadata["random_state"] = json.dumps({**state, **values})


def complaint(path: Path, data: bytes) -> str:
    """The sentence that refuses these bytes; it names the file."""
    path.write_bytes(data)
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(path)
    sentence = str(caught.value)
    assert sentence.startswith(str(path))
    assert len(sentence) < 600
    return sentence.removeprefix(f"{path} ")


def test_the_file_put_together_again_unchanged_is_taken(path: Path) -> None:
    for data in (File().whole(), File().with_header()):
        path.write_bytes(data)
        assert load_checkpoint(path).iteration == 60


@pytest.mark.parametrize("length", [0, 1, 7, 8, 100, 1000, -8, -1])
def test_a_truncated_file_is_refused(path: Path, length: int) -> None:
    assert complaint(path, File().whole()[:length]).startswith("is not a safetensors file: ")


@pytest.mark.parametrize(
    "data",
    [b"hello, I am a text file, and a rather short one", b"\xff" * 4096, b"\0" * 4096, b"\x02" + b"\0" * 7 + b"{}x"],
    ids=["text", "ones", "zeros", "excess"],
)
def test_what_is_not_a_safetensors_file_is_refused(path: Path, data: bytes) -> None:
    assert complaint(path, data).startswith("is not a safetensors file: ")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data: b"", "it is empty"),
        (lambda data: data[:7], "it is only 7 bytes long"),
        (lambda data: data[:100], "it is cut off, or a file of another kind"),
        (lambda data: b"PK\x03\x04" + data, "it is cut off, or a file of another kind"),
        (lambda data: data[:-1], "its numbers do not end where they should: it is cut off, or bytes were added"),
        (lambda data: data + b"\0", "its numbers do not end where they should: it is cut off, or bytes were added"),
        (lambda data: data[:8] + b"?" + data[9:], "the table of contents at its beginning is damaged"),
    ],
    ids=["empty", "short", "cut", "archive", "one byte less", "one byte more", "header"],
)
def test_what_is_wrong_with_such_a_file_is_said_in_words(
    path: Path, change: Callable[[bytes], bytes], words: str
) -> None:
    assert complaint(path, change(File().whole())).removeprefix("is not a safetensors file: ").startswith(words)


@pytest.mark.parametrize("value", ["", "rnn-adder checkpoint 2", "rnn-adder checkpoint 1 ", None])
def test_a_file_of_another_format_is_refused_with_the_right_one(path: Path, value: str | None) -> None:
    file = File()
    del file.metadata["format"]
    if value is not None:
        file.metadata["format"] = value
    sentence = complaint(path, file.whole())
    assert sentence.startswith("is a safetensors file, but not a checkpoint of rnn-adder")
    assert '"format" with the value "rnn-adder checkpoint 1"' in sentence


def test_a_safetensors_file_without_metadata_is_refused(path: Path) -> None:
    assert "not a checkpoint of rnn-adder" in complaint(path, save({"weights.W_xh": np.zeros((2, 16))}))


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("config", 'it lacks the settings of the network: metadata named "config", a JSON object such as {"bits": 8'),
        ("iteration", 'it lacks how many iterations are done: metadata named "iteration", a whole number such as'),
    ],
)
def test_what_a_file_must_have_is_named_with_an_example(path: Path, key: str, words: str) -> None:
    file = File()
    del file.metadata[key]
    assert complaint(path, file.whole()).startswith(f"can't be used: {words}")


KEYS = ["config", "changes", "iteration", "learning_rate", "random_state", "diverged"]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    "text",
    ["", "{", "null", "NaN", "1e999", "-1", '"x"', "[[1, 2, 3]]", "[[]]", "9" * 5000, "[" * 100_000],
    ids=["empty", "cut", "null", "nan", "infinite", "minus", "string", "array", "nested", "long", "deep"],
)
def test_metadata_that_makes_no_sense_is_refused(path: Path, key: str, text: str) -> None:
    file = File()
    file.metadata[key] = text
    assert complaint(path, file.whole()).startswith("can't be used: ")


@pytest.mark.parametrize("config", ["[]", '["bits"]', '"bits"'])
def test_a_configuration_that_is_no_object_is_refused(path: Path, config: str) -> None:
    file = File()
    file.metadata["config"] = config
    assert complaint(path, file.whole()).startswith("can't be used: ")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("bits", 99, "bits must be a whole number from 2 to 32, not 99"),
        ("activation", "softplus", 'activation must be one of "sigmoid", "tanh", "relu", not "softplus"'),
        ("colour", 1, "colour is not a field of a configuration"),
    ],
)
def test_a_configuration_that_can_not_be_is_refused_in_its_words(
    path: Path, field: str, value: object, words: str
) -> None:
    file = File()
    file.metadata["config"] = json.dumps({**json.loads(file.metadata["config"]), field: value})
    assert complaint(path, file.whole()).startswith(f"can't be used: its settings are not possible: {words}")


@pytest.mark.parametrize("value", ["-1", "50001", "60.0", "true", '"60"', "null", "1e3"])
def test_an_iteration_out_of_range_is_refused_with_the_range(path: Path, value: str) -> None:
    file = File()
    file.metadata["iteration"] = value
    assert "iteration must be a whole number from 0 to 50000, not " in complaint(path, file.whole())


@pytest.mark.parametrize("value", ["0", "-0.1", "101", "true", '"0.1"', "null", "NaN", "Infinity"])
def test_a_learning_rate_that_can_not_be_is_refused(path: Path, value: str) -> None:
    file = File()
    file.metadata["learning_rate"] = value
    assert "learning_rate must be a number above 0 up to 100, not " in complaint(path, file.whole())


@pytest.mark.parametrize(
    "changes",
    [
        "[[57, 0.3], [40, 0.03]]",
        "[[40, 0.03], [40, 0.3]]",
        "[[40, 0.3], [40, 0.3]]",
        "[[61, 0.3]]",  # planned, so that the rate in force is not the config's
        "[[40, 0.03], [57, 0.3], [50001, 0.1]]",
        "[[-1, 0.3]]",
        "[[40.5, 0.3]]",
        "[[true, 0.3]]",
        '[["40", 0.3]]',
        "[[40, 0]]",
        "[[40, true]]",
        "[[40]]",
        "[40]",
        "[[1e999, 0.3]]",
        '{"40": 0.3}',
    ],
)
def test_changes_out_of_order_or_out_of_range_are_refused(path: Path, changes: str) -> None:
    file = File()
    file.metadata["changes"] = changes
    assert complaint(path, file.whole()).startswith("can't be used: ")


@pytest.mark.parametrize("value", ["1", '"true"', "[]", "null"])
def test_diverged_is_true_or_false(path: Path, value: str) -> None:
    file = File()
    file.metadata["diverged"] = value
    assert "diverged" in complaint(path, file.whole())


@pytest.mark.parametrize(
    "values",
    [
        {"bit_generator": "PCG64"},
        {"bit_generator": None},
        {"key": "00" * 2492},
        {"key": "00"},
        {"key": "xy" * 2496},
        {"key": 5},
        {"key": [0] * 624},
        {"pos": -1},
        {"pos": 625},
        {"pos": 1.5},
        {"pos": True},
        {"pos": "3"},
        {"pos": None},
        {"pos": float("inf")},
        {"pos": float("nan")},
    ],
    ids=str,
)
def test_a_bad_random_state_is_refused(path: Path, values: dict[str, Any]) -> None:
    file = File()
    file.with_random_state(**values)
    assert complaint(path, file.whole()).startswith("can't be used: ")


@pytest.mark.parametrize(("name", "shape"), [("weights.W_xh", "(2, 1)"), ("weights.W_hh", "(1, 1)")])
def test_missing_weights_are_named_with_their_shape(path: Path, name: str, shape: str) -> None:
    file = File()
    del file.tensors[name]
    sentence = "it lacks weights that a network with its settings has: {name}; {name} must have the shape {shape}"
    assert complaint(path, file.whole()) == f"can't be used: {sentence.format(name=name, shape=shape)}"


def test_of_many_missing_weights_a_few_are_named(path: Path) -> None:
    file = File()
    file.metadata["config"] = json.dumps({"cell": "lstm", "hidden_size": 128, "bias": True})
    assert " and 10 more; " in complaint(path, file.whole())


BREAK: dict[str, Callable[[Any], Any]] = {
    "transposed": lambda tensor: np.ascontiguousarray(tensor.T),
    "flat": np.ravel,
    "short": lambda tensor: tensor[:-1].copy(),
    "int64": lambda tensor: tensor.astype(np.int64),
    "bool": lambda tensor: tensor > 0,
}


@pytest.mark.parametrize("how", list(BREAK))
def test_a_tensor_of_wrong_shape_or_type_is_named_with_the_right_ones(path: Path, how: str) -> None:
    file = File()
    file.tensors["weights.W_xh"] = BREAK[how](np.arange(2.0).reshape(2, 1))
    expected = {"int64": "hold floating numbers (F64, F32, F16, BF16), not I64", "bool": "hold floating numbers"}
    words = expected.get(how, "have the shape (2, 1), not ")
    assert complaint(path, file.whole()).startswith(f"can't be used: weights.W_xh must {words}")


@pytest.mark.parametrize(("dtype", "factor"), [("F8_E4M3", 8), ("F8_E5M2", 8), ("U64", 1)])
def test_a_tensor_of_a_type_that_is_no_wider_floating_one_is_refused(path: Path, dtype: str, factor: int) -> None:
    file = File()
    file.header["weights.W_hy"] |= {"dtype": dtype, "shape": [factor]}
    assert complaint(path, file.with_header()).startswith(
        "can't be used: weights.W_hy must have the shape (1, 1), not "
    )
    file = File()
    file.tensors["weights.W_hy"] = np.zeros((1, 1), np.uint64)
    assert complaint(path, file.whole()).endswith("floating numbers (F64, F32, F16, BF16), not U64")


@pytest.mark.parametrize("name", ["weights.W_hh", "weights.W_hy", "optimizer.first_moment", "optimizer.steps"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_tensor_that_is_not_finite_is_named(path: Path, name: str, value: float) -> None:
    file = File()
    file.tensors[name].flat[-1] = value
    assert complaint(path, file.whole()) == f"can't be used: {name} must be finite"


@pytest.mark.parametrize(("name", "value"), [("optimizer.steps", -1.0), ("optimizer.second_moment", -1e-3)])
def test_an_optimizer_memory_that_can_not_be_does_no_harm(path: Path, name: str, value: float) -> None:
    file = File()
    file.tensors[name].flat[0] = value
    path.write_bytes(file.whole())
    try:
        trainer = load_checkpoint(path)
    except CheckpointError:
        return
    trainer.advance(1)
    assert trainer.diverged


def test_a_refusal_names_the_first_unknown_fields_and_counts_the_others(path: Path) -> None:
    file = File()
    file.metadata["config"] = json.dumps({f"field_{number}": 1 for number in range(1000)})
    path.write_bytes(file.whole())
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(path)
    sentence = str(caught.value)
    assert "field_0 is not a field" in sentence
    assert "field_19 is not a field" in sentence
    assert "field_20 " not in sentence
    assert sentence.endswith("; and 980 more")


def with_changes(number: int) -> bytes:
    """A file of a run with this many changes of its learning rate."""
    trainer = Trainer(TrainingConfig(bits=3, hidden_size=2, max_iterations=10_000_000), "numpy")
    changes = tuple((place, 0.1 + place / 2**40) for place in range(9_000_000, 9_000_000 + number))
    snapshot = replace(trainer.snapshot(), iteration=10_000_000, changes=changes, learning_rate=changes[-1][1])
    return encode_checkpoint(snapshot)


def test_a_file_from_elsewhere_may_have_as_many_changes_as_limits_say_and_its_header_has_room_for_them() -> None:
    most = FROM_ELSEWHERE.changes
    assert len(open_checkpoint(with_changes(most), limits=FROM_ELSEWHERE).snapshot.changes) == most
    with pytest.raises(CheckpointError, match=r"changes must be at most 2,100, not 2,101"):
        open_checkpoint(with_changes(most + 1), limits=FROM_ELSEWHERE)
    # One's own may have more.
    assert len(open_checkpoint(with_changes(most + 1)).snapshot.changes) == most + 1


@pytest.mark.parametrize("key", ["config", "changes", "anything"])
def test_a_header_that_is_too_long_is_refused_before_it_is_read(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    file = File()
    file.metadata[key] = "[" * FROM_ELSEWHERE.header
    data = file.with_header()

    def read(data: bytes) -> None:
        raise AssertionError

    monkeypatch.setattr("rnn_core.checkpoint.read_tensors", read)
    with pytest.raises(CheckpointError, match=r"have [0-9,]+ bytes, and at most 524,288 are taken"):
        open_checkpoint(data, limits=FROM_ELSEWHERE)


@pytest.mark.parametrize("dtype", [np.float16, np.uint16])
def test_what_does_not_belong_to_a_network_takes_no_more_memory_than_the_file(dtype: type[np.generic]) -> None:
    file = File()
    data = save({**file.tensors, "ema": np.zeros(4 * 2**20, dtype)}, file.metadata)
    start = data.find(b'"U16"', 0, 10_000)
    if start > 0:
        data = data.replace(b'"U16"', b'"BF16"', 1)
        data = struct.pack("<Q", int.from_bytes(data[:8], "little") + 1) + data[8:]
    tracemalloc.start()
    try:
        opened = open_checkpoint(data)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [str(note) for note in opened.notes] == ["What does not belong to this network was left out: ema."]
    assert most < 2 * len(data)
