"""The same training in plain NumPy, written without rnn_core. The kernels are compared with it."""

# ruff: noqa: N806

import numpy as np
from numpy.typing import NDArray

from rnn_core.kernels.network.plan import Plan

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def draw(plan: Plan, iterations: int, seed: int = 0) -> tuple[Floats, Integers, Integers]:
    """Parameters and problems in the script's order of drawing; biases are zero."""
    random = np.random.RandomState(seed)
    W_xh, W_hy, W_hh = (2 * random.random_sample((rows, plan.hidden)) - 1 for rows in (2, 1, plan.hidden))
    biases = np.zeros(plan.hidden + 1 if plan.bias else 0)
    operands = random.randint(2 ** (plan.positions - 1), size=(iterations * plan.batch, 2)).astype(np.int64)
    return np.concatenate([W_xh.ravel(), W_hy.ravel(), W_hh.ravel(), biases]), operands, operands.sum(1)


def logistic(z: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-z)))


def activate(kind: str, z: Floats) -> Floats:
    if kind == "sigmoid":
        return logistic(z)
    return np.asarray(np.tanh(z) if kind == "tanh" else np.maximum(z, 0.0))


def slope(kind: str, h: Floats) -> Floats:
    return np.asarray({"sigmoid": h * (1 - h), "tanh": 1 - h * h, "relu": 1.0 * (h > 0)}[kind])


class Rendering:
    """One network with its optimizer; `iterate` does one iteration and returns its error."""

    def __init__(self, plan: Plan, parameters: Floats, learning_rate: float, clip_norm: float | None = None) -> None:
        self.plan, self.parameters, self.learning_rate, self.clip_norm = (
            plan,
            parameters.copy(),
            learning_rate,
            clip_norm,
        )
        self.velocity, self.square, self.steps = np.zeros_like(parameters), np.zeros_like(parameters), 0

    def weights(self) -> tuple[Floats, Floats, Floats, Floats, float]:
        H = self.plan.hidden
        W_xh, W_hy, W_hh, rest = np.split(self.parameters, [2 * H, 3 * H, (3 + H) * H])
        bias_h, bias_y = (rest[:H], float(rest[H])) if self.plan.bias else (np.zeros(H), 0.0)
        return W_xh.reshape(2, H), W_hy, W_hh.reshape(H, H), bias_h, bias_y

    def iterate(self, operands: Integers, answers: Integers) -> float:
        """One iteration on operands (B, 2) and answers (B,). Returns its error."""
        plan, (W_xh, W_hy, W_hh, bias_h, bias_y) = self.plan, self.weights()
        B, T, H = len(operands), plan.positions, plan.hidden
        x = (operands[:, None, :] >> np.arange(T)[:, None] & 1).astype(float)  # (B, T, 2)
        y = (answers[:, None] >> np.arange(T) & 1).astype(float)  # (B, T)
        h = np.zeros((B, T + 1, H))
        for t in range(T):
            h[:, t + 1] = activate(plan.activation, x[:, t] @ W_xh + h[:, t] @ W_hh + bias_h)
        o = logistic(h[:, 1:] @ W_hy + bias_y)  # (B, T)
        output_deltas = (y - o) * (o * (1 - o) if plan.loss == "squared_error" else 1.0)
        deltas = np.zeros((B, T + 1, H))
        for t in reversed(range(T)):
            wanted = deltas[:, t + 1] @ W_hh.T + output_deltas[:, t, None] * W_hy
            deltas[:, t] = wanted * slope(plan.activation, h[:, t + 1])
        self.x, self.y, self.o, self.h, self.output_deltas, self.deltas = x, y, o, h, output_deltas, deltas[:, :T]
        rows = deltas[:, :T].reshape(-1, H)
        updates = [
            (x.reshape(-1, 2).T @ rows).ravel(),
            output_deltas.ravel() @ h[:, 1:].reshape(-1, H),
            (h[:, :-1].reshape(-1, H).T @ rows).ravel(),
        ]
        if plan.bias:
            updates += [rows.sum(0), np.array([output_deltas.sum()])]
        self.updates = self.optimize(np.concatenate(updates) / B)
        self.parameters = self.parameters + self.learning_rate * self.updates
        return float(np.abs(y - o).sum()) / B

    def optimize(self, direction: Floats) -> Floats:
        self.steps += 1
        if self.clip_norm is not None:
            direction = direction * min(1.0, self.clip_norm / float(np.sqrt((direction**2).sum())))
        if self.plan.optimizer == "sgd":
            return direction
        if self.plan.optimizer == "momentum":
            self.velocity = 0.9 * self.velocity + direction
            return self.velocity
        self.velocity = 0.9 * self.velocity + 0.1 * direction
        self.square = 0.999 * self.square + 0.001 * direction**2
        mean, square = self.velocity / (1 - 0.9**self.steps), self.square / (1 - 0.999**self.steps)
        return np.asarray(mean / (np.sqrt(square) + 1e-8))

    def run(self, operands: Integers, answers: Integers) -> Floats:
        """Do all iterations that the problems are enough for, and return their errors."""
        B = self.plan.batch
        return np.array([self.iterate(operands[k : k + B], answers[k : k + B]) for k in range(0, len(operands), B)])
