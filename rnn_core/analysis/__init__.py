"""What a trained network has learned, one idea a file."""

from rnn_core.analysis.accuracy_map import AccuracyMap, NoMapError, accuracy_map
from rnn_core.analysis.lengths import FirstFailure, Lengths, lengths
from rnn_core.analysis.machine import ExtractedMachine, MachineStep, extract_machine
from rnn_core.analysis.reach import GradientReach, gradient_reach
from rnn_core.analysis.states import HiddenStates, NothingHiddenError, Point, hidden_states
from rnn_core.analysis.why import Explanation, MachineCase, Patched, explain

__all__ = [
    "AccuracyMap",
    "Explanation",
    "ExtractedMachine",
    "FirstFailure",
    "GradientReach",
    "HiddenStates",
    "Lengths",
    "MachineCase",
    "MachineStep",
    "NoMapError",
    "NothingHiddenError",
    "Patched",
    "Point",
    "accuracy_map",
    "explain",
    "extract_machine",
    "gradient_reach",
    "hidden_states",
    "lengths",
]
