"""Making the task and the cell that a configuration names."""

from rnn_core.cells import CELLS, Cell, ElmanCell
from rnn_core.config import TrainingConfig
from rnn_core.tasks import TASKS, Task


def make_task(config: TrainingConfig) -> Task:
    """The task at the configuration's width."""
    return TASKS[config.task](config.bits)


def make_cell(config: TrainingConfig) -> Cell:
    """The cell at the configuration's sizes, with one input for each operand of the task."""
    inputs = len(TASKS[config.task].operands)
    cell = CELLS[config.cell]
    if issubclass(cell, ElmanCell):
        return cell(inputs, config.hidden_size, config.activation, config.bias)
    return cell(inputs, config.hidden_size, config.bias)
