"""The parts that a configuration names, put together."""

from rnn_core.cells import CELLS, ElmanCell
from rnn_core.config import TrainingConfig
from rnn_core.tasks import TASKS, AdditionTask


def make_task(config: TrainingConfig) -> AdditionTask:
    """The task at the configuration's width."""
    return TASKS[config.task](config.bits)


def make_cell(config: TrainingConfig) -> ElmanCell:
    """The cell at the configuration's sizes, with as many inputs as the task has operands."""
    inputs = len(TASKS[config.task].operands)
    return CELLS[config.cell](inputs, config.hidden_size, config.activation, config.bias)
