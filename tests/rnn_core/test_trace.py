"""The content of an iteration's trace, and that it is what happened."""

from itertools import product

import numpy as np
import pytest

from rnn_core import Trainer, TrainingConfig
from rnn_core.network.losses import LOSSES
from rnn_core.tasks import TASKS
from tests.rnn_core.cells.case import KINDS
from tests.rnn_core.forms import EVERYTHING, STEADY, Form
from tests.rnn_core.plain import positions
from tests.rnn_core.tasks.truth import BITS, COUNTS, RESULTS

CASES = list(product(["sigmoid", "tanh", "relu"], ["sgd", "momentum", "adam"], [False, True], [1, 3]))


@pytest.mark.parametrize(("activation", "optimizer", "bias", "batch"), CASES)
def test_weights_before_are_weights_after_less_the_update_and_gave_the_trace(
    activation: str, optimizer: str, bias: bool, batch: int
) -> None:
    sizes: Form = {"bits": 5, "hidden_size": 4, "batch_size": batch, "clip_norm": 0.8}
    config = TrainingConfig(**sizes, activation=activation, optimizer=optimizer, bias=bias)
    assert_the_update_leads_back(config, "numpy")


# The compiled engine compiles again for each of them. So it gets only some, in which every part occurs.
@pytest.mark.parametrize("form", [{"clip_norm": 0.8}, EVERYTHING, STEADY], ids=str)
def test_compiled_weights_before_are_weights_after_less_the_update_and_gave_the_trace(form: Form) -> None:
    assert_the_update_leads_back(TrainingConfig(**form), "compiled")


def assert_the_update_leads_back(config: TrainingConfig, engine: str) -> None:
    trainer = Trainer(config, engine)
    trainer.advance(6)
    trainer.set_learning_rate(0.05)
    known_before = trainer.parameters
    trace = trainer.advance(1).trace
    assert trace is not None
    after = trainer.parameters
    assert list(trace.updates) == list(after)
    before = {name: after[name] - trace.learning_rate * trace.updates[name] for name in after}
    for name, values in known_before.items():
        assert before[name] == pytest.approx(values, abs=1e-14)

    states, outputs = [np.zeros(config.hidden_size)], []
    for _, state, logit in positions(before, trace.inputs, config.activation):
        states.append(np.array(state))
        outputs.append(1 / (1 + np.exp(-logit)))
    assert trace.hidden_states == pytest.approx(np.array(states), abs=1e-12)
    assert trace.outputs == pytest.approx(np.array(outputs), abs=1e-12)


def test_names_shapes_and_types_are_the_documented_ones() -> None:
    trace = Trainer(TrainingConfig(**EVERYTHING)).advance(2).trace
    assert trace is not None
    shapes = {name: value.shape for name, value in trace.items() if isinstance(value, np.ndarray)}
    assert shapes == {
        "inputs": (5, 2),
        "targets": (5,),
        "outputs": (5,),
        "hidden_states": (6, 7),
        "output_deltas": (5,),
        "hidden_deltas": (5, 7),
    }
    assert {trace[name].dtype for name in shapes} == {np.dtype(np.float64)}
    assert {name: (array.shape, array.dtype.str) for name, array in trace.updates.items()} == {
        "W_xh": ((2, 7), "<f8"),
        "W_hy": ((7, 1), "<f8"),
        "W_hh": ((7, 7), "<f8"),
        "b_h": ((7,), "<f8"),
        "b_y": ((1,), "<f8"),
    }
    assert (type(trace.iteration), type(trace.a), type(trace.b)) == (int, int, int)
    assert (type(trace.error), type(trace.learning_rate)) == (float, float)


def test_iterations_are_counted_from_zero() -> None:
    trainer = Trainer()
    seen = []
    for n in (1, 1, 5, 600):
        trace = trainer.advance(n).trace
        assert trace is not None
        seen.append(trace.iteration)
    assert seen == [0, 1, 6, 606]
    assert trainer.iteration == 607


@pytest.mark.parametrize("loss", list(LOSSES))
def test_the_trace_is_one_problem_least_significant_bit_first(loss: str) -> None:
    trainer = Trainer(TrainingConfig(loss=loss))
    for _ in range(20):
        trace = trainer.advance(1).trace
        assert trace is not None
        assert trace.b is not None
        assert trace.inputs[:, 0].tolist() == [trace.a >> t & 1 for t in range(8)]
        assert trace.inputs[:, 1].tolist() == [trace.b >> t & 1 for t in range(8)]
        assert trace.targets.tolist() == [trace.a + trace.b >> t & 1 for t in range(8)]
        assert trace.error == pytest.approx(np.abs(trace.targets - trace.outputs).sum(), abs=1e-12)
        miss = trace.targets - trace.outputs
        slope = trace.outputs * (1 - trace.outputs) if loss == "squared_error" else 1.0
        assert trace.output_deltas == pytest.approx(miss * slope, abs=1e-15)


def test_hidden_deltas_are_the_outputs_part_and_the_futures_part_times_the_slope() -> None:
    trainer = Trainer()
    trainer.advance(50)
    weights = trainer.parameters
    trace = trainer.advance(1).trace
    assert trace is not None
    future = np.zeros(16)
    for t in reversed(range(8)):
        state = trace.hidden_states[t + 1]
        own = weights["W_hy"][:, 0] * trace.output_deltas[t]
        future = (own + weights["W_hh"] @ future) * state * (1 - state)
        assert trace.hidden_deltas[t] == pytest.approx(future, abs=1e-14)


def test_the_update_is_the_sum_over_positions_of_state_times_delta() -> None:
    trace = Trainer().advance(40).trace
    assert trace is not None
    into_hidden = sum(np.outer(trace.hidden_states[t], trace.hidden_deltas[t]) for t in range(8))
    from_inputs = sum(np.outer(trace.inputs[t], trace.hidden_deltas[t]) for t in range(8))
    into_output = sum(trace.hidden_states[t + 1] * trace.output_deltas[t] for t in range(8))
    assert trace.updates["W_hh"] == pytest.approx(into_hidden, abs=1e-14)
    assert trace.updates["W_xh"] == pytest.approx(from_inputs, abs=1e-14)
    assert trace.updates["W_hy"][:, 0] == pytest.approx(into_output, abs=1e-14)


def test_the_trace_of_a_batch_is_its_first_problem_and_its_error_the_mean() -> None:
    trainer = Trainer(TrainingConfig(batch_size=3))
    weights = trainer.parameters
    advance = trainer.advance(1)
    trace = advance.trace
    assert trace is not None
    random = np.random.RandomState(0)
    random.random_sample(2 * 16 + 16 + 16 * 16)
    problems = [(int(random.randint(128)), int(random.randint(128))) for _ in range(3)]
    assert (trace.a, trace.b) == problems[0]
    errors = []
    for a, b in problems:
        inputs = np.array([[a >> t & 1, b >> t & 1] for t in range(8)], dtype=float)
        logits = [logit for _, _, logit in positions(weights, inputs, "sigmoid")]
        errors.append(sum(abs((a + b >> t & 1) - 1 / (1 + np.exp(-z))) for t, z in enumerate(logits)))
    assert advance.errors.tolist() == pytest.approx([sum(errors) / 3], abs=1e-12)
    assert trace.error == advance.errors[0]


def test_a_trace_stays_as_it_is_while_the_run_goes_on() -> None:
    trainer = Trainer(TrainingConfig(**EVERYTHING))
    trace = trainer.advance(3).trace
    assert trace is not None
    kept = {name: np.copy(value) for name, value in trace.items() if name != "updates"}
    update = trace.updates.flat.copy()
    trainer.advance(30)
    assert all((trace[name] == value).all() for name, value in kept.items())
    assert (trace.updates.flat == update).all()


GATES = {"gru": ["update", "reset", "candidate"], "lstm": ["input", "forget", "candidate", "output"]}


@pytest.mark.parametrize("cell", list(GATES))
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("batch", [1, 3])
def test_a_gated_cells_trace_has_its_gates_and_memory_as_the_weights_before_made_them(
    cell: str, optimizer: str, batch: int
) -> None:
    config = TrainingConfig(cell=cell, bits=5, hidden_size=4, optimizer=optimizer, bias=True, batch_size=batch)
    trainer = Trainer(config, "numpy")
    trainer.advance(6)
    trace = trainer.advance(1).trace
    assert trace is not None
    assert {name: (gate.shape, gate.dtype.str) for name, gate in trace.gates.items()} == dict.fromkeys(
        GATES[cell], ((5, 4), "<f8")
    )
    assert list(trace.gates) == GATES[cell]
    before = {name: values - trace.learning_rate * trace.updates[name] for name, values in trainer.parameters.items()}
    for t, (known, state, logit) in enumerate(KINDS[cell].walk(before, trace.inputs, None)):
        for name in GATES[cell]:
            assert trace.gates[name][t] == pytest.approx(np.array(known[name]), abs=1e-12), name
        assert trace.hidden_states[t + 1] == pytest.approx(np.array(state), abs=1e-12)
        assert trace.outputs[t] == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-12)
        if cell == "lstm":
            assert trace.cell_states is not None
            assert trace.cell_states.shape == (6, 4)
            assert not trace.cell_states[0].any()
            assert trace.cell_states[t + 1] == pytest.approx(np.array(known["cell"]), abs=1e-12)
        else:
            assert trace.cell_states is None
            assert "cell_states" not in trace


def test_a_cell_without_gates_has_none_in_its_trace() -> None:
    trace = Trainer(TrainingConfig(bits=3, hidden_size=2), "numpy").advance(1).trace
    assert trace is not None
    assert trace.gates == {}
    assert "cell_states" not in trace


@pytest.mark.parametrize("task", list(TASKS))
def test_the_trace_of_every_task_is_one_of_its_problems(task: str) -> None:
    trainer = Trainer(TrainingConfig(task=task, bits=6, hidden_size=2, batch_size=2), "numpy")
    for _ in range(30):
        trace = trainer.advance(1).trace
        assert trace is not None
        assert len(trace.operands) == COUNTS[task]
        assert {name: trace[name] for name in "abc" if name in trace} == dict(zip("abc", trace.operands, strict=False))
        assert trace.inputs.T.tolist() == [[number >> t & 1 for t in range(6)] for number in trace.operands]
        assert trace.targets.tolist() == BITS[task](trace.operands, 6)
        assert trainer.predict(*trace.operands).expected == RESULTS[task](trace.operands, 6)
