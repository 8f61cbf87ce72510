"""The loops of each cell as text: those of `rnn_core.cells`, in the names of their formulas.

A block is a step and its text. {I} and {descent} stand for what depends on more than the cell.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rnn_core.config import TrainingConfig

Blocks = list[tuple[str, str]]

ACTIVATION = {"sigmoid": "sigmoid({z})", "tanh": "np.tanh({z})", "relu": "np.maximum({z}, 0)"}
SLOPE = {"sigmoid": "h[t + 1] * (1 - h[t + 1])", "tanh": "(1 - h[t + 1] ** 2)", "relu": "(h[t + 1] > 0)"}


@dataclass(frozen=True)
class Loops:
    """The loops of a cell.

    Attributes:
        drawn: the lines that draw its matrices, in the order of the cell's shapes.
        forward: from the problem to all outputs.
        backward: from the outputs to the descent direction of each parameter.
        output: the name of the network's output; `target` is that of the true bit.
    """

    drawn: str
    forward: Blocks
    backward: Blocks
    output: str = "o"
    target: str = "y"


def delta(config: TrainingConfig, output: str, target: str) -> str:
    """Minus the gradient of the loss at the logit of position t."""
    error = f"{target}[t] - {output}[t]"
    return error if config.loss == "cross_entropy" else f"({error}) * {output}[t] * (1 - {output}[t])"


def elman(config: TrainingConfig, batch: str) -> Loops:
    """See `rnn_core.cells.elman`."""
    b_h, b_y = (" + b_h", " + b_y") if config.bias else ("", "")
    state = ACTIVATION[config.activation].format(z=f"x[t] @ W_xh + h[t] @ W_hh{b_h}")
    biases = "        db_h += dh[t].sum(axis=0)\n        db_y += do[t].sum(axis=0)" if config.bias else ""
    return Loops(
        drawn="W_xh, W_hy, W_hh = drawn({I}, H), drawn(H, 1), drawn(H, H)",
        forward=[
            ("setup", f"    h = np.zeros((T + 1, {batch}, H))\n    o = np.zeros((T, {batch}, 1))"),
            ("forward", "    for t in range(T):"),
            ("forward.state", f"        h[t + 1] = {state}"),
            ("forward.output", f"        o[t] = sigmoid(h[t + 1] @ W_hy{b_y})"),
        ],
        backward=[
            ("setup", f"    do, dh = np.zeros((T, {batch}, 1)), np.zeros((T + 1, {batch}, H))"),
            ("setup", "{descent}"),
            ("backward", "    for t in reversed(range(T)):"),
            ("backward.output", f"        do[t] = {delta(config, 'o', 'y')}"),
            (
                "backward.state",
                f"        dh[t] = (do[t] @ W_hy.T + dh[t + 1] @ W_hh.T) * {SLOPE[config.activation]}",
            ),
            (
                "backward.weights",
                "        dW_xh += x[t].T @ dh[t]\n        dW_hh += h[t].T @ dh[t]\n        dW_hy += h[t + 1].T @ do[t]",
            ),
            ("backward.weights", biases),
        ],
    )


GRU_FORWARD = """\
        z[t] = sigmoid(x[t] @ W_xz + h[t] @ W_hz{b_z})
        r[t] = sigmoid(x[t] @ W_xr + h[t] @ W_hr{b_r})
        n[t] = np.tanh(x[t] @ W_xn + r[t] * (h[t] @ W_hn){b_n})
        h[t + 1] = z[t] * h[t] + (1 - z[t]) * n[t]"""

GRU_BACKWARD = """\
        dh[t] = do[t] @ W_hy.T + asked
        dz = dh[t] * (h[t] - n[t]) * z[t] * (1 - z[t])
        dn = dh[t] * (1 - z[t]) * (1 - n[t] ** 2)
        dr = dn * (h[t] @ W_hn) * r[t] * (1 - r[t])
        asked = dh[t] * z[t] + dz @ W_hz.T + dr @ W_hr.T + (dn * r[t]) @ W_hn.T"""

GRU_WEIGHTS = """\
        dW_xz += x[t].T @ dz
        dW_xr += x[t].T @ dr
        dW_xn += x[t].T @ dn
        dW_hz += h[t].T @ dz
        dW_hr += h[t].T @ dr
        dW_hn += h[t].T @ (dn * r[t])
        dW_hy += h[t + 1].T @ do[t]"""

LSTM_FORWARD = """\
        i[t] = sigmoid(x[t] @ W_xi + h[t] @ W_hi{b_i})
        f[t] = sigmoid(x[t] @ W_xf + h[t] @ W_hf{b_f})
        g[t] = np.tanh(x[t] @ W_xg + h[t] @ W_hg{b_g})
        o[t] = sigmoid(x[t] @ W_xo + h[t] @ W_ho{b_o})
        c[t + 1] = f[t] * c[t] + i[t] * g[t]
        h[t + 1] = o[t] * np.tanh(c[t + 1])"""

LSTM_BACKWARD = """\
        shown = np.tanh(c[t + 1])
        dh[t] = dy[t] @ W_hy.T + asked_h
        do = dh[t] * shown * o[t] * (1 - o[t])
        dc = dh[t] * o[t] * (1 - shown**2) + asked_c
        di = dc * g[t] * i[t] * (1 - i[t])
        df = dc * c[t] * f[t] * (1 - f[t])
        dg = dc * i[t] * (1 - g[t] ** 2)
        asked_c = dc * f[t]
        asked_h = di @ W_hi.T + df @ W_hf.T + dg @ W_hg.T + do @ W_ho.T"""

LSTM_WEIGHTS = "\n".join(
    [
        *(f"        dW_x{gate} += x[t].T @ d{gate}" for gate in "ifgo"),
        *(f"        dW_h{gate} += h[t].T @ d{gate}" for gate in "ifgo"),
        "        dW_hy += h[t + 1].T @ dy[t]",
    ]
)


def gru(config: TrainingConfig, batch: str) -> Loops:
    """See `rnn_core.cells.gru`."""
    return Loops(
        drawn='W_xz, W_xr, W_xn = (drawn({I}, H) for gate in "zrn")\n'
        'W_hz, W_hr, W_hn = (drawn(H, H) for gate in "zrn")\n'
        "W_hy = drawn(H, 1)",
        forward=[
            ("setup", f"    h, o = np.zeros((T + 1, {batch}, H)), np.zeros((T, {batch}, 1))"),
            ("setup", f'    z, r, n = (np.zeros((T, {batch}, H)) for gate in "zrn")'),
            ("forward", "    for t in range(T):"),
            ("forward.state", _biased(GRU_FORWARD, config, "zrn")),
            ("forward.output", _biased("        o[t] = sigmoid(h[t + 1] @ W_hy{b_y})", config, "y")),
        ],
        backward=[
            ("setup", f"    do, dh = np.zeros((T, {batch}, 1)), np.zeros((T, {batch}, H))"),
            ("setup", f"    asked = np.zeros(({batch}, H))"),
            ("setup", "{descent}"),
            ("backward", "    for t in reversed(range(T)):"),
            ("backward.output", f"        do[t] = {delta(config, 'o', 'y')}"),
            ("backward.state", GRU_BACKWARD),
            ("backward.weights", GRU_WEIGHTS),
            ("backward.weights", _bias_sums(config, {"z": "dz", "r": "dr", "n": "dn", "y": "do[t]"})),
        ],
    )


def lstm(config: TrainingConfig, batch: str) -> Loops:
    """See `rnn_core.cells.lstm`. There o is a gate, so y is the output."""
    return Loops(
        drawn='W_xi, W_xf, W_xg, W_xo = (drawn({I}, H) for gate in "ifgo")\n'
        'W_hi, W_hf, W_hg, W_ho = (drawn(H, H) for gate in "ifgo")\n'
        "W_hy = drawn(H, 1)",
        forward=[
            ("setup", f"    h, c = np.zeros((T + 1, {batch}, H)), np.zeros((T + 1, {batch}, H))"),
            ("setup", f'    i, f, g, o = (np.zeros((T, {batch}, H)) for gate in "ifgo")'),
            ("setup", f"    y = np.zeros((T, {batch}, 1))"),
            ("forward", "    for t in range(T):"),
            ("forward.state", _biased(LSTM_FORWARD, config, "ifgo")),
            ("forward.output", _biased("        y[t] = sigmoid(h[t + 1] @ W_hy{b_y})", config, "y")),
        ],
        backward=[
            ("setup", f"    dy, dh = np.zeros((T, {batch}, 1)), np.zeros((T, {batch}, H))"),
            ("setup", f"    asked_h, asked_c = np.zeros(({batch}, H)), np.zeros(({batch}, H))"),
            ("setup", "{descent}"),
            ("backward", "    for t in reversed(range(T)):"),
            ("backward.output", f"        dy[t] = {delta(config, 'y', 'target')}"),
            ("backward.state", LSTM_BACKWARD),
            ("backward.weights", LSTM_WEIGHTS),
            (
                "backward.weights",
                _bias_sums(config, {**{gate: f"d{gate}" for gate in "ifgo"}, "y": "dy[t]"}),
            ),
        ],
        output="y",
        target="target",
    )


def _biased(text: str, config: TrainingConfig, names: str) -> str:
    """The text with the biases in it, if there are any."""
    return text.format(**{f"b_{name}": f" + b_{name}" if config.bias else "" for name in names})


def _bias_sums(config: TrainingConfig, deltas: Mapping[str, str]) -> str:
    sums = [f"        db_{name} += {values}.sum(axis=0)" for name, values in deltas.items()]
    return "\n".join(sums) if config.bias else ""


LOOPS: dict[str, Callable[[TrainingConfig, str], Loops]] = {"elman": elman, "gru": gru, "lstm": lstm}
"""By the cells' names in a configuration. The second argument is how the program writes the number of problems."""
