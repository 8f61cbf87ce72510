import re

import numpy as np
import pytest

from rnn_core import EngineError, Trainer, TrainingConfig, load_checkpoint, save_checkpoint
from rnn_core.engines.engine import ENGINES
from rnn_core.network.losses import LOSSES
from tests.rnn_core.forms import EXPLODING, WIDE
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


@pytest.mark.parametrize("loss", list(LOSSES))
@pytest.mark.parametrize("batch", [1, 4])
def test_an_update_is_minus_the_gradient_of_the_mean_loss_over_the_batch(loss: str, batch: int) -> None:
    config = TrainingConfig(bits=3, hidden_size=3, batch_size=batch, loss=loss, bias=True, activation="tanh")
    assert_updates_are_minus_the_gradient(config, "numpy")


# Each loss for single problems and for a batch, with biases and without, of forms that other tests compile, too.
COMPILED = [
    TrainingConfig(bias=True),
    TrainingConfig(**WIDE),
    TrainingConfig(batch_size=3),
    TrainingConfig(**EXPLODING, hidden_size=12, batch_size=3, learning_rate=0.001),
]


@pytest.mark.parametrize("config", COMPILED, ids=["single", "single-entropy", "batch", "batch-entropy"])
def test_a_compiled_update_is_minus_the_gradient_of_the_mean_loss_over_the_batch(config: TrainingConfig) -> None:
    assert_updates_are_minus_the_gradient(config, "compiled")


def assert_updates_are_minus_the_gradient(config: TrainingConfig, engine: str) -> None:
    trainer, batch, bits = Trainer(config, engine), config.batch_size, config.bits
    trainer.advance(2)
    weights = trainer.parameters
    random = np.random.RandomState(0)
    for name in ("W_xh", "W_hy", "W_hh"):
        random.random_sample(weights[name].shape)
    end = 2 ** (bits - 1)
    problems = [[(int(random.randint(end)), int(random.randint(end))) for _ in range(batch)] for _ in range(3)][-1]
    inputs = np.array([[[a >> t & 1, b >> t & 1] for a, b in problems] for t in range(bits)], dtype=float)
    targets = np.array([[a + b >> t & 1 for a, b in problems] for t in range(bits)], dtype=float)

    trace = trainer.advance(1).trace
    assert trace is not None
    assert (trace.a, trace.b) == problems[0]
    for name, values in weights.items():
        gradient = slopes(
            lambda changed, name=name: loss_of(  # type: ignore[misc]
                elman(config.activation), {**weights, name: changed}, inputs, targets, config.loss
            ),
            values,
        )
        assert trace.updates[name] == pytest.approx(-gradient / batch, abs=1e-8), name
