import re

import numpy as np
import pytest

from rnn_core import EngineError, Trainer, TrainingConfig, load_checkpoint, save_checkpoint
from rnn_core.engine import ENGINES
from rnn_core.losses import LOSSES
from tests.rnn_core.plain import elman, loss_of, slopes

MISSING = [name for name in ("compiled", "quantum", "NumPy", "numpy ", "") if name not in ENGINES]


@pytest.mark.parametrize("name", MISSING)
def test_an_engine_that_does_not_exist_is_refused_with_what_does(name: str) -> None:
    with pytest.raises(EngineError, match=re.escape(f'engine must be one of {", ".join(ENGINES)}, not "{name}"')):
        Trainer(engine=name)


def test_a_checkpoint_is_not_loaded_into_an_engine_that_does_not_exist(tmp_path: object) -> None:
    path = f"{tmp_path}/run.safetensors"
    save_checkpoint(Trainer(), path)
    with pytest.raises(EngineError, match='not "quantum"'):
        load_checkpoint(path, engine="quantum")


@pytest.mark.parametrize("name", list(ENGINES))
def test_a_trainer_says_which_engine_computes(name: str) -> None:
    assert Trainer(engine=name).engine == name


def test_the_default_engine_is_the_first() -> None:
    assert Trainer().engine == next(iter(ENGINES))


@pytest.mark.parametrize("engine", list(ENGINES))
@pytest.mark.parametrize("loss", list(LOSSES))
@pytest.mark.parametrize("batch", [1, 4])
def test_an_update_is_minus_the_gradient_of_the_mean_loss_over_the_batch(engine: str, loss: str, batch: int) -> None:
    config = TrainingConfig(
        bits=3, hidden_size=3, batch_size=batch, loss=loss, bias=True, activation="tanh", max_iterations=3
    )
    trainer = Trainer(config, engine)
    trainer.advance(2)
    weights = trainer.parameters
    random = np.random.RandomState(0)
    for name in ("W_xh", "W_hy", "W_hh"):
        random.random_sample(weights[name].shape)
    problems = [[(int(random.randint(4)), int(random.randint(4))) for _ in range(batch)] for _ in range(3)][-1]
    inputs = np.array([[[a >> t & 1, b >> t & 1] for a, b in problems] for t in range(3)], dtype=float)
    targets = np.array([[a + b >> t & 1 for a, b in problems] for t in range(3)], dtype=float)

    trace = trainer.advance(1).trace
    assert trace is not None
    assert (trace.a, trace.b) == problems[0]
    for name, values in weights.items():
        gradient = slopes(
            lambda changed, name=name: loss_of(  # type: ignore[misc]
                elman("tanh"), {**weights, name: changed}, inputs, targets, loss
            ),
            values,
        )
        assert trace.updates[name] == pytest.approx(-gradient / batch, abs=1e-8), name
