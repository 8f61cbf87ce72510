"""What a trained network has learned, one idea a file."""

from rnn_core.analysis.reach import GradientReach, gradient_reach
from rnn_core.analysis.why import Explanation, MachineCase, Patched, explain

__all__ = ["Explanation", "GradientReach", "MachineCase", "Patched", "explain", "gradient_reach"]
