"""What people read for the fields of a configuration, for their choices, and for what else is compared of runs."""

from app.languages import say
from rnn_core.config import OPTIONS
from rnn_core.text import Text

MAIN = "main"
"""The id of the run that always exists."""

MAIN_NAME = Text("Main")
"""Its name, until people give it another: said in the language of whoever reads it."""


def name_of(run_id: str, name: str) -> str:
    """A run's name: a text, where it is the main run's own, in whatever language it was said."""
    return MAIN_NAME if run_id == MAIN and name in (MAIN_NAME, say(MAIN_NAME)) else name


FIELDS = {name: option.title for name, option in OPTIONS.items()}
"""Of every field, in order."""

CHOICES = {
    "elman": Text("Elman"),
    "gru": Text("GRU"),
    "lstm": Text("LSTM"),
    "sigmoid": Text("Sigmoid"),
    "tanh": Text("Tanh"),
    "relu": Text("ReLU"),
    "uniform": Text("Uniform"),
    "glorot": Text("Glorot"),
    "squared_error": Text("Squared error"),
    "cross_entropy": Text("Cross entropy"),
    "sgd": Text("SGD"),
    "momentum": Text("Momentum"),
    "adam": Text("Adam"),
}
"""Of what fields may hold, but for tasks, which have titles of their own."""

READ = {
    "error": Text("Error"),
    "mean_of": Text("Mean of"),
    "smoothed": Text("Smoothed"),
    "accuracy": Text("Accuracy"),
}
"""What a comparison reads at an iteration."""

COMPARED = {
    **FIELDS,
    "learning_rate_now": Text("Learning rate now"),
    "changes": Text("Its changes"),
    "state": Text("State"),
    "iteration": Text("Iteration"),
    "last_error": Text("Last error"),
    "last_accuracy": Text("Last accuracy"),
}
"""What it looks for differences in."""

IN_SENTENCES = (
    *(Text("ready"), Text("running"), Text("paused"), Text("finished"), Text("diverged"), Text("failed")),
    *(Text("addition"), Text("three numbers"), Text("subtraction"), Text("comparison"), Text("parity"), Text("xor")),
    *(Text("elman"), Text("gru"), Text("lstm"), Text("sigmoid"), Text("tanh"), Text("relu")),
    *(Text("squared error"), Text("cross entropy"), Text("uniform"), Text("glorot")),
    *(Text("sgd"), Text("momentum"), Text("adam")),
    *(Text("update"), Text("reset"), Text("input"), Text("forget"), Text("candidate"), Text("output"), Text("cell")),
)
"""States, values of a configuration and gates as the page's scripts say them in the middle of a sentence."""
