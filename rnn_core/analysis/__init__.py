"""What a trained network has learned, one idea a file."""

from rnn_core.analysis.accuracy_map import AccuracyMap, NoMapError, accuracy_map
from rnn_core.analysis.lengths import FirstFailure, Lengths, lengths
from rnn_core.analysis.reach import GradientReach, gradient_reach
from rnn_core.analysis.why import Explanation, MachineCase, Patched, explain

__all__ = [
    "AccuracyMap",
    "Explanation",
    "FirstFailure",
    "GradientReach",
    "Lengths",
    "MachineCase",
    "NoMapError",
    "Patched",
    "accuracy_map",
    "explain",
    "gradient_reach",
    "lengths",
]
