import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import writing
from app.writing import ITEMS, LITTLE, NUMBERS, is_little, json_in_pieces
from rnn_core.pieces import result_of


def plainly(document: Any) -> bytes:
    """The same in one go."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


@given(plain)
def test_it_is_the_json_that_is_written_in_one_go(document: Any) -> None:
    assert result_of(json_in_pieces(document)) == plainly(document)


@pytest.mark.parametrize(
    "shape", [(0,), (1,), (NUMBERS,), (2 * NUMBERS + 3,), (0, 4), (5, 3), (3, NUMBERS + 1), (2, 3, 4)]
)
def test_arrays_are_nested_lists(shape: tuple[int, ...]) -> None:
    array = np.random.default_rng(1).normal(size=shape) * 10.0 ** np.random.default_rng(2).integers(-20, 20, size=shape)
    document = {"array": array, "inside": [array, {"deep": array}], "n": 1}
    nested = array.tolist()
    assert result_of(json_in_pieces(document)) == plainly(
        {"array": nested, "inside": [nested, {"deep": nested}], "n": 1}
    )


@pytest.mark.parametrize("values", [[float("nan")], np.array([np.inf]), {"a": [[1.0, float("-inf")]]}])
def test_what_is_no_number_is_refused(values: Any) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        result_of(json_in_pieces(values))


def test_no_piece_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    written, dumps = list[int](), writing._dumps

    def watched(value: Any) -> str:
        written.append(np.size(value))
        return dumps(value)

    monkeypatch.setattr(writing, "_dumps", watched)
    document = {"weights": {"W": np.ones((128, 128)), "v": np.ones(10_000)}, "history": [[1, 0.5]] * 1000}
    pieces = len(list(json_in_pieces(document)))
    assert max(written) <= max(NUMBERS, 2 * ITEMS)
    assert pieces >= (128 * 128 + 10_000) // NUMBERS


def test_only_what_is_little_may_be_written_where_everybody_waits() -> None:
    assert is_little({"errors": np.ones((3, 100)), "history": [(1, 0.5)] * 100, "run": {"name": "x"}})
    for large in (np.ones(LITTLE + 1), [1.0] * (LITTLE + 1), [[0.0] * 50] * 50, {"a": {"b": np.ones((50, 50))}}):
        assert not is_little({"large": large})
