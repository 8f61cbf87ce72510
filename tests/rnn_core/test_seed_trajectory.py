"""The project computes the numbers of the script it grew from."""

from pathlib import Path

import numpy as np
import pytest

from rnn_core import Trainer, TrainingConfig
from tests.rnn_core.conftest import SeedRun
from tests.rnn_core.script import ScriptRun, run_script

PRINTED = Path(__file__).parent / "data" / "seed_trace.txt"
"""What the script itself printed for 50,000 iterations, a block of five lines every 1,000."""


def test_every_error_of_50000_iterations_is_the_scripts(seed_run: SeedRun, script_run: ScriptRun) -> None:
    assert seed_run.errors.shape == (50_000,)
    assert np.abs(seed_run.errors - script_run.errors).max() <= 1e-9


@pytest.mark.parametrize("name", ["W_xh", "W_hh", "W_hy"])
def test_the_weights_after_50000_iterations_are_the_scripts(
    seed_run: SeedRun, script_run: ScriptRun, name: str
) -> None:
    assert np.abs(seed_run.weights[name] - script_run.weights[name]).max() <= 1e-9


def test_every_thousandth_iteration_is_what_the_script_printed(seed_run: SeedRun) -> None:
    lines = PRINTED.read_text(encoding="ascii").splitlines()
    assert len(lines) == 5 * len(seed_run.traces) == 250
    for trace, block in zip(seed_run.traces, batched_lines(lines), strict=True):
        error = float(block[0].removeprefix("Error:[").removesuffix("]"))
        assert trace.error == pytest.approx(error, abs=0.6e-8, rel=0)
        predicted = np.round(trace.outputs[::-1]).astype(int)
        assert block[1] == f"Pred:{predicted}"
        assert block[2] == f"True:{trace.targets[::-1].astype(int)}"
        number = int("".join(map(str, predicted)), 2)
        assert block[3] == f"{trace.a} + {trace.b} = {number}"
        assert block[4] == "------------"


def batched_lines(lines: list[str]) -> list[list[str]]:
    return [lines[start : start + 5] for start in range(0, len(lines), 5)]


def test_the_oracle_is_the_script_too(script_run: ScriptRun) -> None:
    printed = PRINTED.read_text(encoding="ascii").splitlines()[::5]
    errors = [float(line.removeprefix("Error:[").removesuffix("]")) for line in printed]
    assert np.abs(script_run.errors[::1000] - errors).max() <= 0.6e-8


@pytest.mark.parametrize("seed", [1, 7, 20_190_101, 2**32 - 1])
def test_other_seeds_follow_the_script(seed: int) -> None:
    assert_follows(TrainingConfig(seed=seed), 1000)


SIZES = {
    "numpy": [(2, 1, 0.1), (3, 5, 1.0), (7, 2, 0.1), (8, 16, 2.0), (8, 33, 0.1), (12, 16, 0.3), (32, 3, 0.1)],
    "compiled": [(2, 1, 0.1), (5, 2, 1.0), (8, 16, 2.0), (8, 32, 0.1), (17, 33, 0.1), (32, 15, 0.1)],
}
"""The compiled engine's are those that `kernels/test_training.py` compiles, too."""


@pytest.mark.parametrize(
    ("engine", "bits", "hidden_size", "learning_rate"),
    [(engine, *size) for engine, sizes in SIZES.items() for size in sizes],
)
def test_other_sizes_and_rates_follow_the_script(
    engine: str, bits: int, hidden_size: int, learning_rate: float
) -> None:
    assert_follows(
        TrainingConfig(bits=bits, hidden_size=hidden_size, learning_rate=learning_rate, seed=3),
        600 if bits < 32 else 300,
        engine,
    )


def assert_follows(config: TrainingConfig, iterations: int, engine: str | None = None) -> None:
    expected = run_script(
        iterations, seed=config.seed, bits=config.bits, units=config.hidden_size, alpha=config.learning_rate
    )
    trainer = Trainer(config, engine)
    advance = trainer.advance(iterations)
    assert np.abs(advance.errors - expected.errors).max() <= 1e-9
    for name, values in expected.weights.items():
        assert np.abs(trainer.parameters[name] - values).max() <= 1e-9
    assert advance.trace is not None
    assert (advance.trace.a, advance.trace.b) == expected.problems[-1]


def test_a_changed_learning_rate_acts_from_its_iteration_on() -> None:
    expected = run_script(400, alpha_changes={100: 1.5, 250: 0.02})
    trainer = Trainer()
    errors = [trainer.advance(100).errors]
    trainer.set_learning_rate(1.5)
    errors.append(trainer.advance(150).errors)
    trainer.set_learning_rate(0.02)
    errors.append(trainer.advance(150).errors)
    assert np.abs(np.concatenate(errors) - expected.errors).max() <= 1e-9
    assert np.abs(trainer.parameters["W_hh"] - expected.synapse_h).max() <= 1e-9
