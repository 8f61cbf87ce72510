from collections.abc import Mapping
from dataclasses import FrozenInstanceError, fields

import pytest

from rnn_core import Prediction, Trace, Trainer


@pytest.fixture
def records() -> list[Trace | Prediction]:
    trainer = Trainer()
    trace = trainer.advance(1).trace
    assert trace is not None
    return [trace, trainer.predict(9, 60)]


def test_every_field_that_is_there_reads_as_attribute_and_as_item(records: list[Trace | Prediction]) -> None:
    for record in records:
        names = [field.name for field in fields(record) if field.name not in ("c", "cell_states", "overflow")]
        assert record.c is None
        assert list(record) == names
        assert len(record) == len(names)
        assert all(record[name] is getattr(record, name) for name in names)
        assert dict(record).keys() == set(names)


def test_what_is_no_field_is_no_item(records: list[Trace | Prediction]) -> None:
    for record in records:
        assert isinstance(record, Mapping)
        assert "keys" not in record
        with pytest.raises(KeyError, match="keys"):
            record["keys"]
        assert record.get("nothing", "instead") == "instead"


def test_records_are_frozen(records: list[Trace | Prediction]) -> None:
    for record in records:
        with pytest.raises(FrozenInstanceError):
            record.a = 1  # type: ignore[misc]
        with pytest.raises(TypeError):
            record["a"] = 1  # type: ignore[index]
