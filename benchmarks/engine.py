"""Training speed beside every peer: `scripts/bench engine`.

One table at the default configuration, then tables over hidden size, bits and batch. Contenders take turns. Numbers are
medians over rounds, and ratios come first. "distance" is the largest difference between a contender's errors and the
script's, over the iterations that both did.
"""

from collections.abc import Iterator
from types import ModuleType

import numpy as np

from benchmarks import native
from benchmarks.measure import Spread, alternate, load, machine, readable, table
from benchmarks.peers import (
    compiled,
    jax_scan,
    plain_c,
    reference,
    script,
    torch_compiled,
    torch_loop,
    torch_rnn,
    vector_c,
)
from benchmarks.problem import Floats, Problem

CONTENDERS: list[tuple[ModuleType, int]] = [  # and how many iterations each does in a round
    (compiled, 50_000),
    (vector_c, 50_000),
    (plain_c, 50_000),
    (jax_scan, 20_000),
    (reference, 3_000),
    (script, 1_000),
    (torch_loop, 300),
    (torch_rnn, 300),
    (torch_compiled, 300),
]


def distance(module: ModuleType, errors: Floats, expected: Floats) -> str:
    """The largest difference in error, for a contender that computes the same network."""
    if not getattr(module, "same_numbers", True):
        return "another network"
    shared = min(len(errors), len(expected))
    return f"{np.abs(errors[:shared] - expected[:shared]).max():.0e} of {shared:,}"


def side_by_side(contenders: list[tuple[ModuleType, int]], rounds: int, script_iterations: int) -> str:
    """Every contender at the default configuration."""
    running, refused, distances = {}, [], {}
    expected = script.run(Problem(iterations=script_iterations))
    for module, iterations in contenders:
        problem = Problem(iterations=iterations)
        reason = module.refuses(problem)
        if reason:
            refused.append([module.name, "-", "-", "-", f"not run: {reason}"])
            continue
        try:
            distances[module.name] = distance(module, module.run(problem), expected)
        except Exception as error:  # for example torch.compile needs its own compiler; the others go on
            said = str(error).strip().splitlines() or [""]
            refused.append([module.name, "-", "-", "-", f"not run: {type(error).__name__}: {said[0][:80]}"])
            continue
        running[module.name] = (lambda module=module, problem=problem: module.run(problem), iterations)
    rates = alternate(running, rounds)
    base = rates[compiled.name].median
    rows = [
        [name, f"{base / rate.median:.2f}", readable(rate.median), spread(rate), distances[name]]
        for name, rate in sorted(rates.items(), key=lambda item: -item[1].median)
    ]
    return table(["contender", "compiled is faster by", "iterations/s", "min .. max", "distance"], rows + refused)


def spread(rate: Spread) -> str:
    """The slowest and the fastest round."""
    return rate.written(readable)


def scaling(title: str, problems: dict[str, Problem], peers: list[ModuleType], rounds: int) -> str:
    """The compiled engine and peers over one dimension, such as the hidden size."""
    rows = []
    for label, problem in problems.items():
        running = {}
        for module in peers:
            if module.refuses(problem):
                continue
            module.run(problem)
            running[module.name] = (lambda module=module, problem=problem: module.run(problem), problem.iterations)
        rates = alternate(running, rounds)
        base = rates[compiled.name]
        others = [
            f"{base.median / rates[module.name].median:.2f}" if module.name in rates else "-"
            for module in peers
            if module is not compiled
        ]
        work = base.median * problem.batch * problem.bits * (problem.hidden + 3) * problem.hidden
        rows.append([label, *others, readable(base.median), spread(base), f"{6 * work / 1e9:.1f}"])
    names = [f"over {module.name}" for module in peers if module is not compiled]
    return table([title, *names, "iterations/s", "min .. max", "GFLOP/s"], rows)


def report(rounds: int, quick: bool) -> Iterator[str]:
    """The environment, then each table when it is done. A quick report leaves out the scaling, and torch.compile, which
    takes long to compile.
    """
    yield f"{machine('numpy', 'numba', 'llvmlite', 'jax', 'torch')}, {native.version()}; {load()} before."
    if quick:
        yield side_by_side([pair for pair in CONTENDERS if pair[0] is not torch_compiled], rounds, 2_000)
        return
    yield side_by_side(CONTENDERS, rounds, 50_000)
    peers = [compiled, plain_c, jax_scan]
    by_hidden = {
        str(H): Problem(hidden=H, iterations=max(500, 4_000_000 // (H * H + 64))) for H in (8, 16, 32, 64, 128)
    }
    by_bits = {str(T): Problem(bits=T, iterations=80_000 // T) for T in (8, 16, 24, 32)}
    by_batch = {str(B): Problem(batch=B, iterations=20_000 // B) for B in (1, 4, 16, 64, 256)}
    for title, problems, who in (
        ("hidden", by_hidden, peers),
        ("bits", by_bits, peers),
        ("batch", by_batch, [compiled, reference]),
    ):
        yield scaling(title, problems, who, max(3, rounds // 2))
    yield f"{rounds} rounds; {load()} at the end."
