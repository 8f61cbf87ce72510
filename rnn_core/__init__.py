"""The mathematics: a recurrent network that learns binary addition, written so that readers see the formulas.

Begin with `rnn_core.cells.elman`, then `rnn_core.engines.engine`, then `rnn_core.trainer`.
"""

from rnn_core.assessment.evaluation import Evaluation, evaluate
from rnn_core.assessment.prediction import OperandError
from rnn_core.checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from rnn_core.config import ConfigError, TrainingConfig
from rnn_core.edits import Edit
from rnn_core.engines.engine import EngineError
from rnn_core.ensemble import MemberProgress, train_many
from rnn_core.trace import Prediction, Trace
from rnn_core.trainer import Advance, Trainer

__version__ = "0.1.0"
"""The version of the library and of the lab."""

__all__ = [
    "Advance",
    "CheckpointError",
    "ConfigError",
    "Edit",
    "EngineError",
    "Evaluation",
    "MemberProgress",
    "OperandError",
    "Prediction",
    "Trace",
    "Trainer",
    "TrainingConfig",
    "__version__",
    "evaluate",
    "load_checkpoint",
    "save_checkpoint",
    "train_many",
]
