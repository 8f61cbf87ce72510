"""What a trained network has learned, one idea a file."""

from rnn_core.analysis.machine import ExtractedMachine, MachineStep, extract_machine
from rnn_core.analysis.reach import GradientReach, gradient_reach
from rnn_core.analysis.states import HiddenStates, NothingHiddenError, Point, hidden_states
from rnn_core.analysis.why import Explanation, MachineCase, Patched, explain

__all__ = [
    "Explanation",
    "ExtractedMachine",
    "GradientReach",
    "HiddenStates",
    "MachineCase",
    "MachineStep",
    "NothingHiddenError",
    "Patched",
    "Point",
    "explain",
    "extract_machine",
    "gradient_reach",
    "hidden_states",
]
