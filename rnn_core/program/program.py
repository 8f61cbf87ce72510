"""The program that computes a run: all of it, and only what the run's configuration needs."""

from collections.abc import Sequence
from textwrap import wrap

from rnn_core.config import TrainingConfig
from rnn_core.network.parts import make_cell, make_task
from rnn_core.program.cells import LOOPS, Blocks, Loops
from rnn_core.program.lines import NAME, Program, lines_of
from rnn_core.program.names import operand_name, script_names, variables_of
from rnn_core.program.tasks import PROBLEMS

WIDTH = 100
"""The longest line of lists."""

PRINTED = 100
"""About the largest number of errors that a program prints."""

WEIGHTS = {
    "uniform": "return 2 * random.random_sample((rows, columns)) - 1",
    "glorot": "return np.sqrt(6 / (rows + columns)) * (2 * random.random_sample((rows, columns)) - 1)",
}


class NoProgram(Exception):
    """There is no program for this task or cell."""


def written(
    config: TrainingConfig,
    changes: Sequence[tuple[int, float]] = (),
    iterations: int | None = None,
    *,
    names_of_script: bool = False,
) -> Program:
    """The program that computes a run from its beginning: it draws the same weights and problems in the same order.

    Args:
        config: the run's configuration.
        changes: those of the learning rate, (iteration, value) each, in order.
        iterations: how many iterations a run did that has diverged; None for any other run.
        names_of_script: whether it has the names of the script that this project grew from, where that has one.

    Raises:
        NoProgram: none is written for this task or cell.
    """
    if config.task not in PROBLEMS or config.cell not in LOOPS:
        raise NoProgram
    batch = "1" if config.batch_size == 1 else "B"
    loops = LOOPS[config.cell](config, batch)
    variables = variables_of(config, loops)
    count = config.max_iterations if iterations is None else iterations
    changes = [(at, rate) for at, rate in changes if at < count]
    ended = "" if iterations is None else "  # then the numbers of the run were no longer finite"
    blocks = [
        *_head(config, changes),
        *_functions(config),
        *_weights(config, loops),
        ("", "\n"),
        ("problem", f"for k in range({count:_}):{ended}"),
        *([("problem", "    learning_rate = changes.get(k, learning_rate)")] if changes else []),
        *_problem(config, loops, batch),
        ("", "\n    # Forward: from bit to bit, carrying the hidden state along"),
        *loops.forward,
        ("error", f"    error = np.abs({loops.target} - {loops.output}).sum()" + ("" if batch == "1" else " / B")),
        ("", "\n    # Backward through time: d is minus the gradient, so it points downhill"),
        *[(step, text.replace("{descent}", _descent(config))) for step, text in loops.backward],
        *_update(config),
        *_printing(count),
    ]
    program = Program(lines_of(blocks, variables), variables)
    return program.renamed(script_names(config, loops)) if names_of_script else program


def _is_plain(config: TrainingConfig) -> bool:
    """Whether each weight has a line of its own in the update."""
    return (config.cell, config.optimizer, config.clip_norm, config.batch_size) == ("elman", "sgd", None, 1)


def _head(config: TrainingConfig, changes: Sequence[tuple[int, float]]) -> Blocks:
    task = make_task(config)
    sizes = f"T, H = {config.bits}, {config.hidden_size}  # bits of a problem, hidden units"
    if config.batch_size > 1:
        sizes = (
            f"T, B, H = {config.bits}, {config.batch_size}, {config.hidden_size}"
            "  # bits of a problem, problems in a batch, hidden units"
        )
    blocks = [
        ("", f'"""What a run of rnn-adder computes, by NumPy alone. Task: {task.name}. Cell: {config.cell}."""'),
        ("", "\nimport numpy as np\n\n"),
        ("setup", sizes),
        ("setup", f"learning_rate = {config.learning_rate!r}"),
    ]
    if changes:
        pairs = ", ".join(f"{at}: {rate!r}" for at, rate in changes)
        inside = "\n".join(f"    {line}" for line in wrap(pairs, WIDTH))
        short = f"changes = {{{pairs}}}"
        blocks.append(("", "# From these iterations on the run had another learning rate"))
        blocks.append(("setup", short if len(short) < WIDTH else f"changes = {{\n{inside},\n}}"))
    setup = PROBLEMS[config.task].setup
    return [
        *blocks,
        ("setup", f"random = np.random.RandomState({config.seed})"),
        ("setup", "bit = np.arange(T)[:, np.newaxis]"),
        *([("setup", setup)] if setup else []),
    ]


def _functions(config: TrainingConfig) -> Blocks:
    return [
        ("function", "\ndef sigmoid(z):\n    return 1 / (1 + np.exp(-z))"),
        ("function", f"\ndef drawn(rows, columns):\n    {WEIGHTS[config.init]}"),
        ("", "\n"),
    ]


def _weights(config: TrainingConfig, loops: Loops) -> Blocks:
    shapes = make_cell(config).shapes
    biases = [name for name, shape in shapes.items() if len(shape) == 1]
    blocks = [("setup", loops.drawn.replace("{I}", str(len(make_task(config).operands))))]
    if biases:
        hidden = biases[:-1]
        zeros = "np.zeros(H)" if len(hidden) == 1 else f'(np.zeros(H) for gate in "{"".join(b[-1] for b in hidden)}")'
        blocks.append(("setup", f"{', '.join(hidden)} = {zeros}\nb_y = np.zeros(1)"))
    if not _is_plain(config):
        blocks.append(("setup", _list("weights", list(shapes))))
        if config.optimizer == "momentum":
            blocks.append(("setup", "velocities = [np.zeros_like(W) for W in weights]"))
        if config.optimizer == "adam":
            blocks.append(("setup", "means = [np.zeros_like(W) for W in weights]"))
            blocks.append(("setup", "squares = [np.zeros_like(W) for W in weights]"))
    return blocks


def _list(name: str, members: Sequence[str], indent: str = "") -> str:
    """A line with a list, or several if it is long."""
    short = f"{indent}{name} = [{', '.join(members)}]"
    if len(short) < WIDTH:
        return short
    inside = "\n".join(f"{indent}    {line}" for line in wrap(", ".join(members) + ",", WIDTH - 8))
    return f"{indent}{name} = [\n{inside}\n{indent}]"


def _descent(config: TrainingConfig) -> str:
    """The lines that begin the sums over all positions: one for each parameter."""
    names = list(make_cell(config).shapes)
    if _is_plain(config):
        pairs = [f"    d{name} = np.zeros_like({name})" for name in names]
        return "\n".join(pairs)
    targets = [f"d{name}" for name in names]
    zeros = "    descent = [np.zeros_like(W) for W in weights]\n"
    short = f"    {', '.join(targets)} = descent"
    if len(short) < WIDTH:
        return zeros + short
    inside = "\n".join(f"        {line}" for line in wrap(", ".join(targets) + ",", WIDTH - 8))
    return f"{zeros}    (\n{inside}\n    ) = descent"


def _problem(config: TrainingConfig, loops: Loops, batch: str) -> Blocks:
    task, problems = make_task(config), PROBLEMS[config.task]
    count = len(task.operands)
    numbers = f"random.randint({task.operand_limit}, size=({batch}, {count}), dtype=np.int64)"
    own = {name: operand_name(name, config) for name in task.operands}

    def told(text: str) -> str:
        return NAME.sub(lambda match: own.get(match[0], match[0]), text)

    bits = [f"{name} >> bit & 1" for name in task.operands]
    inputs = f"({bits[0]})[..., np.newaxis]" if count == 1 else f"np.stack([{', '.join(bits)}], axis=-1)"
    return [
        ("", f"    # {problems.comment}"),
        ("problem", told(f"    {problems.draw.format(numbers=numbers)}")),
        ("problem", told(f"    x = {inputs}\n    {loops.target} = {problems.targets}")),
    ]


CLIP = """\
    length = np.sqrt(sum((dW**2).sum() for dW in descent))
    if length > {limit}:
        for dW in descent:
            dW *= {limit} / length"""

UPDATES = {
    "sgd": """\
    for W, dW in zip(weights, descent):
        W += learning_rate * dW""",
    "momentum": """\
    for W, dW, velocity in zip(weights, descent, velocities):
        velocity *= 0.9
        velocity += dW
        W += learning_rate * velocity""",
    "adam": """\
    for W, dW, mean, square in zip(weights, descent, means, squares):
        mean[...] = 0.9 * mean + (1 - 0.9) * dW
        square[...] = 0.999 * square + (1 - 0.999) * dW * dW
        step = mean / (1 - 0.9 ** (k + 1))
        W += learning_rate * (step / (np.sqrt(square / (1 - 0.999 ** (k + 1))) + 1e-8))""",
}


def _update(config: TrainingConfig) -> Blocks:
    blocks: Blocks = []
    if config.batch_size > 1:
        blocks += [
            ("", "\n    # The mean over the batch"),
            ("update", "    for dW in descent:\n        dW /= B"),
        ]
    if config.clip_norm is not None:
        blocks += [
            ("", "\n    # A gradient that is too long is shortened"),
            ("update", CLIP.format(limit=repr(config.clip_norm))),
        ]
    blocks.append(("", "\n    # Update: every weight moves a little"))
    if _is_plain(config):
        moves = [f"    {name} += learning_rate * d{name}" for name in make_cell(config).shapes]
        return [*blocks, ("update", "\n".join(moves))]
    return [*blocks, ("update", UPDATES[config.optimizer])]


def _printing(count: int) -> Blocks:
    every = 1
    while count > every * PRINTED:
        every *= 10
    if every == 1:
        return [("", "    print(k, error)")]
    return [("", f"    if k % {every} == 0:\n        print(k, error)")]
