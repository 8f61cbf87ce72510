"""Filling the cache: compile the kernels of a configuration, so that later processes only load them.

Compiling holds the GIL for seconds. So a server does it in a child process: `python -m rnn_core.kernels.calls.warm`
with the configuration as JSON on standard input. `--general` compiles the general kernels of its cell instead of its
own. The process prints how many kernels it had to compile; the others were in the cache. It writes errors and warnings
to standard error. It ends with `NOT_KEPT` if other processes can't load what it compiled.
"""

import json
import sys
import warnings

import numpy as np

from rnn_core.assessment.prediction import Forward
from rnn_core.config import TrainingConfig
from rnn_core.engines.compiled_engine import CompiledEngine
from rnn_core.kernels.calls import evaluate, predict, training
from rnn_core.kernels.calls.engine import train

KERNELS = (training.train, evaluate.count, predict.answer)

NOT_KEPT = 3
"""The exit status if the compiled kernels could not be kept."""


def warm(config: TrainingConfig, general: bool = False) -> Forward:
    """Compile, or load from the cache, training, evaluation and prediction for `config`, by running each once.

    Args:
        config: that of any network of the form that will be trained.
        general: whether to compile the general kernels, which serve every network of its cell.

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
    """How many kernels this process has compiled, not loaded."""
    return sum(sum(kernel.stats.cache_misses.values()) for kernel in KERNELS)


def is_kept() -> bool:
    """Whether other processes can load all that this one has compiled."""
    return all(kernel._cache.kept for kernel in KERNELS)


def main() -> None:
    """Compile the kernels of the configuration on standard input."""
    warnings.showwarning = lambda message, *_: print(message, file=sys.stderr)
    if not all(kernel._cache.can_keep() for kernel in KERNELS):
        sys.exit(NOT_KEPT)  # after seconds of compiling nobody would have anything of it
    warm(TrainingConfig.from_mapping(json.load(sys.stdin)), general="--general" in sys.argv[1:])
    print(compiled_here())
    sys.exit(0 if is_kept() else NOT_KEPT)


if __name__ == "__main__":
    main()
