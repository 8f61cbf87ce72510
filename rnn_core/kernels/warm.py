"""Filling the cache: compile what a configuration needs, so that later processes only load it.

Compiling holds the GIL for seconds; a server does this in a child process: `python -m rnn_core.kernels.warm` with the
configuration as JSON on standard input, and `--general` where it is to compile the general kernels of its cell instead
of its own. It prints how many kernels it had to compile; the others were in the cache. What is not as it should be it
says on standard error, and ends with `NOT_KEPT` where others can't load what it compiled.
"""

import json
import sys
import warnings

import numpy as np

from rnn_core.compiled_engine import CompiledEngine
from rnn_core.config import TrainingConfig
from rnn_core.kernels import evaluate, predict, training
from rnn_core.kernels.engine import train
from rnn_core.prediction import Forward

KERNELS = (training.train, evaluate.count, predict.answer)

NOT_KEPT = 3
"""The exit status where what was compiled is kept nowhere."""


def warm(config: TrainingConfig, general: bool = False) -> Forward:
    """Compile, or load from the cache, training, evaluation and prediction for `config`, by running each once.

    Args:
        config: of any network of the form that is to be trained.
        general: whether to take the general kernels, which serve every network of its cell.

    Returns:
        The compiled network for single predictions.
    """
    engine = CompiledEngine(config)
    plan = engine.general_plan if general else engine.own_plan
    operands, answers = np.zeros((plan.batch, plan.inputs), np.int64), np.zeros(plan.batch, np.int64)
    train(plan, np.zeros(plan.flat_size), operands, answers, 0.0, clip_norm=1.0 if plan.clipped else None)
    evaluate.evaluate(plan, np.zeros(plan.flat_size), operands[:1], answers[:1], 1)
    return predict.compiled_forward(plan)


def compiled_here() -> int:
    """How many kernels this process has compiled, rather than loaded."""
    return sum(sum(kernel.stats.cache_misses.values()) for kernel in KERNELS)


def is_kept() -> bool:
    """Whether other processes can load all that this one has compiled."""
    return all(kernel._cache.kept for kernel in KERNELS)


def main() -> None:
    """Do what standard input asks for."""
    warnings.showwarning = lambda message, *_: print(message, file=sys.stderr)
    warm(TrainingConfig.from_mapping(json.load(sys.stdin)), general="--general" in sys.argv[1:])
    print(compiled_here())
    sys.exit(0 if is_kept() else NOT_KEPT)


if __name__ == "__main__":
    main()
