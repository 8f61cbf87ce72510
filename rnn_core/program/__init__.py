"""A run as one short program that needs only Python and NumPy."""

from rnn_core.program.lines import Line, Program
from rnn_core.program.program import NoProgram, written

__all__ = ["Line", "NoProgram", "Program", "written"]
