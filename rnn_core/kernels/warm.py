"""Filling the cache: compile what a configuration needs, so that later processes only load it.

Compiling holds the GIL for seconds; a server does this in a child process: `python -m rnn_core.kernels.warm` with the
configuration as JSON on standard input.
"""

import json
import sys

import numpy as np

from rnn_core.config import TrainingConfig
from rnn_core.engine import make_engine
from rnn_core.network import make_task
from rnn_core.prediction import Forward
from rnn_core.trainer import Trainer


def warm(config: TrainingConfig) -> Forward | None:
    """Compile, or load from the cache, training, evaluation and prediction for `config`, by running each once.

    Returns:
        The compiled network for single predictions.
    """
    trainer = Trainer(config, "compiled")
    trainer.advance(1)
    problem = make_task(config).draw(np.random.RandomState(0), 1, 1)[0]
    engine = make_engine("compiled", config)
    engine.examine(trainer.snapshot().parameters, problem, 1)
    return engine.forward


if __name__ == "__main__":
    warm(TrainingConfig.from_mapping(json.load(sys.stdin)))
