"""The answers of each task in plain Python integers, position by position, written without the code of the tasks."""

from collections.abc import Callable
from itertools import product

Operands = tuple[int, ...]


def binary(number: int, length: int) -> list[int]:
    """The bits of a number as Python writes them, in reverse: least significant first."""
    digits = f"{number:0{length}b}"
    assert len(digits) == length, f"{number} does not fit into {length} bits"
    return [int(digit) for digit in reversed(digits)]


def parities(number: int, length: int) -> list[int]:
    """At each position, whether the number of ones so far is odd, by counting them."""
    return [sum(binary(number, length)[: t + 1]) % 2 for t in range(length)]


def greater(a: int, b: int, length: int) -> list[int]:
    """At each position, whether the bits of a up to there make the larger number."""
    return [int(a % 2 ** (t + 1) > b % 2 ** (t + 1)) for t in range(length)]


BITS: dict[str, Callable[[Operands, int], list[int]]] = {
    "addition": lambda operands, length: binary(sum(operands), length),
    "subtraction": lambda operands, length: binary(operands[0] - operands[1], length),
    "xor": lambda operands, length: [int(p != q) for p, q in zip(*(binary(n, length) for n in operands), strict=True)],
    "parity": lambda operands, length: parities(operands[0], length),
    "comparison": lambda operands, length: greater(operands[0], operands[1], length),
    "three_numbers": lambda operands, length: binary(sum(operands), length),
}
"""The target bits of a problem, least significant first."""

RESULTS: dict[str, Callable[[Operands, int], int]] = {
    "addition": lambda operands, length: sum(operands),
    "subtraction": lambda operands, length: operands[0] - operands[1],
    "xor": lambda operands, length: operands[0] ^ operands[1],
    "parity": lambda operands, length: sum(bit * 2**t for t, bit in enumerate(parities(operands[0], length))),
    "comparison": lambda operands, length: int(operands[0] > operands[1]),
    "three_numbers": lambda operands, length: sum(operands),
}
"""The answer as people would say it."""

COUNTS = {"addition": 2, "subtraction": 2, "xor": 2, "parity": 1, "comparison": 2, "three_numbers": 3}
"""The number of operands."""

LIMITS: dict[str, Callable[[int], int]] = {
    "addition": lambda bits: 2 ** (bits - 1),
    "subtraction": lambda bits: 2**bits,
    "xor": lambda bits: 2**bits,
    "parity": lambda bits: 2**bits,
    "comparison": lambda bits: 2**bits,
    "three_numbers": lambda bits: 2 ** (bits - 2),
}
"""Numbers are drawn below this limit."""


def drawn(name: str, bits: int) -> list[Operands]:
    """Every problem as often as training draws it. In a subtraction the larger number comes first."""
    problems = product(range(LIMITS[name](bits)), repeat=COUNTS[name])
    return [tuple(sorted(problem, reverse=True)) if name == "subtraction" else problem for problem in problems]


def widths(name: str) -> range:
    """The widths at which all problems are tried."""
    return range(3 if name == "three_numbers" else 2, 7)


EVERY = [(name, bits) for name in BITS for bits in widths(name)]
"""Every task at each of these widths."""
