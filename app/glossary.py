"""The words of the lab: each term with one plain sentence, and where it stands on the page.

This is their one source. The page fetches them when a word is asked for (`GET /api/glossary`), and scripts/glossary
writes docs/glossary.md from them.
"""

from typing import NamedTuple

from rnn_core.text import Text


class Entry(NamedTuple):
    """A term.

    Attributes:
        id: its name in addresses and on the page, such as "hidden-state".
        name: as the page calls it, in the middle of a sentence.
        meaning: what it is, in one plain sentence.
        places: selectors of where it stands on the page; the first that is there is shown.
        symbol: what formulas call it, or "".
        script: what the article's script calls it, or "".
        related: ids of other terms.
        docs: a page under docs/ that tells more, with its fragment, or "".
        hint: what to do if no place is there at the moment, or "".
    """

    id: str
    name: str
    meaning: str
    places: tuple[str, ...]
    symbol: str = ""
    script: str = ""
    related: tuple[str, ...] = ()
    docs: str = ""
    hint: str = ""


class Section(NamedTuple):
    """Terms that belong together."""

    title: str
    entries: tuple[Entry, ...]


GATED = Text("To see it, choose the cell GRU or LSTM under Settings.")
LSTM = Text("To see it, choose the cell LSTM under Settings.")
GRU = Text("To see it, choose the cell GRU under Settings.")
BIASES = Text("To see one, switch Biases on under Settings.")
CARRYING = Text("To see it, choose a task under Settings in which something is carried, such as addition.")

BY_HAND, GRADIENT, CELLS = "learn/by-hand.md", "learn/gradient.md", "cells.md"
CONFIGURATION, TASKS = "configuration.md", "tasks.md"


def _row(name: str) -> str:
    """A row of the stage."""
    return f"#stage-scroll tr[data-name={name}]"


def _field(name: str) -> str:
    """A field of the settings."""
    return f"#settings .field-row:has([name={name}])"


def _matrix(*names: str) -> str:
    """The picture of a parameter, the first of these that there is."""
    return f".matrix:has({', '.join(f'#heatmap-{name}' for name in names)})"


GLOSSARY = (
    Section(
        Text("The problem"),
        (
            Entry(
                "task",
                Text("task"),
                Text(
                    "What the network is to learn, such as addition: it is shown problems with answers, never a rule."
                ),
                (_field("task"),),
                related=("problem", "case", "accuracy"),
                docs=TASKS,
            ),
            Entry(
                "problem",
                Text("problem"),
                Text("One exercise with its right answer, such as two numbers and their sum, drawn at random."),
                (".stage-sum-block",),
                related=("task", "iteration", "seed"),
            ),
            Entry(
                "bit",
                Text("bit"),
                Text("One digit of a number in base 2: a 0 or a 1."),
                (_row("true"),),
                related=("position", "input", "true-bit"),
            ),
            Entry(
                "position",
                Text("position"),
                Text(
                    "The place of a bit in its number, counted from 0 at the right; the network goes from right to "
                    "left."
                ),
                (_row("position"),),
                symbol="t",
                script="position",
                related=("bit", "carry", "forward"),
            ),
            Entry(
                "input",
                Text("input"),
                Text("What the network is shown at a position: one bit of each number, and nothing else."),
                (_row("a"),),
                symbol="x",
                script="X",
                related=("bit", "W_xh", "carry"),
            ),
            Entry(
                "carry",
                Text("carry"),
                Text(
                    "What one position hands on to the next, as in addition on paper; the network is never shown it, "
                    "and has to keep it in its hidden state."
                ),
                (_row("state"),),
                related=("hidden-state", "position", "case"),
                docs="tutorial.md",
                hint=CARRYING,
            ),
            Entry(
                "machine",
                Text("machine"),
                Text(
                    "A few states, and a rule for each: for the bits that are read, which bit to write and which state "
                    "comes next; for a sum of two numbers two states suffice."
                ),
                (".machine-own",),
                related=("carry", "case", "hidden-state"),
                docs="inside.md",
                hint=Text("To see it, open the tab Inside, and there Machine."),
            ),
            Entry(
                "proof",
                Text("proof"),
                Text(
                    "Reasons that leave no case out: here finitely many sets of hidden states that no step leads out "
                    "of, and on each of them the right output."
                ),
                (".proof-begin", ".proof-words", "#tab-inside"),
                related=("hidden-state", "machine", "certificate"),
                docs="inside.md",
                hint=Text("To see it, open the tab Inside, and there Proof."),
            ),
            Entry(
                "certificate",
                Text("certificate"),
                Text(
                    "A file with all that a proof needs, so that anybody can check it without the program that found "
                    "it."
                ),
                (".proof-file", "#tab-inside"),
                related=("proof",),
                docs="inside.md",
                hint=Text("To get one, open the tab Inside, there Proof, and prove the network right."),
            ),
            Entry(
                "true-bit",
                Text("true bit"),
                Text("The right answer at a position, which the network meets only afterwards, in its error."),
                (_row("true"),),
                symbol="y",
                script="y",
                related=("predicted", "error", "output-delta"),
            ),
        ),
    ),
    Section(
        Text("The network"),
        (
            Entry(
                "recurrent-network",
                Text("recurrent network"),
                Text(
                    "A network that does the same step again and again with the same weights, and takes its hidden "
                    "state along from step to step."
                ),
                ("#roll",),
                related=("hidden-state", "cell", "backpropagation-through-time"),
                docs=CELLS,
            ),
            Entry(
                "hidden-state",
                Text("hidden state"),
                Text("The numbers that the network takes along from one position to the next: its only memory."),
                (_row("hidden"),),
                symbol="h",
                script="layer_1",
                related=("unit", "W_hh", "carry", "cell-state"),
                docs=BY_HAND,
            ),
            Entry(
                "separation",
                Text("told right"),
                Text(
                    "How often the hidden state tells what has to be remembered, where the bits alone do not; the "
                    "dashed line is what the bits alone would reach."
                ),
                (".states-curve",),
                related=("hidden-state", "carry", "W_hh"),
                docs="inside.md",
                hint=CARRYING,
            ),
            Entry(
                "unit",
                Text("unit"),
                Text("One number of the hidden state; on the stage each unit is a square."),
                (f"{_row('hidden')} td:last-child",),
                symbol="h_j",
                related=("hidden-state", "activation", "hidden-size"),
            ),
            Entry(
                "hidden-size",
                Text("hidden size"),
                Text("How many units the hidden state has."),
                (_field("hidden_size"),),
                symbol="H",
                script="hidden_dim",
                related=("unit", "hidden-state"),
                docs=CONFIGURATION,
            ),
            Entry(
                "weight",
                Text("weight"),
                Text("A number by which one value is multiplied on its way to another; to learn is to change weights."),
                ("#weights",),
                symbol="w",
                related=("W_xh", "W_hh", "W_hy", "bias", "update"),
            ),
            Entry(
                "W_xh",
                "W_xh",
                Text("The weights from the inputs to the hidden state: what the bits that come in do to it."),
                (_matrix("W_xh", "W_xz", "W_xi"),),
                symbol="W_xh",
                script="synapse_0",
                related=("input", "hidden-state", "weight"),
                docs=BY_HAND,
            ),
            Entry(
                "W_hh",
                "W_hh",
                Text("The weights from the old hidden state to the new one: what is remembered, and how."),
                (_matrix("W_hh", "W_hz", "W_hi"),),
                symbol="W_hh",
                script="synapse_h",
                related=("hidden-state", "carry", "weight"),
                docs=BY_HAND,
            ),
            Entry(
                "W_hy",
                "W_hy",
                Text("The weights from the hidden state to the output: how the answer is read from it."),
                (_matrix("W_hy"),),
                symbol="W_hy",
                script="synapse_1",
                related=("hidden-state", "output", "weight"),
                docs=BY_HAND,
            ),
            Entry(
                "bias",
                Text("bias"),
                Text("A number that is added to a sum whatever comes in; the article's network has none."),
                (_matrix("b_h", "b_z", "b_i"), _field("bias")),
                symbol="b",
                related=("weight", "activation"),
                docs=CONFIGURATION,
                hint=BIASES,
            ),
            Entry(
                "activation",
                Text("activation"),
                Text("The function that makes a unit's value of the sum that reaches the unit."),
                (_field("activation"),),
                symbol="f",
                script="sigmoid",
                related=("sigmoid", "tanh", "relu", "unit"),
                docs=CONFIGURATION,
            ),
            Entry(
                "sigmoid",
                Text("sigmoid"),
                Text("The S-shaped function that turns any number into one between 0 and 1."),
                (_field("activation"),),
                symbol="σ",
                script="sigmoid",
                related=("activation", "logit", "output"),
            ),
            Entry(
                "tanh",
                Text("tanh"),
                Text("A function like the sigmoid, but between −1 and 1."),
                (_field("activation"),),
                symbol="tanh",
                related=("activation", "sigmoid"),
            ),
            Entry(
                "relu",
                Text("ReLU"),
                Text("The function that keeps a number above 0 as it is, and makes 0 of all others."),
                (_field("activation"),),
                symbol="relu",
                related=("activation", "divergence"),
            ),
            Entry(
                "initial-weights",
                Text("initial weights"),
                Text("The random numbers that the weights are before anything has been learned."),
                (_field("init"),),
                related=("seed", "weight"),
                docs=CONFIGURATION,
            ),
        ),
    ),
    Section(
        Text("Its answer"),
        (
            Entry(
                "forward",
                Text("forward"),
                Text("The way from the inputs to the outputs: position by position, each state made from the last."),
                ("[data-phase=forward]",),
                related=("backward", "hidden-state", "output"),
                docs=BY_HAND,
            ),
            Entry(
                "logit",
                Text("logit"),
                Text("The sum that reaches the output before the sigmoid: above 0 the answer is 1, below 0 it is 0."),
                (_row("predicted"),),
                symbol="z",
                related=("output", "sigmoid"),
                docs=BY_HAND,
            ),
            Entry(
                "output",
                Text("P(bit = 1)"),
                Text("The output of the network: how likely it thinks it is that the bit is a 1, from 0 to 1."),
                (f"{_row('predicted')} td:last-child",),
                symbol="o",
                script="layer_2",
                related=("predicted", "logit", "W_hy"),
            ),
            Entry(
                "predicted",
                Text("predicted"),
                Text("The bit that the network says: 1 if its output is above one half, otherwise 0."),
                (_row("predicted"),),
                script="d",
                related=("output", "true-bit", "accuracy"),
            ),
            Entry(
                "error",
                Text("error"),
                Text(
                    "How far the outputs are from the true bits, added up over a problem's positions: with 8 bits, "
                    "always saying one half gives 4, and being sure and right gives 0."
                ),
                (".controls-facts > div:has(#error)",),
                script="overallError",
                related=("loss", "accuracy", "smoothed"),
            ),
            Entry(
                "smoothed",
                Text("smoothed error"),
                Text("The mean error over neighbouring iterations, which shows where the jumping single errors go."),
                (".curve",),
                related=("error", "iteration"),
            ),
            Entry(
                "accuracy",
                Text("accuracy"),
                Text("The share of problems of which the network gets every bit right."),
                (".controls-accuracy",),
                related=("error", "understood", "predicted"),
            ),
            Entry(
                "case",
                Text("case"),
                Text("One line of the rule to be found: which bits are read and what is carried; addition has eight."),
                ("#cases .cases-table",),
                related=("carry", "understood", "task"),
                docs=TASKS,
            ),
            Entry(
                "understood",
                Text("understood"),
                Text(
                    "A case is understood if the network is right wherever it occurs in the tried problems, and not "
                    "only because it nearly always says the same bit."
                ),
                ("#cases",),
                related=("case", "accuracy"),
            ),
        ),
    ),
    Section(
        Text("How it learns"),
        (
            Entry(
                "loss",
                Text("loss"),
                Text("The one number that training makes smaller; it is computed from the outputs and the true bits."),
                (_field("loss"),),
                related=("squared-error", "cross-entropy", "gradient", "error"),
                docs=GRADIENT,
            ),
            Entry(
                "squared-error",
                Text("squared error"),
                Text("A loss: half the square of the distance between output and true bit, added up."),
                (_field("loss"),),
                symbol="(y−o)²/2",
                related=("loss", "cross-entropy"),
            ),
            Entry(
                "cross-entropy",
                Text("cross entropy"),
                Text("A loss that grows without bound when the network is sure and wrong."),
                (_field("loss"),),
                related=("loss", "squared-error"),
            ),
            Entry(
                "gradient",
                Text("gradient"),
                Text("It says for each number how much the loss would change if that number grew a little."),
                (_row("outputPart"),),
                related=("loss", "output-delta", "backpropagation-through-time", "update"),
                docs=GRADIENT,
            ),
            Entry(
                "backward",
                Text("backward"),
                Text("The way from the errors back to the weights: position by position, from the last to the first."),
                ("[data-phase=backward]",),
                related=("forward", "backpropagation-through-time", "gradient"),
                docs=BY_HAND,
            ),
            Entry(
                "backpropagation-through-time",
                Text("backpropagation through time (BPTT)"),
                Text("The rule by which errors travel back through all positions, so that the past can be blamed too."),
                (_row("futurePart"),),
                related=("backward", "later-bits", "recurrent-network"),
                docs=GRADIENT,
            ),
            Entry(
                "output-delta",
                Text("output delta"),
                Text("Which way, and how strongly, the error of this bit asks the logit to move."),
                (_row("delta"),),
                symbol="δ_o",
                script="layer_2_delta",
                related=("logit", "this-bit", "error"),
                docs=BY_HAND,
            ),
            Entry(
                "this-bit",
                Text("gradient from this bit"),
                Text(
                    "How the error of the bit at this position asks each unit to change: blue up, orange down, the "
                    "stronger the colour the more."
                ),
                (_row("outputPart"),),
                script="layer_2_delta.dot(synapse_1.T)",
                related=("later-bits", "output-delta", "W_hy"),
                docs=BY_HAND,
            ),
            Entry(
                "later-bits",
                Text("gradient from later bits"),
                Text(
                    "How the errors of later bits ask each unit to change, because they read what it remembered: blue "
                    "up, orange down."
                ),
                (_row("futurePart"),),
                script="future_layer_1_delta.dot(synapse_h.T)",
                related=("this-bit", "W_hh", "backpropagation-through-time"),
                docs=GRADIENT,
            ),
            Entry(
                "update",
                Text("update"),
                Text("What is added to a weight after an iteration, once it is multiplied by the learning rate."),
                ("[data-phase=update]",),
                symbol="Δw",
                script="synapse_0_update",
                related=("learning-rate", "gradient", "optimizer"),
                docs=BY_HAND,
            ),
            Entry(
                "held-weight",
                Text("held weight"),
                Text("A weight that somebody has fixed: training leaves it exactly as it is."),
                ("#edits-open",),
                related=("weight", "update", "optimizer"),
            ),
            Entry(
                "learning-rate",
                Text("learning rate"),
                Text("How far each update moves the weights: too little takes for ever, too much leaps over the goal."),
                (_field("learning_rate"),),
                symbol="η",
                script="alpha",
                related=("update", "divergence", "optimizer"),
                docs=CONFIGURATION,
            ),
            Entry(
                "iteration",
                Text("iteration"),
                Text("One round of learning: a problem forward, its errors backward, and one update of all weights."),
                (".controls-iteration",),
                script="j",
                related=("batch", "forward", "backward", "update"),
            ),
            Entry(
                "iterations",
                Text("iterations"),
                Text("How many rounds of learning a run makes before it is finished."),
                (_field("max_iterations"),),
                related=("iteration",),
                docs=CONFIGURATION,
            ),
            Entry(
                "batch",
                Text("batch size"),
                Text("How many problems one iteration takes; its update is their mean."),
                (_field("batch_size"),),
                related=("iteration", "update"),
                docs=CONFIGURATION,
            ),
            Entry(
                "optimizer",
                Text("optimizer"),
                Text("The rule that makes an update of the gradient."),
                (_field("optimizer"),),
                related=("sgd", "momentum", "adam", "update"),
                docs=CONFIGURATION,
            ),
            Entry(
                "sgd",
                Text("SGD"),
                Text("The simplest optimizer, stochastic gradient descent: the update is minus the gradient."),
                (_field("optimizer"),),
                related=("optimizer", "momentum", "adam"),
            ),
            Entry(
                "momentum",
                Text("momentum"),
                Text("An optimizer that keeps going in the direction of its last updates, like a rolling ball."),
                (_field("optimizer"),),
                related=("optimizer", "sgd"),
            ),
            Entry(
                "adam",
                Text("Adam"),
                Text("An optimizer that gives each weight a step of its own, by how large its gradients have been."),
                (_field("optimizer"),),
                related=("optimizer", "momentum"),
            ),
            Entry(
                "clip-norm",
                Text("clipping gradients"),
                Text("A gradient that is longer than a limit is shortened to it, so that no single step is huge."),
                (_field("clip_norm"),),
                related=("gradient", "divergence"),
                docs=CONFIGURATION,
            ),
            Entry(
                "divergence",
                Text("divergence"),
                Text(
                    "Training that runs away: the weights grow until they are no numbers any more, and the run stops."
                ),
                (".controls-state",),
                related=("learning-rate", "clip-norm"),
            ),
            Entry(
                "seed",
                Text("seed"),
                Text("The number that decides everything random, so the same seed gives the same run again."),
                (_field("seed"),),
                script="np.random.seed(0)",
                related=("initial-weights", "problem"),
                docs=CONFIGURATION,
            ),
        ),
    ),
    Section(
        Text("Cells and gates"),
        (
            Entry(
                "cell",
                Text("cell"),
                Text("The part of the network that makes the new hidden state of the old one and the inputs."),
                (_field("cell"),),
                related=("elman", "gru", "lstm", "hidden-state"),
                docs=CELLS,
            ),
            Entry(
                "elman",
                Text("Elman"),
                Text("The simple cell of the article: it computes the whole hidden state anew at every position."),
                (_field("cell"),),
                related=("cell", "gru", "lstm", "activation"),
                docs=CELLS,
            ),
            Entry(
                "gru",
                Text("GRU"),
                Text("A cell with two gates, which say how much of the old hidden state stays, and how much is seen."),
                (_field("cell"),),
                related=("cell", "update-gate", "reset-gate", "candidate"),
                docs=CELLS,
            ),
            Entry(
                "lstm",
                Text("LSTM"),
                Text("A cell with three gates and a second, longer memory beside the hidden state: the cell state."),
                (_field("cell"),),
                related=("cell", "cell-state", "forget-gate", "input-gate", "output-gate"),
                docs=CELLS,
            ),
            Entry(
                "gate",
                Text("gate"),
                Text("Numbers between 0 and 1, one for each unit, that let pass nothing, all, or a part."),
                ("#stage-scroll tr[data-gate=forget]", "#stage-scroll tr[data-gate=update]"),
                related=("forget-gate", "update-gate", "candidate"),
                docs=CELLS,
                hint=GATED,
            ),
            Entry(
                "cell-state",
                Text("cell state"),
                Text("The long memory of an LSTM, which is only scaled and added to, so it can stay as it is."),
                (_row("cell"),),
                symbol="c",
                related=("lstm", "forget-gate", "input-gate"),
                docs=CELLS,
                hint=LSTM,
            ),
            Entry(
                "forget-gate",
                Text("forget gate"),
                Text("How much of its cell state each unit keeps: 1 keeps everything, 0 forgets it."),
                (_row("forget"),),
                symbol="f",
                related=("gate", "cell-state", "input-gate"),
                docs=CELLS,
                hint=LSTM,
            ),
            Entry(
                "input-gate",
                Text("input gate"),
                Text("How much of the candidate is written into the cell state."),
                (_row("input"),),
                symbol="i",
                related=("gate", "candidate", "cell-state"),
                docs=CELLS,
                hint=LSTM,
            ),
            Entry(
                "candidate",
                Text("candidate"),
                Text("What would be written into the memory if the gate let all of it pass."),
                (_row("candidate"),),
                symbol="g, n",
                related=("gate", "input-gate", "update-gate"),
                docs=CELLS,
                hint=GATED,
            ),
            Entry(
                "output-gate",
                Text("output gate"),
                Text("How much of the cell state shows in the hidden state."),
                (_row("output"),),
                symbol="o",
                related=("gate", "cell-state", "hidden-state"),
                docs=CELLS,
                hint=LSTM,
            ),
            Entry(
                "update-gate",
                Text("update gate"),
                Text("How much of the old hidden state stays; the rest comes from the candidate."),
                (_row("update"),),
                symbol="z",
                related=("gate", "candidate", "gru"),
                docs=CELLS,
                hint=GRU,
            ),
            Entry(
                "reset-gate",
                Text("reset gate"),
                Text("How much of the old hidden state the candidate gets to see."),
                (_row("reset"),),
                symbol="r",
                related=("gate", "candidate", "gru"),
                docs=CELLS,
                hint=GRU,
            ),
        ),
    ),
    Section(
        Text("The lab"),
        (
            Entry(
                "run",
                Text("run"),
                Text("One training from its first random weights on, with all that followed."),
                (".controls",),
                related=("iteration", "seed"),
            ),
            Entry(
                "engine",
                Text("engine"),
                Text("The program that computes: in plain NumPy, or compiled and a hundred times faster."),
                (".head-fact:has(#engine)",),
                related=("run", "speed"),
                docs="engine.md",
            ),
            Entry(
                "speed",
                Text("speed"),
                Text("How many iterations a second the run makes at most; it changes nothing that is learned."),
                (".controls-speed",),
                related=("iteration", "engine"),
            ),
        ),
    ),
)
"""All terms, in the order of a story: what is asked, what answers, how it learns."""

ENTRIES = {entry.id: entry for section in GLOSSARY for entry in section.entries}
"""The terms by their ids."""

OF_FIELDS = {
    "task": "task",
    "bits": "bit",
    "cell": "cell",
    "activation": "activation",
    "hidden_size": "hidden-size",
    "bias": "bias",
    "init": "initial-weights",
    "loss": "loss",
    "optimizer": "optimizer",
    "learning_rate": "learning-rate",
    "clip_norm": "clip-norm",
    "batch_size": "batch",
    "seed": "seed",
    "max_iterations": "iterations",
}
"""The term that each field of a configuration is named by."""
