import os
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
import pytest
from filelock import FileLock
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
    weights: dict[str, NDArray[np.float64]]


Made = TypeVar("Made")


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[], Made]) -> Made:
    """What `make` returns. Of all workers the first one that needs it makes it, for seconds; the others wait."""
    folder = factory.getbasetemp()
    file = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / f"{name}.pickle"
    with FileLock(f"{file}.lock"):
        if not file.exists():
            file.write_bytes(pickle.dumps(make()))
        made: Made = pickle.loads(file.read_bytes())
    return made


@pytest.fixture(scope="session")
def script_run(tmp_path_factory: pytest.TempPathFactory) -> ScriptRun:
    return made_once(tmp_path_factory, "script", partial(run_script, 50_000))


@pytest.fixture(scope="session", params=list(ENGINES))
def seed_run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> SeedRun:
    return made_once(tmp_path_factory, f"seed-{request.param}", partial(run_seed, request.param))


def run_seed(engine: str) -> SeedRun:
    trainer = Trainer(engine=engine)
    errors, traces = [], []
    for _ in range(50):
        first = trainer.advance(1)
        errors += [first.errors, trainer.advance(999).errors]
        assert first.trace is not None
        traces.append(first.trace)
    return SeedRun(np.concatenate(errors), traces, dict(trainer.parameters))
