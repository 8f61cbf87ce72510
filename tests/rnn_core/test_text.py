import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_core import ConfigError, TrainingConfig
from rnn_core.text import Joined, Text, listed, unpacked

values = st.recursive(
    st.text() | st.integers() | st.none(), lambda inner: st.builds(lambda x: Text("<{x}>", x=x), inner), max_leaves=5
)


def test_a_text_is_the_string_that_its_template_gives() -> None:
    text = Text("{name} is at {place}, {{so}}", name="Run {1}", place=3)
    assert text == "Run {1} is at 3, {so}"
    assert (text.template, text.values) == ("{name} is at {place}, {{so}}", {"name": "Run {1}", "place": 3})


def test_a_template_without_its_values_is_an_error() -> None:
    with pytest.raises(KeyError, match="name"):
        Text("{name}")


@given(values)
def test_what_is_packed_is_had_back_whole(value: object) -> None:
    text = Text("it is {x}, {{that}}", x=value)
    back = unpacked(text.packed())
    assert back == text
    assert isinstance(back, Text)
    assert (back.template, back.values) == (text.template, text.values)
    assert unpacked(back.packed()) == text


@pytest.mark.parametrize("plain", ["", "Just words.", "{braces}", '{"text"'])
def test_what_was_never_packed_stays_as_it_is(plain: str) -> None:
    assert unpacked(plain) == plain


@pytest.mark.parametrize(
    "text", [Text("{x}!", x="{y}"), listed(["a", "b"]), Joined(Text("; "), [Text("{x}", x=1), "c"])]
)
def test_a_text_survives_being_pickled_and_copied(text: Text) -> None:
    for again in (pickle.loads(pickle.dumps(text)), copy.deepcopy(text)):
        assert again == text
        assert type(again) is type(text)
        assert vars(again) == vars(text)


def test_parts_are_joined_by_their_separator() -> None:
    joined = listed(["a", "b", "c"])
    assert joined == "a, b, c"
    assert joined.parts == ("a", "b", "c")


def test_an_exception_gives_the_text_back_that_it_was_told() -> None:
    error = ValueError(Text("{x} is wrong", x=1))
    assert isinstance(str(error), Text)


def test_a_refused_configuration_says_so_in_texts() -> None:
    with pytest.raises(ConfigError) as refused:
        TrainingConfig(bits=99, seed=-1)
    assert isinstance(str(refused.value), Joined)
    assert all(isinstance(problem.detail, Text) for problem in refused.value.problems)
