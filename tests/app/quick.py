"""The reference engine in a hurry, for tests of what happens to its numbers, not of the numbers."""

from typing import Any

import pytest

from rnn_core.config import TrainingConfig
from rnn_core.engines.compiled_engine import CompiledEngine
from rnn_core.engines.engine import compiled_is_missing
from rnn_core.engines.numpy_engine import NumpyEngine
from rnn_core.engines.progress import Examination, Progress
from rnn_core.kernels.network.plan import Plan


class General(CompiledEngine):
    """Computes by the kernels that serve every network of a cell: no test waits for those of its network."""

    @property
    def plan(self) -> Plan:
        return self.general_plan


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have compiled kernels compute what the reference engine is asked for. It keeps its name, so no server compiles
    anything. All bits are those of one engine, however they are cut. Without Numba nothing changes but the time.
    """
    if compiled_is_missing():
        return
    make = NumpyEngine.__init__

    def make_both(engine: Any, config: TrainingConfig) -> None:
        make(engine, config)
        engine.general = General(config)

    def run(engine: Any, *arguments: Any, **named: Any) -> Progress:
        return engine.general.run(*arguments, **named)  # type: ignore[no-any-return]

    def examine(engine: Any, *arguments: Any, **named: Any) -> Examination:
        return engine.general.examine(*arguments, **named)  # type: ignore[no-any-return]

    monkeypatch.setattr(NumpyEngine, "__init__", make_both)
    monkeypatch.setattr(NumpyEngine, "run", run)
    monkeypatch.setattr(NumpyEngine, "examine", examine)


def hurry_for_good() -> None:
    """The same, until this process ends."""
    hurry(pytest.MonkeyPatch())
