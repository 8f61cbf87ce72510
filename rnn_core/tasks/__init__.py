"""The tasks that a network can learn, by their names in a configuration. Each task is one file."""

from rnn_core.tasks.addition import Addition, ThreeNumbers
from rnn_core.tasks.comparison import Comparison
from rnn_core.tasks.machine import Machine
from rnn_core.tasks.parity import Parity
from rnn_core.tasks.subtraction import Subtraction
from rnn_core.tasks.task import Plateau, Task
from rnn_core.tasks.xor import Xor

TASKS: dict[str, type[Task]] = {
    task.name: task for task in (Addition, Subtraction, Xor, Parity, Comparison, ThreeNumbers)
}

__all__ = ["TASKS", "Machine", "Plateau", "Task"]
