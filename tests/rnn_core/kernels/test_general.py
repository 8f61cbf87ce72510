"""General kernels, which serve every network of a cell, give the same bits as the kernels of one form."""

from dataclasses import replace

import numpy as np
import pytest

from rnn_core import Trainer, TrainingConfig
from rnn_core.assessment.evaluation import evaluate as evaluate_network
from rnn_core.engines.compiled_engine import CompiledEngine, serve_by_general_kernels
from rnn_core.kernels.calls.engine import Training, train
from rnn_core.kernels.calls.evaluate import evaluate
from rnn_core.kernels.calls.predict import compiled_forward
from rnn_core.kernels.network.plan import Plan
from rnn_core.kernels.network.plan_type import type_of
from rnn_core.network.parameters import Parameters
from tests.patience import TRY_ALL
from tests.rnn_core.compare import bits_of_trace, state_of
from tests.rnn_core.engines.test_compiled_engine import SIZES
from tests.rnn_core.forms import EVERYTHING, GRU, LSTM, STEADY, WIDE
from tests.rnn_core.kernels.calls.test_training import EVERY, MIXED, SOME
from tests.rnn_core.kernels.rendering import Floats, Integers

# Those whose own kernels other tests compile, too: of every cell, with its gates on the stack and not.
PLANS = [*SOME, *(CompiledEngine(TrainingConfig(**shape)).own_plan for shape in SIZES)]
if TRY_ALL:
    PLANS += EVERY


def begin(plan: Plan, iterations: int, seed: int = 0) -> tuple[Floats, Floats, Integers, Integers]:
    """Parameters, moments, operands and answers."""
    random = np.random.RandomState(seed)
    parameters = 2 * random.random_sample(plan.flat_size) - 1
    shape = (iterations * plan.batch, plan.inputs)
    operands = random.randint(2 ** (plan.positions - 1), size=shape).astype(np.int64)
    return parameters, np.zeros((plan.moments, plan.flat_size)), operands, operands.sum(1)


def bits_of(plans: list[Plan], rate: float, cuts: list[int], seed: int = 0) -> tuple[bytes, ...]:
    """All results of training in calls of these lengths. Each call uses the kernels of the plan at the same index."""
    parameters, moments, operands, answers = begin(plans[0], sum(cuts), seed)
    errors, step, result = [], 0, Training(np.empty(0), None, False)
    for plan, length in zip(plans, cuts, strict=True):
        problems = slice(step * plan.batch, (step + length) * plan.batch)
        clip_norm = 0.5 if plan.clipped else None
        result = train(
            plan, parameters, operands[problems], answers[problems], rate,
            moments=moments, step=step, clip_norm=clip_norm,
        )  # fmt: skip
        errors.append(result.errors)
        step += len(result.errors)
        if result.diverged:
            break
    trace = [] if result.trace is None else [field.tobytes() for field in result.trace]
    return np.concatenate(errors).tobytes(), parameters.tobytes(), moments.tobytes(), *trace


@pytest.mark.parametrize("plan", PLANS, ids=str)
def test_general_kernels_give_the_bits_of_a_forms_own(plan: Plan) -> None:
    general = replace(plan, general=True)
    assert bits_of([plan], 0.05, [30]) == bits_of([general], 0.05, [30])
    mixed = [general, plan, general, plan]
    assert bits_of([plan], 0.05, [30]) == bits_of(mixed, 0.05, [1, 4, 20, 5])


@pytest.mark.parametrize("plan", PLANS, ids=str)
@pytest.mark.parametrize("rate", [3.0, 100.0, 1e30])
def test_general_kernels_stop_where_a_forms_own_do_if_numbers_explode(plan: Plan, rate: float) -> None:
    for seed in range(4):
        assert bits_of([plan], rate, [40], seed) == bits_of([replace(plan, general=True)], rate, [40], seed)


# Of these, evaluating and answering are compiled for each, which takes seconds: each cell, activation and number of
# operands, with biases and without, on both sides of the sizes at which loops have a rest.
EXAMINED = PLANS if TRY_ALL else [Plan(15, 32), *MIXED[1:3], MIXED[5], *PLANS[-5:-2], PLANS[-1]]


def test_each_cell_and_each_of_its_options_is_examined() -> None:
    for name in ("cell", "activation", "bias", "inputs"):
        assert {getattr(plan, name) for plan in EXAMINED} == {getattr(plan, name) for plan in PLANS}, name


@pytest.mark.parametrize("plan", EXAMINED, ids=str)
def test_evaluation_and_answers_are_the_same_too(plan: Plan) -> None:
    parameters, _, operands, answers = begin(plan, 50)
    general = replace(plan, general=True)
    found, theirs = (evaluate(each, parameters, operands, answers, worst=7) for each in (general, plan))
    assert found.accuracy == theirs.accuracy
    for name in ("bit_accuracy", "worst", "worst_errors"):
        assert getattr(found, name).tobytes() == getattr(theirs, name).tobytes()
    network = Parameters({"all": (plan.flat_size,)}, parameters)
    problem = operands[0].tolist()
    assert compiled_forward(general)(network, problem) == compiled_forward(plan)(network, problem)


def test_all_networks_of_a_cell_share_general_kernels() -> None:
    plans = [replace(plan, general=True) for plan in PLANS]
    assert {type_of(plan) for plan in plans} == {
        type_of(Plan(cell=cell, general=True)) for cell in ("elman", "gru", "lstm")
    }
    assert len({type_of(plan) for plan in plans}) == 3


def test_general_kernels_train_no_networks_side_by_side() -> None:
    assert replace(Plan(), general=True).together == ()
    with pytest.raises(ValueError, match="one network at a time"):
        Plan(members=4, general=True)


@pytest.mark.parametrize("form", [{}, EVERYTHING, STEADY, WIDE, GRU, LSTM], ids=str)
def test_a_run_has_the_same_numbers_whichever_kernels_did_which_of_its_iterations(form: dict[str, object]) -> None:
    config = TrainingConfig.from_mapping(form)
    alone, changing = Trainer(config, "compiled"), Trainer(config, "compiled")
    expected = alone.advance(300).errors
    errors = []
    try:
        for serve, iterations in ((True, 7), (False, 100), (True, 150), (False, 43)):
            serve_by_general_kernels(config, serve)
            errors.append(changing.advance(iterations).errors)
            assert changing._engine.plan.general is serve  # type: ignore[attr-defined]
        assert np.concatenate(errors).tobytes() == expected.tobytes()
        assert state_of(changing) == state_of(alone)
        assert bits_of_trace(changing.trace) == bits_of_trace(alone.trace)
        serve_by_general_kernels(config, True)
        found = evaluate_network(config, changing.parameters, "compiled")
    finally:
        serve_by_general_kernels(config, False)
    own = evaluate_network(config, alone.parameters, "compiled")
    assert (found.accuracy, found.worst_errors.tobytes()) == (own.accuracy, own.worst_errors.tobytes())
