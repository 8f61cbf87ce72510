"""An example of each answer, for the API's documentation. A test compares them with the schemas."""

from typing import Any

from rnn_core import TrainingConfig

_STATUS: dict[str, Any] = {
    "id": "main",
    "name": "Main",
    "state": "running",
    "generation": 0,
    "iteration": 12000,
    "config": TrainingConfig().to_dict(),
    "changes": [[5000, 0.05]],
    "learning_rate": 0.05,
    "speed": 300.0,
    "error": 0.21,
    "iterations_per_second": 300.0,
    "viewers": 1,
    "detail": None,
}
_SUMMARY = {
    "generation": 0,
    "start": 0,
    "stride": 6000,
    "min": [0.4, 0.02],
    "mean": [3.1, 0.3],
    "max": [6.9, 1.1],
}
_ANSWER: dict[str, Any] = {
    "task": "addition",
    "a": 2,
    "b": 3,
    "expected": 5,
    "predicted": 5,
    "correct": True,
    "width": 4,
    "bits": {"a": [0, 0, 1, 0], "b": [0, 0, 1, 1], "expected": [0, 1, 0, 1], "predicted": [0, 1, 0, 1]},
    "probabilities": [0.01, 0.98, 0.03, 0.99],
    "run": "main",
    "generation": 0,
    "iteration": 12000,
    "beyond_training": False,
}
_TRACE = {
    "inputs": [[0, 1], [1, 1]],
    "targets": [1, 0],
    "outputs": [0.99, 0.02],
    "hidden_states": [[0, 0], [0.1, 0.9], [0.8, 0.9]],
    "output_deltas": [0.0001, -0.0004],
    "hidden_deltas": [[0.001, -0.002], [0.0003, 0.0001]],
    "gates": {},
}
_MILESTONE = {
    "iteration": 5280,
    "kind": "understood",
    "case": {"state": "carry 1", "bits": [0, 0]},
    "text": "5 of 8 cases have been understood by now. New: a = 0, b = 0, carry 1.",
    "a": 119,
    "b": 15,
}

_ENTRY = {
    "id": "hidden-state",
    "name": "hidden state",
    "meaning": "The numbers that the network takes along from one position to the next: its only memory.",
    "symbol": "h",
    "script": "layer_1",
    "places": ["#stage-scroll tr[data-name=hidden]"],
    "related": ["unit", "W_hh", "carry", "cell-state"],
    "hint": "",
}
_SECTION = {"title": "The network", "entries": [_ENTRY]}

_FAILURE = {
    "width": 48,
    "position": 36,
    "a": "140737488355327",
    "b": "1",
    "expected": "140737488355328",
    "predicted": "140668768878592",
    "hard": True,
}

EXAMPLES: dict[str, dict[str, Any]] = {
    "Accuracy": {
        "run": "main",
        "generation": 0,
        "iteration": 12000,
        "problems": 16384,
        "sampled": False,
        "accuracy": 0.75,
        "bit_accuracy": [1.0, 1.0, 0.99, 0.98, 0.96, 0.93, 0.9, 0.87],
        "hard_problems": 0,
        "hard_right": 0,
        "worst": [{"a": 127, "b": 1, "expected": 128, "predicted": 0, "error": 1.7}],
        "cases": [
            {"state": "no carry", "bits": [0, 1], "expected": 1, "output": 0.97, "positions": 32768, "right": 1.0}
        ],
        "history": [[0, 0.0], [12000, 0.75]],
    },
    "Answer": _ANSWER,
    "Answers": {
        "generation": 0,
        "expected": 5,
        "width": 4,
        "bits": [0, 1, 0, 1],
        "iterations": [0, 12000],
        "predicted": [15, 5],
        "probabilities": [[0.6, 0.7, 0.6, 0.6], [0.01, 0.98, 0.03, 0.99]],
    },
    "FirstFailure": _FAILURE,
    "Lengths": {
        "run": "main",
        "generation": 0,
        "iteration": 12000,
        "widths": [8, 12, 48],
        "random": [1.0, 1.0, 1.0],
        "hard": [1.0, 1.0, 0.66],
        "first_failure": _FAILURE,
    },
    "Milestone": _MILESTONE,
    "EngineStatus": {"name": "compiled", "state": "ready", "detail": None, "kernels": "own"},
    "Errors": {"generation": 0, "start": 0, "errors": [4.1, 3.9, 4.4]},
    "ErrorsSummary": _SUMMARY,
    "Health": {"status": "ok"},
    "Options": {
        "fields": [
            {
                "name": "bits",
                "kind": "integer",
                "default": 8,
                "allowed": "a whole number from 2 to 32",
                "meaning": "How many bits a number has.",
                "low": 2,
                "high": 32,
                "choices": [],
                "nullable": False,
                "live": False,
            }
        ],
        "tasks": [
            {
                "name": "addition",
                "title": "Addition",
                "operands": ["a", "b"],
                "expression": "{a} + {b}",
                "least_bits": 2,
                "carried": "carry",
            }
        ],
        "cells": [{"name": "gru", "gates": ["update", "reset", "candidate"]}],
        "max_cost": 1048576,
    },
    "Overview": {"run": _STATUS, "errors": _SUMMARY, "accuracy": [11000, 0.75], "history": [[0, 0.0], [11000, 0.75]]},
    "PastMoment": {
        "generation": 0,
        "iteration": 1200,
        "learning_rate": 0.1,
        "weights": {"W_xh": [[0.1, -0.2], [0.3, 0.4]], "W_hh": [[0.5, 0.1], [-0.3, 0.2]], "W_hy": [[0.7], [-0.6]]},
        "a": 2,
        "b": 3,
        "expected": 5,
        "predicted": 5,
        "error": 0.03,
        "updates": {"W_xh": [[0.0, 0.1], [0.0, 0.1]], "W_hh": [[0.0, 0.0], [0.1, 0.0]], "W_hy": [[0.2], [0.1]]},
        "trace": _TRACE,
    },
    "Glossary": {"sections": [_SECTION]},
    "GlossaryEntry": _ENTRY,
    "GlossarySection": _SECTION,
    "ProblemDocument": {
        "type": "about:blank",
        "title": "Unprocessable Entity",
        "status": 422,
        "detail": "a must be a whole number from 0 to 4503599627370495, not -1.",
        "errors": [{"field": "a", "detail": "must be a whole number from 0 to 4503599627370495, not -1"}],
    },
    "ProgramDocument": {
        "generation": 0,
        "changes": 1,
        "lines": [
            {
                "text": "h[t + 1] = sigmoid(x[t] @ W_xh + h[t] @ W_hh)",
                "indent": 2,
                "step": "forward.state",
                "variables": ["h", "t", "x", "W_xh", "W_hh"],
            }
        ],
        "variables": {
            "h": {"role": "hidden_states", "meaning": "the hidden states", "shape": [9, 1, 16]},
            "t": {"role": "position", "meaning": "the position", "shape": None},
        },
    },
    "RateChanges": {"generation": 0, "changes": [[5000, 0.05]]},
    "Readiness": {"status": "ready"},
    "RunStatus": _STATUS,
    "StorageStatus": {"state": "kept", "detail": None, "used": 1048576, "budget": 4294967296, "deleted": 0},
    "TaskDescription": {
        "task": "addition",
        "title": "Addition",
        "bits": 8,
        "operands": ["a", "b"],
        "operand_limit": 128,
        "expression": "{a} + {b}",
        "truth": False,
        "carried": "carry",
        "states": ["no carry", "carry"],
        "machine": [["no carry", [1, 1], "carry", 0]],
        "reference_errors": [{"key": "half", "label": "always one half", "error": 4.0}],
        "gates": [],
    },
    "TraceDocument": _TRACE,
    "TrainingConfig": TrainingConfig().to_dict(),
    "Why": {
        "run": "main",
        "generation": 0,
        "iteration": 6000,
        "position": 4,
        "case": {"state": "carry 1", "bits": [1, 0]},
        "probability": 0.556,
        "expected": 0,
        "verdict": "memory",
        "patched": {
            "from": {"a": 12, "b": 11},
            "position": 4,
            "state": "carry 1",
            "probability": 0.149,
            "share": 0.933,
            "problems": 7616,
        },
    },
}
