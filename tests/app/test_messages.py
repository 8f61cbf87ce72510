from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.messages.incoming import (
    COMMANDS,
    CreateRun,
    ErrorsQuery,
    Incoming,
    PatchRun,
    PredictRequest,
    ResetRun,
    SpeedCommand,
    StepRun,
)
from app.messages.reading import Malformed, Refused, explain, parse_json, validate

MODELS: list[type[Incoming]] = [PredictRequest, ErrorsQuery, CreateRun, PatchRun, StepRun, ResetRun, *COMMANDS.values()]


def refused(model: type[Incoming], data: Any) -> dict[str, str]:
    with pytest.raises(Refused) as caught:
        validate(model, data)
    return {problem.field: problem.detail for problem in caught.value.problems}


@pytest.mark.parametrize(
    ("model", "data", "field", "words"),
    [
        (PredictRequest, {"a": -1, "b": 0}, "a", ["whole number", "from 0", "4503599627370495", "-1"]),
        (PredictRequest, {"a": 2**52, "b": 0}, "a", ["4503599627370495", "4503599627370496"]),
        (PredictRequest, {"a": True, "b": 0}, "a", ["whole number", "true"]),
        (PredictRequest, {"a": "9", "b": 0}, "a", ["whole number", '"9"']),
        (PredictRequest, {"a": 9.0, "b": 0}, "a", ["whole number", "9.0"]),
        (PredictRequest, {"a": 1, "b": 0, "run": 3}, "run", ["id of a run", "3"]),
        (StepRun, {"iterations": 0}, "iterations", ["1", "10000"]),
        (StepRun, {"iterations": 10_001}, "iterations", ["10000", "10001"]),
        (PatchRun, {"speed": 0.05}, "speed", ["0.1", "1000000", "null", "0.05"]),
        (PatchRun, {"speed": 1_000_001}, "speed", ["1000000"]),
        (PatchRun, {"speed": True}, "speed", ["number", "true"]),
        (PatchRun, {"speed": "fast"}, "speed", ["number", '"fast"']),
        (PatchRun, {"learning_rate": 0}, "learning_rate", ["above 0", "100", "0"]),
        (PatchRun, {"learning_rate": 100.5}, "learning_rate", ["100", "100.5"]),
        (PatchRun, {"name": ""}, "name", ["1 to 60"]),
        (PatchRun, {"name": "x" * 61}, "name", ["1 to 60"]),
        (PatchRun, {"name": " \t"}, "name", ["1 to 60"]),
        (PatchRun, {"name": "a\nb"}, "name", ["control characters"]),
        (CreateRun, {"config": []}, "config", ["object", "an array"]),
        (CreateRun, {"colour": "red"}, "colour", ["not known", "name", "config", "speed"]),
        (ErrorsQuery, {"points": 5001}, "points", ["5000"]),
        (ErrorsQuery, {"start": -1}, "start", ["from 0"]),
        (SpeedCommand, {"type": "speed"}, "value", ["missing", "null"]),
        (PredictRequest, [], "body", ["object", "an array"]),
        (PredictRequest, "nine", "body", ["object", '"nine"']),
        (PredictRequest, None, "body", ["object", "null"]),
    ],
)
def test_a_refusal_names_field_value_and_what_is_allowed(
    model: type[Incoming], data: Any, field: str, words: list[str]
) -> None:
    problems = refused(model, data)
    assert list(problems) == [field]
    for word in words:
        assert word in problems[field]


def test_every_field_at_fault_is_named_at_once() -> None:
    assert set(refused(PredictRequest, {"a": "1", "b": -1, "run": 0, "d": 1})) == {"a", "b", "run", "d"}


def test_an_optional_member_that_is_null_counts_as_absent() -> None:
    assert validate(CreateRun, {"name": None, "config": None}) == CreateRun()
    assert validate(StepRun, {"iterations": None}).iterations == 1
    assert validate(ResetRun, {"config": None}).config is None
    assert validate(PatchRun, {"name": None, "learning_rate": None}).model_fields_set == set()
    assert validate(PredictRequest, {"a": 1, "b": 2, "run": None}).run == "main"


def test_a_speed_that_is_null_is_unlimited_and_not_absent() -> None:
    assert validate(CreateRun, {}).speed == 300.0
    assert validate(CreateRun, {"speed": None}).speed is None
    assert validate(PatchRun, {"speed": None}).model_fields_set == {"speed"}
    assert validate(SpeedCommand, {"type": "speed", "value": None}).value is None


@given(
    st.sampled_from(MODELS),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    )
    | st.dictionaries(
        st.sampled_from(["a", "b", "run", "type", "iterations", "speed", "value", "name", "config", "start", "points"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.none()),
    ),
)
def test_any_value_is_either_taken_or_refused_in_short_sentences(model: type[Incoming], data: Any) -> None:
    if isinstance(data, dict) and "type" in model.model_fields:  # the type is what the model was chosen by
        data["type"] = next(kind for kind, command in COMMANDS.items() if command is model)
    refusal: Refused | None = None
    try:
        validate(model, data)
    except Refused as caught:
        refusal = caught
    assert refusal is None or refusal.problems
    for problem in refusal.problems if refusal else []:
        assert 0 < len(problem.detail) < 300
        assert problem.detail.isprintable()


def test_explain_takes_the_first_complaint_about_a_field() -> None:
    with pytest.raises(ValidationError) as caught:
        PredictRequest.model_validate({"a": [], "b": {}})
    problems = explain(PredictRequest, caught.value)
    assert [problem.field for problem in problems] == ["a", "b"]
    assert "an array" in problems[0].detail
    assert "an object" in problems[1].detail


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b" ",
        b"{",
        b"nul",
        b"NaN",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b"\xff",
        b'"\xc3"',
        b"\xef\xbb\xbf{}",
        b'"\\ud800"',
        b"{'a': 1}",
        b'{"a": 1,}',
        b"{}{}",
        b"[" * 100_000,
        b'{"a": 01}',
        b"\x00",
    ],
)
def test_what_is_no_json_is_malformed(text: bytes) -> None:
    with pytest.raises(Malformed):
        parse_json(text)


def test_whole_numbers_of_any_size_stay_whole() -> None:
    assert parse_json(b"123456789012345678901234567890") == 123456789012345678901234567890
    assert type(parse_json(b"-0")) is int
    assert type(parse_json(b"1e2")) is float


def test_of_many_fields_at_fault_the_first_are_named_and_the_others_counted() -> None:
    with pytest.raises(Refused) as caught:
        validate(CreateRun, {f"f{number}": 1 for number in range(500)})
    assert [problem.field for problem in caught.value.problems] == [f"f{number}" for number in range(20)]
    assert str(caught.value).endswith("; and 480 more")
