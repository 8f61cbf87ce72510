"""The names in a program: what each means, and what the script that this project grew from calls it."""

from collections.abc import Mapping

from rnn_core.config import TrainingConfig
from rnn_core.network.parts import make_cell, make_task
from rnn_core.program.cells import Loops
from rnn_core.program.lines import Variable
from rnn_core.text import Text

SCRIPT = {
    "T": "binary_dim",
    "H": "hidden_dim",
    "k": "j",
    "t": "position",
    "a": "a_int",
    "b": "b_int",
    "x": "X",
    "h": "layer_1_values",
    "error": "overallError",
    "learning_rate": "alpha",
    "W_hy": "synapse_1",
    "dW_hy": "synapse_1_update",
}
"""The script's names for what is in the program of every cell."""

SCRIPT_ELMAN = {
    "W_xh": "synapse_0",
    "W_hh": "synapse_h",
    "dW_xh": "synapse_0_update",
    "dW_hh": "synapse_h_update",
    "dh": "layer_1_delta",
}
"""Those of the Elman cell alone: the script has no other."""


def script_names(config: TrainingConfig, loops: Loops) -> dict[str, str]:
    """The script's names by the program's, for those that the script has."""
    output = {loops.output: "layer_2", f"d{loops.output}": "layer_2_deltas", loops.target: "y"}
    return {**SCRIPT, **output, **(SCRIPT_ELMAN if config.cell == "elman" else {})}


LETTERS = {"gru": "zrn", "lstm": "ifgo"}
"""The names of the gates in the formulas, in the order of the cell's gates."""


def operand_name(name: str, config: TrainingConfig) -> str:
    """The program's name for an operand. In an LSTM c is the cell state already."""
    return "c_int" if (name, config.cell) == ("c", "lstm") else name


def variables_of(config: TrainingConfig, loops: Loops) -> dict[str, Variable]:
    """What the names of a configuration's program mean."""
    task, cell = make_task(config), make_cell(config)
    T, B, H, inputs = config.bits, config.batch_size, config.hidden_size, len(task.operands)  # noqa: N806
    gated = config.cell != "elman"
    found = {
        "T": Variable("", Text("the number of positions, which is the number of bits of a problem")),
        "B": Variable("", Text("the number of problems in a batch")),
        "H": Variable("", Text("the number of hidden units")),
        "k": Variable("iteration", Text("the iteration, counted from 0")),
        "t": Variable("position", Text("the position, counted from the least significant bit, which is 0")),
        "bit": Variable("", Text("0, 1, 2 and so on, one number for each position"), (T, 1)),
        "random": Variable("", Text("the generator of random numbers: the seed decides all that it draws")),
        "learning_rate": Variable("learning_rate", Text("the learning rate: how far each update moves the weights")),
        "changes": Variable("learning_rate", Text("the changes of the learning rate, by their iterations")),
        "lower": Variable("", Text("a mask of the bits up to each position"), (T, 1)),
        "x": Variable("inputs", Text("the bits that come in"), (T, B, inputs)),
        loops.target: Variable("targets", Text("the bits that should come out"), (T, B, 1)),
        "h": Variable(
            "hidden_states",
            Text("the hidden states: what the network remembers; row 0 is the empty start"),
            (T + 1, B, H),
        ),
        loops.output: Variable("outputs", Text("the outputs: for each bit, the probability that it is 1"), (T, B, 1)),
        "error": Variable("error", Text("the error: how far the outputs are from the true bits, added up")),
        f"d{loops.output}": Variable(
            "output_deltas", Text("minus the gradient at the output, before its sigmoid"), (T, B, 1)
        ),
        "dh": Variable(
            "hidden_deltas",
            Text("minus the gradient at the hidden state") if gated else Text("minus the gradient at the hidden units"),
            (T if gated else T + 1, B, H),
        ),
        "W": Variable("weights", Text("each parameter in turn")),
        "weights": Variable("weights", Text("all parameters")),
        "dW": Variable("updates", Text("minus the gradient for each parameter in turn")),
        "descent": Variable("updates", Text("minus the gradient for all parameters")),
        "length": Variable("", Text("the length of the gradient")),
        "velocity": Variable("", Text("what the optimizer remembers of earlier gradients: their fading sum")),
        "velocities": Variable("", Text("what the optimizer remembers of earlier gradients: their fading sum")),
        "mean": Variable("", Text("what Adam remembers: the fading mean of gradients")),
        "means": Variable("", Text("what Adam remembers: the fading mean of gradients")),
        "square": Variable("", Text("what Adam remembers: the fading mean of squared gradients")),
        "squares": Variable("", Text("what Adam remembers: the fading mean of squared gradients")),
        "step": Variable("", Text("the mean gradient, without the bias of its zero start")),
    }
    for name in task.operands:
        found[operand_name(name, config)] = Variable(
            f"operand.{name}", Text("the number {name} of the problem", name=name), (B,)
        )
    for letter, gate in zip(LETTERS.get(config.cell, ""), cell.gates, strict=True):
        found[letter] = Variable(f"gates.{gate}", _gate(gate), (T, B, H))
        found[f"d{letter}"] = Variable("", Text("minus the gradient inside {gate}", gate=_gate(gate)), (B, H))
    if config.cell == "lstm":
        found["c"] = Variable("cell_states", Text("the cell states: the memory itself"), (T + 1, B, H))
        found["dc"] = Variable("", Text("minus the gradient at the cell state"), (B, H))
        found["shown"] = Variable("", Text("how the cell state looks from outside"), (B, H))
    for name in ("asked", "asked_h", "asked_c"):
        if gated:
            found[name] = Variable("", Text("what later positions ask of this state"), (B, H))
    for name, shape in cell.shapes.items():
        found[name] = Variable(f"weights.{name}", _parameter(name, found), shape)
        found[f"d{name}"] = Variable(f"updates.{name}", Text("minus the gradient for {name}", name=name), shape)
    return found


def _gate(name: str) -> Text:
    """A gate in words. A candidate is no gate in the proper sense."""
    return Text("the candidate") if name == "candidate" else Text("the {gate} gate", gate=Text(name))


def _parameter(name: str, found: Mapping[str, Variable]) -> Text:
    """What a parameter is, from its name: W_xh leads from x to h."""
    kind, to = name[:-1], name[-1]
    if to == "y":
        return (
            Text("the bias of the output") if kind == "b_" else Text("the weights from the hidden state to the output")
        )
    if to == "h":
        return {
            "W_x": Text("the weights from the input to the hidden units"),
            "W_h": Text("the weights from the hidden state to the next one: the loop"),
            "b_": Text("the biases of the hidden units"),
        }[kind]
    gate = _gate(found[to].role.removeprefix("gates."))
    return {
        "W_x": Text("the weights from the input to {gate}", gate=gate),
        "W_h": Text("the weights from the hidden state to {gate}", gate=gate),
        "b_": Text("the biases of {gate}", gate=gate),
    }[kind]
