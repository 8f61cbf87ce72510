"""The script's way: NumPy calls position by position on (1, H) arrays, lists of copies, three update arrays. All others
are compared with it.
"""

# ruff: noqa: N806

import copy

import numpy as np

from benchmarks.problem import LEARNING_RATE, Floats, Problem

name = "script"


def refuses(problem: Problem) -> str | None:
    return None if problem.batch == 1 else "batch 1 only"


def sigmoid(z: Floats) -> Floats:
    return 1 / (1 + np.exp(-z))


def slope(output: Floats) -> Floats:
    return output * (1 - output)


def run(problem: Problem) -> Floats:
    T, H = problem.bits, problem.hidden
    W_xh, W_hh, W_hy = (weights.copy() for weights in problem.drawn[:3])
    to_W_xh, to_W_hh, to_W_hy = np.zeros_like(W_xh), np.zeros_like(W_hh), np.zeros_like(W_hy)
    errors = []
    for a_number, b_number in problem.operands.tolist():
        a, b, c = (
            np.array([number >> t & 1 for t in range(T)]) for number in (a_number, b_number, a_number + b_number)
        )
        predicted = np.zeros_like(c)
        error = np.zeros(1)
        output_deltas: list[Floats] = []
        states: list[Floats] = [np.zeros(H)]
        for t in range(T):
            x = np.array([[a[t], b[t]]])
            y = np.array([[c[t]]]).T
            state = sigmoid(np.dot(x, W_xh) + np.dot(states[-1], W_hh))
            output = sigmoid(np.dot(state, W_hy))
            missing = y - output
            output_deltas.append(missing * slope(output))
            error = error + np.abs(missing[0])
            predicted[t] = np.round(output[0][0])
            states.append(copy.deepcopy(state))
        next_delta: Floats = np.zeros(H)
        for t in reversed(range(T)):
            x = np.array([[a[t], b[t]]])
            delta = (next_delta.dot(W_hh.T) + output_deltas[t].dot(W_hy.T)) * slope(states[t + 1])
            to_W_hy += np.atleast_2d(states[t + 1]).T.dot(output_deltas[t])
            to_W_hh += np.atleast_2d(states[t]).T.dot(delta)
            to_W_xh += x.T.dot(delta)
            next_delta = delta
        W_xh += to_W_xh * LEARNING_RATE
        W_hy += to_W_hy * LEARNING_RATE
        W_hh += to_W_hh * LEARNING_RATE
        to_W_xh *= 0
        to_W_hy *= 0
        to_W_hh *= 0
        errors.append(float(error[0]))
    return np.array(errors)
