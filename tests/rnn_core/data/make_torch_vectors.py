"""Makes torch_vectors.json: small networks, what PyTorch's cells compute with them, and their gradients.

    .venv/bin/pip install '.[peers]'
    .venv/bin/python -m tests.rnn_core.data.make_torch_vectors

The weights have two decimals and the inputs are bits, so that people can read the file. Everything is float64.
"""

import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

torch: Any = import_module("torch")  # untyped, so that mypy gives the same result if it is not installed

VECTORS = Path(__file__).with_name("torch_vectors.json")

ORDER = {"elman-tanh": "h", "elman-relu": "h", "gru": "rzn", "lstm": "ifgo"}
"""The names of the gates in this project's parameters, in the order in which PyTorch stacks them."""


def torch_cell(kind: str, inputs: int, hidden: int) -> Any:
    """PyTorch's cell of one kind, in float64."""
    if kind == "gru":
        return torch.nn.GRUCell(inputs, hidden, dtype=torch.float64)
    if kind == "lstm":
        return torch.nn.LSTMCell(inputs, hidden, dtype=torch.float64)
    return torch.nn.RNNCell(inputs, hidden, nonlinearity=kind.removeprefix("elman-"), dtype=torch.float64)


def compute(kind: str, weights: Mapping[str, Array], inputs: Array, targets: Array) -> dict[str, Any]:
    """What PyTorch computes from weights with this project's names, inputs (T, B, I) and targets (T, B).

    The loss is binary cross-entropy, summed. PyTorch has each bias twice. The second one, at the state, stays zero.

    Returns:
        hidden_states and, for the LSTM, cell_states (T, B, H), logits (T, B), loss; hidden_deltas (T, B, H), minus the
        gradient at the hidden states; descent, minus the gradient at each weight.
    """
    order = ORDER[kind]
    hidden = len(weights["W_hy"])
    cell = torch_cell(kind, inputs.shape[2], hidden)
    biased = "b_y" in weights
    with torch.no_grad():
        cell.weight_ih.copy_(torch.tensor(np.concatenate([weights[f"W_x{gate}"].T for gate in order])))
        cell.weight_hh.copy_(torch.tensor(np.concatenate([weights[f"W_h{gate}"].T for gate in order])))
        cell.bias_ih.zero_()
        cell.bias_hh.zero_()
        if biased:
            cell.bias_ih.copy_(torch.tensor(np.concatenate([weights[f"b_{gate}"] for gate in order])))
    readout = torch.tensor(weights["W_hy"], requires_grad=True)
    threshold = torch.tensor(weights["b_y"] if biased else np.zeros(1), requires_grad=True)

    h = c = torch.zeros(inputs.shape[1], hidden, dtype=torch.float64)
    states, memories, logits = [], [], []
    for x in torch.tensor(inputs):
        if kind == "lstm":
            h, c = cell(x, (h, c))
            memories.append(c)
        else:
            h = cell(x, h)
        h.retain_grad()
        states.append(h)
        logits.append((h @ readout)[:, 0] + threshold)
    loss = torch.nn.functional.binary_cross_entropy_with_logits(
        torch.stack(logits), torch.tensor(targets), reduction="sum"
    )
    loss.backward()

    descent = {"W_hy": -readout.grad.numpy()}
    for k, gate in enumerate(order):
        rows = slice(k * hidden, (k + 1) * hidden)
        descent[f"W_x{gate}"] = -cell.weight_ih.grad.numpy()[rows].T
        descent[f"W_h{gate}"] = -cell.weight_hh.grad.numpy()[rows].T
        if biased:
            descent[f"b_{gate}"] = -cell.bias_ih.grad.numpy()[rows]
            descent["b_y"] = -threshold.grad.numpy()
    return {
        "hidden_states": torch.stack(states).detach().numpy(),
        **({"cell_states": torch.stack(memories).detach().numpy()} if memories else {}),
        "logits": torch.stack(logits).detach().numpy(),
        "loss": loss.item(),
        "hidden_deltas": np.array([-state.grad.numpy() for state in states]),
        "descent": {name: descent[name] for name in weights},
    }


def example(kind: str) -> dict[str, Any]:
    """A network of two units with biases that reads two problems of four positions, and PyTorch's results for it."""
    random = np.random.RandomState(38)
    length, batch, inputs, hidden = 4, 2, 2, 2
    order = ORDER[kind]
    shapes = {
        **{f"W_x{gate}": (inputs, hidden) for gate in order},
        **{f"W_h{gate}": (hidden, hidden) for gate in order},
        "W_hy": (hidden, 1),
        **{f"b_{gate}": (hidden,) for gate in order},
        "b_y": (1,),
    }
    weights = {name: random.uniform(-2, 2, shape).round(2) for name, shape in shapes.items()}
    bits = random.randint(2, size=(length, batch, inputs)).astype(np.float64)
    targets = random.randint(2, size=(length, batch)).astype(np.float64)
    return {"weights": weights, "inputs": bits, "targets": targets, **compute(kind, weights, bits, targets)}


def written(value: Any, depth: int = 0) -> str:
    """JSON with a line for each array."""
    if isinstance(value, dict):
        indent = "  " * (depth + 1)
        lines = (f"{indent}{json.dumps(name)}: {written(inner, depth + 1)}" for name, inner in value.items())
        return "{\n" + ",\n".join(lines) + "\n" + "  " * depth + "}"
    return json.dumps(value.tolist() if isinstance(value, np.ndarray) else value)


if __name__ == "__main__":
    everything = {
        "made with": f"PyTorch {torch.__version__.partition('+')[0]}",
        **{kind: example(kind) for kind in ORDER},
    }
    VECTORS.write_text(written(everything) + "\n")
