"""Weights that somebody sets or holds: they stay what they are, whatever trains, and are part of a run's past."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load

from rnn_core import ConfigError, Trainer, TrainingConfig
from rnn_core.checkpoint import CheckpointError, decode_checkpoint, encode_checkpoint
from rnn_core.edits import MAX_EDITS, Edit, checked_edits
from rnn_core.engines.compiled_engine import serve_by_general_kernels
from rnn_core.engines.engine import ENGINES
from rnn_core.network.parts import make_cell
from rnn_core.snapshot import Snapshot
from rnn_core.together import advance_together
from rnn_core.travel import branch, recompute
from tests.rnn_core.compare import bits_of_trace, state_of
from tests.rnn_core.forms import EVERYTHING, GRU, LSTM, MOMENTUM, STEADY, Form

FORMS: list[Form] = [{}, EVERYTHING, MOMENTUM, STEADY, GRU, LSTM]

every_engine = pytest.mark.parametrize("engine", list(ENGINES))
every_form = pytest.mark.parametrize("form", FORMS, ids=str)


def touching(config: TrainingConfig) -> list[Edit]:
    """Edits of each kind: a unit cut out, a weight held as it is, a matrix set and held, a weight only set."""
    inputs, *_ = names = list(make_cell(config).shapes)
    recurrent = next(name for name in names if name.startswith("W_h") and name != "W_hy")
    return [
        Edit(recurrent, (0, None), 0.0, frozen=True),
        Edit(inputs, (0, 1), frozen=True),
        Edit("W_hy", (2, 0), -0.75, frozen=True),
        Edit(recurrent, (1, 1), 0.5),
        *(
            [Edit(next(name for name in names if name.startswith("b_")), None, 0.25, frozen=True)]
            if config.bias
            else []
        ),
    ]


def trained(form: Form, engine: str, iterations: int = 20) -> Trainer:
    trainer = Trainer(TrainingConfig(**{"learning_rate": 0.05, **form}), engine)
    trainer.advance(iterations)
    return trainer


@every_engine
@every_form
def test_what_is_held_is_the_same_bit_by_bit_and_has_neither_update_nor_moment(form: Form, engine: str) -> None:
    trainer = trained(form, engine)
    assert all(array.any() for array in trainer.snapshot().optimizer_state.values()), "moments before the edit"
    trainer.edit(touching(trainer.config))
    held, before = trainer.held, trainer.snapshot().parameters.flat
    assert 0 < np.count_nonzero(before[held]) < len(held), "some are zero, some are not"
    for cut in (1, 30, 9):
        trainer.advance(cut)
        snapshot = trainer.snapshot()
        assert snapshot.parameters.flat[held].tobytes() == before[held].tobytes()
        assert trainer.trace is not None
        assert not np.concatenate([update.ravel() for update in trainer.trace.updates.values()])[held].any()
        moments = [array for array in snapshot.optimizer_state.values() if array.size > 1]
        assert not any(moment[held].any() for moment in moments)
    free = np.setdiff1d(np.arange(len(before)), held)
    assert (snapshot.parameters.flat[free] != before[free]).mean() > 0.9, "the others are trained"


@every_engine
@pytest.mark.parametrize(
    "form",
    [{}, {"optimizer": "momentum", "hidden_size": 5}, {"optimizer": "adam", "bias": True, "batch_size": 2}, GRU],
    ids=str,
)
def test_holding_is_the_same_as_putting_back_after_each_iteration(form: Form, engine: str) -> None:
    """Without clipping each weight is updated for itself."""
    ours = trained(form, engine)
    ours.edit(touching(ours.config))
    theirs, held = ours.snapshot(), ours.held
    fixed = theirs.parameters.flat[held]
    for _ in range(10):
        ours.advance(1)
        step = Trainer.restore(replace(theirs, edits=()), engine)
        step.advance(1)
        theirs = replace(step.snapshot(), edits=ours.edits)
        theirs.parameters.flat[held] = fixed
        for moment in theirs.optimizer_state.values():
            if moment.size > 1:
                moment[held] = 0.0
    assert state_of(ours) == state_of(theirs)


@every_form
def test_both_engines_train_alike_with_what_is_held(form: Form) -> None:
    begun = trained(form, "numpy").snapshot()
    both = [Trainer.restore(begun, engine) for engine in ENGINES]
    for trainer in both:
        trainer.edit(touching(trainer.config))
        trainer.advance(30)
    one, other = (trainer.snapshot().parameters.flat for trainer in both)
    np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-11)


def test_general_kernels_give_the_same_bits() -> None:
    config = TrainingConfig(**EVERYTHING)
    own, general = Trainer(config, "compiled"), Trainer(config, "compiled")
    for trainer in (own, general):
        trainer.edit(touching(config))
        serve_by_general_kernels(config, trainer is general)
        try:
            trainer.advance(30)
        finally:
            serve_by_general_kernels(config, serve=False)
    assert state_of(own) == state_of(general)


@every_engine
def test_what_is_held_does_not_count_for_the_length_to_clip_to(engine: str) -> None:
    config = TrainingConfig(**STEADY | {"clip_norm": 0.01})
    trainer = Trainer(config, engine)
    others = [name for name in trainer.parameters if name != "W_hy"]
    trainer.edit([Edit(name, frozen=True) for name in others])
    trainer.advance(1)
    assert trainer.trace is not None
    assert np.linalg.norm(trainer.trace.updates["W_hy"]) == pytest.approx(config.clip_norm), "all of the length"


@every_engine
def test_a_held_weight_is_zero_without_a_minus_and_a_gradient_that_is_not_finite_does_not_reach_it(engine: str) -> None:
    trainer = Trainer(TrainingConfig(activation="relu"), engine)
    trainer.edit([Edit("W_hh", value=-0.0, frozen=True)])
    assert trainer.parameters["W_hh"].tobytes() == np.zeros((16, 16)).tobytes()
    trainer.advance(5)
    assert trainer.parameters["W_hh"].tobytes() == np.zeros((16, 16)).tobytes()


@every_engine
def test_what_is_released_trains_on_from_there(engine: str) -> None:
    trainer = trained(EVERYTHING, engine)
    trainer.edit([Edit("W_hh", value=0.0, frozen=True)])
    trainer.advance(10)
    trainer.edit([Edit("W_hh", (0, None), frozen=False)])
    trainer.advance(10)
    values = trainer.parameters["W_hh"]
    assert values[0].all()
    assert not values[1:].any()
    assert [iteration for iteration, _ in trainer.edits] == [20, 30]


@every_engine
def test_edits_can_be_planned_and_are_made_at_their_iterations(engine: str) -> None:
    config = TrainingConfig(**EVERYTHING)
    first, later = Edit("W_hh", value=0.0, frozen=True), Edit("W_hh", (0, None), frozen=False)
    planned, by_hand = Trainer(config, engine), Trainer(config, engine)
    planned.plan_edits(((0, first), (25, later), (70, first)))
    by_hand.edit([first])
    by_hand.advance(25)
    by_hand.edit([later])
    by_hand.advance(25)
    planned.advance(20)
    restored = Trainer.restore(decode_checkpoint(encode_checkpoint(planned.snapshot())), engine)
    for trainer in (planned, restored):
        trainer.advance(50 - trainer.iteration)
        assert state_of(replace(trainer.snapshot(), edits=by_hand.edits)) == state_of(by_hand)
    assert state_of(branch(planned.snapshot(), {})) == state_of(by_hand), "a branch has the past alone"
    planned.edit([later])
    assert planned.edits == ((0, first), (25, later), (50, later)), "an edit replaces those that are planned"
    with pytest.raises(ValueError, match="50 iterations"):
        planned.plan_edits(((60, first),))


@every_engine
def test_a_run_that_has_diverged_may_go_on_after_an_edit(engine: str) -> None:
    trainer = Trainer(TrainingConfig(activation="relu", learning_rate=1.0), engine)
    trainer.edit([Edit("W_hh", value=1e5), Edit("W_hy", value=1e6), Edit("W_xh", value=1e6)])
    trainer.advance(200)
    calm = [Edit(name, value=0.0, frozen=True) for name in trainer.parameters]
    trainer.diverged = True
    trainer.edit(calm)
    at = trainer.iteration
    trainer.advance(5)
    assert (trainer.iteration, trainer.diverged) == (at + 5, False)


@pytest.fixture(scope="module", params=list(ENGINES))
def history(request: pytest.FixtureRequest) -> tuple[str, dict[int, Snapshot], dict[int, Snapshot]]:
    """A run that is edited at iterations 0, 30 (twice) and 50: at each moment, and before the edits there."""
    trainer = Trainer(TrainingConfig(**EVERYTHING), request.param)
    edits = {
        0: [[Edit("W_hy", (1, 0), 0.0, frozen=True)]],
        30: [[Edit("W_hh", value=0.0, frozen=True)], [Edit("W_hh", (2, None), frozen=False)]],
        50: [[Edit("W_xh", (0, 0), 1.5)]],
    }
    before, after = {}, {}
    for iteration in range(81):
        before[iteration] = trainer.snapshot()
        if iteration == 40:
            trainer.set_learning_rate(0.3)
        for made in edits.get(iteration, []):
            trainer.edit(made)
        after[iteration] = trainer.snapshot()
        trainer.advance(1)
    return request.param, before, after


def test_the_past_with_edits_is_computed_again_bit_by_bit(
    history: tuple[str, dict[int, Snapshot], dict[int, Snapshot]],
) -> None:
    engine, before, after = history
    last = after[80]
    for start, end in ((0, 0), (0, 29), (0, 30), (0, 80), (10, 50), (30, 31), (30, 80), (50, 80), (60, 70)):
        for begun in (before[start], after[start]):
            there = recompute(begun, end, last.changes, engine, last.edits)
            assert state_of(there) == state_of(after[end])
            assert bits_of_trace(there.trace) == bits_of_trace(after[end].trace)


def test_a_branch_of_an_edited_run_has_its_edits_and_its_own(
    history: tuple[str, dict[int, Snapshot], dict[int, Snapshot]],
) -> None:
    engine, _, after = history
    more = [Edit("W_hh", (2, 2), 0.125, frozen=True)]
    begun = branch(after[60], {"optimizer": "sgd"}, more)
    assert begun.edits == (*after[60].edits, (60, more[0]))
    assert after[60].parameters["W_hh"][2, 2] != 0.125, "the other run is as it was"
    run = Trainer.restore(begun, engine)
    run.advance(10)
    values = run.parameters["W_hh"]
    assert values[2, 2] == 0.125
    assert not np.delete(values, 2, axis=0).any()


@every_engine
def test_trainers_that_hold_weights_advance_together_as_alone(engine: str) -> None:
    def trainers() -> list[Trainer]:
        found = [Trainer(TrainingConfig(seed=seed), engine) for seed in range(5)]
        for k in (1, 3):
            found[k].edit([Edit("W_hh", (k, None), 0.0, frozen=True)])
        return found

    together, alone = trainers(), trainers()
    advance_together(together, 50)
    for trainer in alone:
        trainer.advance(50)
    assert [state_of(trainer) for trainer in together] == [state_of(trainer) for trainer in alone]


# Checkpoints


def test_a_checkpoint_keeps_the_edits_and_goes_on_with_them(
    history: tuple[str, dict[int, Snapshot], dict[int, Snapshot]],
) -> None:
    engine, _, after = history
    read = decode_checkpoint(encode_checkpoint(after[60]))
    assert state_of(read) == state_of(after[60])
    trainer = Trainer.restore(read, engine)
    trainer.advance(20)
    assert state_of(trainer) == state_of(after[80])


def test_a_checkpoint_of_a_run_without_edits_is_as_it_was_before_there_were_any() -> None:
    assert b'"edits"' not in encode_checkpoint(Trainer(engine="numpy").snapshot())


def with_metadata(data: bytes, **members: str) -> bytes:
    """A checkpoint with other metadata."""
    import json

    from safetensors.numpy import save

    length = int.from_bytes(data[:8], "little")
    metadata = json.loads(data[8 : 8 + length])["__metadata__"]
    return save(load(data), metadata | members)


ONE = '{"iteration": 0, "parameter": "W_hh", "frozen": true}'


@pytest.mark.parametrize(
    ("edits", "message"),
    [
        ("{}", "must be an array of at least one edit"),
        ("[]", "must be an array of at least one edit"),
        ("[1]", "edits.0 must be an object"),
        ('[{"iteration": 50001, "parameter": "W_hh", "frozen": true}]', "edits.0.iteration .* from 0 to 50000"),
        ('[{"iteration": true, "parameter": "W_hh", "frozen": true}]', "edits.0.iteration .* not true"),
        (f'[{{"iteration": 2, "parameter": "W_hh", "frozen": true}}, {ONE}]', "must be in order: 0 can't follow 2"),
        ('[{"iteration": 0, "parameter": "W", "frozen": true}]', 'edits.0.parameter must be one of "W_xh"'),
        ('[{"iteration": 0, "parameter": "W_hh", "at": [0, 16], "value": 1}]', "from 0 to 15"),
        ('[{"iteration": 0, "parameter": "W_hh", "value": NaN}]', "edits.0.value must be null or a number"),
        (f"[{', '.join([ONE] * (MAX_EDITS + 1))}]", "at most 200"),
        ("[", "is not JSON"),
    ],
)
def test_a_checkpoint_with_impossible_edits_is_refused(edits: str, message: str) -> None:
    trainer = Trainer(engine="numpy")
    trainer.advance(5)
    with pytest.raises(CheckpointError, match=message):
        decode_checkpoint(with_metadata(encode_checkpoint(trainer.snapshot()), edits=edits))


def test_moments_of_what_a_changed_file_says_is_held_are_zero() -> None:
    trainer = trained(EVERYTHING, "numpy")
    read = decode_checkpoint(with_metadata(encode_checkpoint(trainer.snapshot()), edits=f"[{ONE}]"))
    again = Trainer.restore(read, "numpy")
    assert not any(read.optimizer_state[name][again.held].any() for name in ("first_moment", "second_moment"))
    assert read.optimizer_state["first_moment"].any()
    again.advance(3)
    assert again.parameters["W_hh"].tobytes() == trainer.parameters["W_hh"].tobytes()


# What is refused


@pytest.mark.parametrize(
    ("edits", "field", "message"),
    [
        ([], "edits", "at least one"),
        ("W_hh", "edits", "at least one"),
        (None, "edits", "at least one"),
        ([{"parameter": "W_hh", "frozen": True}] * (MAX_EDITS + 1), "edits", "must be at most 200 .*, not 201"),
        ([7], "edits.0", "must be an object"),
        ([{"parameter": "W_hh", "value": 0}, {}], "edits.1.parameter", "must be one of"),
        ([{"parameter": "W_h", "value": 0}], "edits.0.parameter", 'not "W_h"'),
        ([{"parameter": ["W_hh"], "value": 0}], "edits.0.parameter", "not an array"),
        ([{"parameter": "W_hh", "value": 0, "held": True}], "edits.0.held", "is not known here"),
        ([{"parameter": "W_hh"}], "edits.0", "must set a value, or hold or release"),
        ([{"parameter": "W_hh", "at": 3, "value": 0}], "edits.0.at", "an array of 2"),
        ([{"parameter": "W_hh", "at": [3], "value": 0}], "edits.0.at", "an array of 2"),
        ([{"parameter": "W_hh", "at": [0, 16], "value": 0}], "edits.0.at", "from 0 to 15, not 16"),
        ([{"parameter": "W_hh", "at": [-1, 0], "value": 0}], "edits.0.at", "from 0 to 15, not -1"),
        ([{"parameter": "W_hh", "at": [0, True], "value": 0}], "edits.0.at", "not true"),
        ([{"parameter": "W_hh", "at": [0, 1.0], "value": 0}], "edits.0.at", "not 1.0"),
        ([{"parameter": "W_hy", "at": [0, 1], "value": 0}], "edits.0.at", "from 0 to 0, not 1"),
        ([{"parameter": "b_y", "at": [0, 0], "value": 0}], "edits.0.at", "an array of 1"),
        ([{"parameter": "W_hh", "value": float("nan")}], "edits.0.value", "must be null or a number"),
        ([{"parameter": "W_hh", "value": float("inf")}], "edits.0.value", "must be null or a number"),
        ([{"parameter": "W_hh", "value": 1e7}], "edits.0.value", "from -1,000,000 to 1,000,000"),
        ([{"parameter": "W_hh", "value": "0"}], "edits.0.value", 'not "0"'),
        ([{"parameter": "W_hh", "value": True}], "edits.0.value", "not true"),
        ([{"parameter": "W_hh", "frozen": 1}], "edits.0.frozen", "must be true or false, not 1"),
    ],
)
def test_edits_that_are_not_possible_are_refused_and_change_nothing(edits: Any, field: str, message: str) -> None:
    trainer = Trainer(TrainingConfig(bias=True), "numpy")
    before = state_of(trainer)
    with pytest.raises(ConfigError, match=message) as refused:
        trainer.edit(edits)
    assert [problem.field for problem in refused.value.problems] == [field]
    assert state_of(trainer) == before


def test_a_run_has_so_many_edits_and_not_more() -> None:
    trainer = Trainer(engine="numpy")
    trainer.edit([Edit("W_hh", (0, 0), 0.0)] * MAX_EDITS)
    with pytest.raises(ConfigError, match="not 201"):
        trainer.edit([Edit("W_hh", (0, 0), 0.0)])


def test_an_edit_and_its_data_say_the_same() -> None:
    shapes: Callable[..., Any] = make_cell(TrainingConfig()).shapes  # type: ignore[assignment]
    for edit in (Edit("W_hh", (None, 3), 0.5, frozen=True), Edit("W_xh", frozen=False), Edit("W_hy", (0, 0), 0.0)):
        assert checked_edits([edit.to_dict()], shapes) == checked_edits([edit], shapes) == (edit,)  # type: ignore[arg-type]
