from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from rnn_core import Trace, Trainer
from rnn_core.engines.engine import ENGINES
from tests.rnn_core.script import ScriptRun, run_script


@dataclass(frozen=True)
class SeedRun:
    """All 50,000 iterations of the default configuration, once."""

    errors: NDArray[np.float64]
    traces: list[Trace]
    """The values of iterations 0, 1000, 2000 ..."""
    trainer: Trainer


@pytest.fixture(scope="session")
def script_run() -> ScriptRun:
    return run_script(50_000)


@pytest.fixture(scope="session", params=list(ENGINES))
def seed_run(request: pytest.FixtureRequest) -> SeedRun:
    trainer = Trainer(engine=request.param)
    errors, traces = [], []
    for _ in range(50):
        first = trainer.advance(1)
        errors += [first.errors, trainer.advance(999).errors]
        assert first.trace is not None
        traces.append(first.trace)
    return SeedRun(np.concatenate(errors), traces, trainer)
