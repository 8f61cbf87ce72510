"""What a configuration accepts, what it refuses, and in which words."""

import json
import re
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, fields, replace
from itertools import groupby
from sys import float_info
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_core import ConfigError, TrainingConfig
from rnn_core.config import BRANCHABLE, MAX_COST, OPTIONS, RULES, checked_learning_rate, shown

WHOLE = {
    "bits": (2, 32),
    "hidden_size": (1, 128),
    "batch_size": (1, 256),
    "seed": (0, 2**32 - 1),
    "max_iterations": (1, 10_000_000),
}
CHOICES = {
    "task": ["addition", "subtraction", "xor", "parity", "comparison", "three_numbers"],
    "cell": ["elman", "gru", "lstm"],
    "activation": ["sigmoid", "tanh", "relu"],
    "init": ["uniform", "glorot"],
    "loss": ["squared_error", "cross_entropy"],
    "optimizer": ["sgd", "momentum", "adam"],
}
NAN, INF = float("nan"), float("inf")


LEAST = {"three_numbers": 3}
"""Tasks that do not fit into two bits."""


def make(**values: Any) -> TrainingConfig:
    return TrainingConfig(**values)


def refusal(**values: Any) -> str:
    """The sentence that refuses one value; it must name the field and go anywhere text goes."""
    with pytest.raises(ConfigError) as caught:
        make(**values)
    (field,) = values
    assert [problem.field for problem in caught.value.problems] == [field]
    sentence = str(caught.value)
    assert sentence == f"{field} {caught.value.problems[0].detail}"
    sentence.encode()
    assert len(sentence) < 300
    return sentence


def test_the_default_is_the_scripts() -> None:
    assert TrainingConfig().to_dict() == {
        "task": "addition",
        "bits": 8,
        "cell": "elman",
        "activation": "sigmoid",
        "hidden_size": 16,
        "bias": False,
        "init": "uniform",
        "loss": "squared_error",
        "optimizer": "sgd",
        "learning_rate": 0.1,
        "clip_norm": None,
        "batch_size": 1,
        "seed": 0,
        "max_iterations": 50_000,
    }


def test_every_field_has_a_rule_and_a_meaning() -> None:
    names = [field.name for field in fields(TrainingConfig)]
    assert list(RULES) == names
    assert list(OPTIONS) == names
    assert all(option.meaning.endswith(".") and len(option.meaning) < 100 for option in OPTIONS.values())
    assert len({option.title for option in OPTIONS.values()}) == len(names)


def test_fields_of_a_group_stand_together_and_what_may_change_later_is_how_training_goes_on() -> None:
    groups = [group for group, _ in groupby(option.group for option in OPTIONS.values())]
    assert groups == ["Problem", "Network", "Learning", "Run"]
    assert BRANCHABLE == ("optimizer", "learning_rate", "clip_norm", "max_iterations")
    assert [name for name, option in OPTIONS.items() if option.live] == ["learning_rate"]


ANYTHING = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-3, 300)
    | st.floats()
    | st.floats(-1, 200)
    | st.text()
    | st.sampled_from(sorted({name for names in CHOICES.values() for name in names}))
)


@given(value=ANYTHING)
def test_a_rule_accepts_just_what_its_form_offers(value: Any) -> None:
    whole, number = type(value) is int, type(value) in (int, float)
    for name, rule in RULES.items():
        offered = {
            "integer": whole and rule.low is not None and rule.high is not None and rule.low <= value <= rule.high,
            # The lower bound of a number is itself too low; without an upper one any finite number will do.
            "number": number and rule.low is not None and rule.low < value <= (rule.high or float_info.max),
            "choice": value in rule.choices,
            "boolean": type(value) is bool,
        }[rule.kind]
        assert rule.accepts(value) == (offered or (rule.nullable and value is None)), name


@pytest.mark.parametrize("field", list(RULES))
def test_a_rules_bounds_words_and_default_agree(field: str) -> None:
    rule = RULES[field]
    assert rule.accepts(TrainingConfig().to_dict()[field])
    assert rule.nullable == rule.accepts(None) == rule.words.startswith("null or ")
    assert bool(rule.choices) == (rule.kind == "choice")
    assert all(rule.accepts(choice) and f'"{choice}"' in rule.allowed for choice in rule.choices)
    if rule.kind == "integer":
        assert rule.allowed == f"a whole number from {rule.low} to {rule.high}"
    if rule.kind == "number":
        assert rule.allowed.endswith(f"above {rule.low}" if rule.high is None else f"up to {rule.high:g}")


@pytest.mark.parametrize(("field", "low", "high"), [(field, *bounds) for field, bounds in WHOLE.items()])
def test_whole_numbers_reach_from_edge_to_edge_and_no_further(field: str, low: int, high: int) -> None:
    for value in (low, high):
        assert getattr(make(**{field: value}), field) == value
    for value in (low - 1, high + 1):
        assert refusal(**{field: value}) == f"{field} must be a whole number from {low} to {high}, not {value}"


@pytest.mark.parametrize("field", list(WHOLE))
@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "true"),
        ("8", '"8"'),
        (8.0, "8.0"),
        (NAN, "nan"),
        (INF, "inf"),
        (None, "null"),
        ([8], "an array"),
        ((8,), "an array"),
        ({"value": 8}, "an object"),
        (10**400, "a far larger number"),
        (-(10**400), "a far larger number"),
        ("\ud800", '"\\ud800"'),
    ],
    ids=ascii,
)
def test_what_is_not_a_whole_number_is_refused(field: str, value: object, words: str) -> None:
    low, high = WHOLE[field]
    assert refusal(**{field: value}) == f"{field} must be a whole number from {low} to {high}, not {words}"


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, names in CHOICES.items() for value in names])
def test_every_choice_is_taken(field: str, value: str) -> None:
    assert getattr(make(**{field: value}), field) == value


@pytest.mark.parametrize("field", list(CHOICES))
@pytest.mark.parametrize("value", ["", "Sigmoid", "addition ", "\ud800", "x" * 10_000, 1, True, None, [], {}, NAN])
def test_anything_else_than_a_choice_is_refused_with_all_choices(field: str, value: object) -> None:
    sentence = refusal(**{field: value})
    assert sentence.endswith(f", not {shown(value)}")
    assert all(f'"{name}"' in sentence for name in CHOICES[field])


@pytest.mark.parametrize("value", [0, 1, "true", "false", None, [], 1.0])
def test_bias_is_true_or_false_and_nothing_like_it(value: object) -> None:
    assert refusal(bias=value) == f"bias must be true or false, not {shown(value)}"


@pytest.mark.parametrize("value", [5e-324, 0.1, 1, 99.999, 100, 100.0])
def test_learning_rates_above_zero_up_to_100_are_taken_as_floats(value: float) -> None:
    config = make(learning_rate=value)
    assert type(config.learning_rate) is float
    assert config.learning_rate == checked_learning_rate(value) == value


BAD_NUMBERS = [0, 0.0, -0.0, -1, -5e-324, NAN, INF, -INF, True, False, "0.1", "\ud800", [], {}, 10**400, 1j]


@pytest.mark.parametrize("value", [*BAD_NUMBERS, None, 100.00000000000001, 101], ids=ascii)
def test_other_learning_rates_are_refused(value: Any) -> None:
    sentence = f"learning_rate must be a number above 0 up to 100, not {shown(value)}"
    assert refusal(learning_rate=value) == sentence
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        checked_learning_rate(value)


@pytest.mark.parametrize("value", [5e-324, 1, 0.5, 10**6, 1.7976931348623157e308])
def test_clip_norms_above_zero_are_taken_as_floats(value: float) -> None:
    config = make(clip_norm=value)
    assert type(config.clip_norm) is float
    assert config.clip_norm == value


@pytest.mark.parametrize("value", BAD_NUMBERS, ids=ascii)
def test_other_clip_norms_are_refused(value: Any) -> None:
    assert refusal(clip_norm=value) == f"clip_norm must be null or a number above 0, not {shown(value)}"


def test_no_clipping_is_null() -> None:
    assert make(clip_norm=None).clip_norm is None


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        make(bits=1, loss="l1", learning_rate=0)
    assert [problem.field for problem in caught.value.problems] == ["bits", "loss", "learning_rate"]
    assert str(caught.value) == (
        "bits must be a whole number from 2 to 32, not 1; "
        'loss must be one of "squared_error", "cross_entropy", not "l1"; '
        "learning_rate must be a number above 0 up to 100, not 0"
    )


@pytest.mark.parametrize("cell", ["gru", "lstm"])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_a_gated_cell_has_its_own_activations(cell: str, activation: str) -> None:
    with pytest.raises(ConfigError) as caught:
        make(cell=cell, activation=activation)
    words = f'activation is for the elman cell; {cell} has its own, so leave it at "sigmoid"'
    assert str(caught.value) == words
    assert [problem.field for problem in caught.value.problems] == ["activation"]
    assert make(cell=cell, activation="sigmoid").cell == cell
    assert make(cell="elman", activation=activation).activation == activation


@pytest.mark.parametrize("task", CHOICES["task"])
def test_a_task_takes_the_widths_into_which_it_fits(task: str) -> None:
    least = LEAST.get(task, 2)
    assert make(task=task, bits=least).bits == least
    if least > 2:
        with pytest.raises(ConfigError) as caught:
            make(task=task, bits=least - 1)
        assert str(caught.value) == f"bits must be at least {least} for the task {task}, not {least - 1}"
        assert [problem.field for problem in caught.value.problems] == ["bits"]


def test_what_does_not_go_together_is_told_at_once_too() -> None:
    with pytest.raises(ConfigError) as caught:
        make(task="three_numbers", bits=2, cell="gru", activation="tanh", batch_size=256, hidden_size=128)
    assert [problem.field for problem in caught.value.problems] == ["activation", "bits", "hidden_size"]


def test_cost_is_bounded_at_its_edge() -> None:
    assert make(bits=8, batch_size=8, hidden_size=128).cost == MAX_COST
    with pytest.raises(ConfigError) as caught:
        make(bits=8, batch_size=9, hidden_size=128)
    assert [problem.field for problem in caught.value.problems] == ["hidden_size"]
    sentence = str(caught.value)
    assert "bits x batch_size x hidden_size x hidden_size" in sentence
    assert str(MAX_COST) in sentence
    assert f"8 x 9 x 128 x 128 = {8 * 9 * 128 * 128}" in sentence


def test_a_configuration_can_not_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        TrainingConfig().bits = 9  # type: ignore[misc]


def test_a_changed_copy_is_checked_too() -> None:
    assert replace(TrainingConfig(), bits=9).bits == 9
    with pytest.raises(ConfigError, match="bits must be"):
        replace(TrainingConfig(), bits=99)


def test_equal_configurations_are_equal_and_hash_alike() -> None:
    assert make(learning_rate=1) == make(learning_rate=1.0)
    assert hash(make(learning_rate=1)) == hash(make(learning_rate=1.0))
    assert make(seed=1) != make(seed=2)


def test_a_mapping_is_merged_onto_the_default() -> None:
    assert TrainingConfig.from_mapping({}) == TrainingConfig()
    assert TrainingConfig.from_mapping({"seed": 3, "bias": True}) == TrainingConfig(seed=3, bias=True)
    everything = make(task="parity", bits=5, cell="lstm", hidden_size=3, clip_norm=0.5, optimizer="adam").to_dict()
    assert TrainingConfig.from_mapping(everything).to_dict() == everything


def test_what_does_not_go_together_is_refused_in_a_mapping_as_well() -> None:
    with pytest.raises(ConfigError) as caught:
        TrainingConfig.from_mapping({"cell": "gru", "activation": "relu", "speed": 3})
    assert [problem.field for problem in caught.value.problems] == ["speed", "activation"]


def test_a_null_in_a_mapping_counts_as_absent() -> None:
    assert TrainingConfig.from_mapping(dict.fromkeys(RULES)) == TrainingConfig()
    assert TrainingConfig.from_mapping({"clip_norm": None, "seed": None, "bits": 4}) == TrainingConfig(bits=4)


@pytest.mark.parametrize("name", ["Bits", "biases", "", "to_dict", "cost", "\ud800", "x" * 1000, "__class__"])
@pytest.mark.parametrize("value", [1, None])
def test_an_unknown_field_is_refused_with_the_known_ones(name: str, value: object) -> None:
    with pytest.raises(ConfigError) as caught:
        TrainingConfig.from_mapping({name: value})
    sentence = str(caught.value)
    sentence.encode()
    assert sentence.startswith(name.encode("unicode_escape").decode()[:50])
    assert all(field in sentence for field in RULES)
    assert len(sentence) < 500


def test_unknown_fields_and_bad_values_are_told_together() -> None:
    values: Mapping[str, Any] = {"speed": 1, "bits": "8", "seed": -1}
    with pytest.raises(ConfigError) as caught:
        TrainingConfig.from_mapping(values)
    assert [problem.field for problem in caught.value.problems] == ["speed", "bits", "seed"]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", "8", "adam", "\ud800", "\n", "x" * 1000]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=4,
)


# Without batch_size, so that no combination costs too much.
@given(st.dictionaries(st.sampled_from(["other", *(name for name in RULES if name != "batch_size")]), JSON, max_size=4))
def test_whatever_json_comes_is_taken_or_refused_in_words(values: dict[str, Any]) -> None:
    given_values = {name: value for name, value in values.items() if value is not None}
    allowed = all(name in RULES and RULES[name].accepts(value) for name, value in given_values.items())
    if not allowed or "other" in values:
        with pytest.raises(ConfigError) as caught:
            TrainingConfig.from_mapping(values)
        assert caught.value.problems
        assert str(caught.value).encode()
    else:
        assert given_values.items() <= TrainingConfig.from_mapping(values).to_dict().items()


@given(
    bits=st.integers(2, 32),
    hidden_size=st.integers(1, 128),
    learning_rate=st.floats(0, 100, exclude_min=True),
    clip_norm=st.none() | st.floats(0, exclude_min=True, allow_infinity=False),
    seed=st.integers(0, 2**32 - 1),
    bias=st.booleans(),
)
def test_a_configuration_survives_json(**values: Any) -> None:
    config = make(**values)
    assert TrainingConfig.from_mapping(json.loads(json.dumps(config.to_dict()))) == config
