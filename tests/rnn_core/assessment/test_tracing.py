"""The inside of a network at a problem is what training sees there."""

import numpy as np
import pytest

from rnn_core import OperandError, Trainer, TrainingConfig
from rnn_core.assessment.tracing import trace_problem
from tests.rnn_core.forms import EVERYTHING, Form

ARRAYS = ("inputs", "targets", "outputs", "hidden_states", "output_deltas", "hidden_deltas")


FORMS: list[Form] = [
    {},
    EVERYTHING,
    {"cell": "gru", "task": "comparison", "bits": 5, "hidden_size": 4},
    {"cell": "lstm", "task": "three_numbers", "bits": 6, "hidden_size": 4, "bias": True},
]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.get("cell", "elman"))
def test_a_trace_is_that_of_training_before_the_update(form: Form) -> None:
    trainer = Trainer(TrainingConfig(**form), "numpy")
    trainer.advance(3)
    before = {name: value.copy() for name, value in trainer.parameters.items()}
    trained = trainer.advance(1).trace
    assert trained is not None
    traced = trace_problem(trainer.config, before, *trained.operands)
    for name in ARRAYS:
        np.testing.assert_allclose(traced[name], trained[name], rtol=0, atol=1e-12)
    assert traced.gates.keys() == trained.gates.keys()
    for name, gate in trained.gates.items():
        np.testing.assert_allclose(traced.gates[name], gate, rtol=0, atol=1e-12)
    assert (traced.cell_states is None) == (trained.cell_states is None)


def test_a_wider_problem_has_as_many_positions_as_its_prediction() -> None:
    trainer = Trainer()
    traced = trace_problem(trainer.config, trainer.parameters, 2**52 - 1, 1)
    answer = trainer.predict(2**52 - 1, 1)
    assert traced.outputs.tolist() == pytest.approx(answer.probabilities[::-1], abs=1e-12)
    assert traced.hidden_states.shape == (54, 16)


def test_numbers_that_are_no_problem_are_refused() -> None:
    with pytest.raises(OperandError, match="b is missing"):
        trace_problem(Trainer().config, Trainer().parameters, 1)
