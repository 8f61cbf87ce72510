import numpy as np
import pytest

from app.frames import FEW_ERRORS, MAX_ERRORS, Form, encode_frame
from rnn_core import Trainer, TrainingConfig
from rnn_core.assessment.tracing import trace_problem
from tests.app.wire import Frame, parse_frame

SINGLE_MAX = float(np.finfo(np.float32).max)


def frame_of(trainer: Trainer, errors: list[float] | None = None, form: Form = Form.PLAIN) -> Frame:
    values = np.array(errors or [])
    return parse_frame(encode_frame(trainer.snapshot(), values, generation=3, state="paused", rate=12.34, form=form))


def test_before_the_first_iteration_a_frame_holds_errors_and_weights_alone() -> None:
    trainer = Trainer()
    frame = frame_of(trainer)
    assert {name: tensor.shape for name, tensor in frame.tensors.items()} == {
        "errors": (0,),
        "weights.W_xh": (2, 16),
        "weights.W_hh": (16, 16),
        "weights.W_hy": (16, 1),
    }
    assert frame.metadata == {
        "generation": "3",
        "iteration": "0",
        "errors_start": "0",
        "learning_rate": "0.1",
        "state": "paused",
        "iterations_per_second": "12.3",
    }


def test_a_frame_of_another_past_says_so() -> None:
    told = '{"iteration": 3, "detail": "从第 3 次迭代起"}'
    data = encode_frame(Trainer().snapshot(), np.empty(0), generation=0, state="paused", rate=0.0, parting=told)
    frame = parse_frame(data)
    assert frame.metadata["parting"] == told
    assert frame.errors.tolist() == []


@pytest.mark.parametrize(
    ("bits", "hidden_size", "bias", "batch_size"), [(8, 16, False, 1), (2, 1, True, 3), (5, 7, True, 1)]
)
def test_a_frame_holds_the_trace_weights_and_updates(bits: int, hidden_size: int, bias: bool, batch_size: int) -> None:
    trainer = Trainer(TrainingConfig(bits=bits, hidden_size=hidden_size, bias=bias, batch_size=batch_size), "numpy")
    advance = trainer.advance(7)
    trace = advance.trace
    assert trace is not None
    frame = frame_of(trainer, advance.errors.tolist())
    expected = {"errors": advance.errors}
    expected |= {f"weights.{name}": value for name, value in trainer.parameters.items()}
    expected |= {f"updates.{name}": value for name, value in trace.updates.items()}
    arrays = ("inputs", "targets", "outputs", "hidden_states", "output_deltas", "hidden_deltas")
    expected |= {f"trace.{name}": trace[name] for name in arrays}
    assert set(frame.tensors) == set(expected)
    for name, value in expected.items():
        np.testing.assert_array_equal(frame.tensors[name], value.astype(np.float32), err_msg=name)
    assert frame.metadata["iteration"] == "7"
    assert frame.metadata["errors_start"] == "0"
    assert (int(frame.metadata["a"]), int(frame.metadata["b"])) == (trace.a, trace.b)
    assert int(frame.metadata["expected"]) == sum(trace.operands)
    bits_out = (trace.outputs > 0.5).astype(int).tolist()
    assert int(frame.metadata["predicted"]) == sum(bit << place for place, bit in enumerate(bits_out))


def test_of_many_errors_a_frame_holds_the_newest_1024() -> None:
    trainer = Trainer()
    errors = trainer.advance(MAX_ERRORS + 76).errors
    frame = frame_of(trainer, errors.tolist())
    assert MAX_ERRORS == 1024
    assert frame.errors_start == 76
    np.testing.assert_array_equal(frame.errors, errors[76:].astype(np.float32))


def test_a_light_frame_says_where_the_run_stands_and_no_more() -> None:
    trainer = Trainer()
    errors = trainer.advance(20).errors.tolist()
    plain, light = frame_of(trainer, errors), frame_of(trainer, errors, Form.LIGHT)
    assert set(light.tensors) == {"errors"}
    assert light.errors.tolist() == plain.errors.tolist()
    rest = {name: value for name, value in plain.metadata.items() if name not in ("a", "b", "expected", "predicted")}
    assert light.metadata == rest | {"light": "true"}
    assert light.size < plain.size / 8


def test_a_small_frame_is_a_plain_one_but_for_errors_that_do_not_join_on() -> None:
    trainer = Trainer()
    errors = trainer.advance(MAX_ERRORS).errors.tolist()
    for count in (0, 20, MAX_ERRORS - 1):
        plain, small = (frame_of(trainer, errors[:count], form) for form in (Form.PLAIN, Form.SMALL))
        assert small.metadata == plain.metadata
        assert {name: tensor.tolist() for name, tensor in small.tensors.items()} == {
            name: tensor.tolist() for name, tensor in plain.tensors.items()
        }
    for form in (Form.SMALL, Form.LIGHT):
        frame = frame_of(trainer, errors, form)
        assert frame.errors_start == MAX_ERRORS - FEW_ERRORS
        np.testing.assert_array_equal(frame.errors, np.array(errors[-FEW_ERRORS:], np.float32))


def test_values_beyond_single_precision_are_clamped_to_its_range() -> None:
    trainer = Trainer(TrainingConfig(hidden_size=2), "numpy")
    trainer.advance(1)
    snapshot = trainer.snapshot()
    snapshot.parameters["W_hh"][...] = [[1e300, -1e300], [SINGLE_MAX, 1e-300]]
    frame = parse_frame(encode_frame(snapshot, np.array([1e39]), generation=0, state="ready", rate=0.0))
    np.testing.assert_array_equal(
        frame.tensors["weights.W_hh"], np.array([[SINGLE_MAX, -SINGLE_MAX], [SINGLE_MAX, 0]], np.float32)
    )
    assert frame.errors.tolist() == [SINGLE_MAX]


def test_the_learning_rate_is_the_one_of_the_updates_shown() -> None:
    trainer = Trainer()
    trainer.advance(2)
    trainer.set_learning_rate(0.5)
    assert frame_of(trainer).metadata["learning_rate"] == "0.1"
    trainer.advance(1)
    assert frame_of(trainer).metadata["learning_rate"] == "0.5"


def test_right_after_an_edit_a_frame_has_what_the_edited_network_does() -> None:
    trainer = Trainer(TrainingConfig(), "numpy")
    before = trainer.advance(50).trace
    assert before is not None
    trainer.edit([{"parameter": "W_hh", "value": 0.0, "frozen": True}])
    frame = frame_of(trainer)
    expected = trace_problem(trainer.config, trainer.parameters, before.a, before.b)
    assert frame.metadata["edited"] == "true"
    assert (frame.metadata["a"], frame.metadata["b"]) == (str(before.a), str(before.b))
    for name in ("outputs", "hidden_states", "output_deltas", "hidden_deltas"):
        np.testing.assert_array_equal(frame.tensors[f"trace.{name}"], expected[name].astype(np.float32))
    assert (frame.tensors["trace.outputs"] != before.outputs.astype(np.float32)).any()
    for name in trainer.parameters:  # so the weights less the updates made the trace, as in every frame
        assert not frame.tensors[f"updates.{name}"].any()
    trainer.advance(1)
    assert "edited" not in frame_of(trainer).metadata
