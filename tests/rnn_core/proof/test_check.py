"""The checker of certificates: its bounds against exact arithmetic, and certificates that somebody changed."""

from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load, save

from rnn_core import TrainingConfig
from rnn_core.cells import Memory
from rnn_core.network.parts import make_cell
from rnn_core.proof import check, prove
from rnn_core.proof.check import MACHINES, SIGMOID, _Check, highest, line, sigmoid
from rnn_core.tasks import TASKS
from rnn_core.tensors import read_tensors
from rnn_core.types import Array
from tests.rnn_core.adders import Adder, fading_adder, forgetful_adder, sound_adder
from tests.rnn_core.proof.networks import counting, tanh_adder


def exact(x: Decimal) -> Decimal:
    """The sigmoid to forty digits."""
    with localcontext() as context:
        context.prec = 40
        return 1 / (1 + (-x).exp())


numbers = st.floats(-60, 60) | st.floats(-2, 2) | st.sampled_from([0.0, -0.0, 40.0, -40.0, 1e-300, 1 / 128])


@settings(deadline=None, max_examples=200)
@given(numbers)
def test_the_sigmoid_is_off_by_less_than_its_bound(x: float) -> None:
    assert abs(Decimal(float(sigmoid(np.array(x)))) - exact(Decimal(x))) < Decimal(SIGMOID)


@settings(deadline=None, max_examples=200)
@given(numbers, st.floats(0, 50) | st.floats(0, 0.1), st.floats(0, 1))
def test_the_sigmoid_is_as_near_to_the_line_as_told(low: float, width: float, part: float) -> None:
    high = low + width
    slope, height, distance = (Decimal(float(value)) for value in line(np.array(low), np.array(high)))
    for x in (low, high, min(max(low + part * width, low), high), min(max(0.0, low), high)):
        assert abs(exact(Decimal(x)) - slope * Decimal(x) - height) <= distance
    assert distance < Decimal("0.51") + Decimal(width) / 4


@settings(deadline=None, max_examples=200)
@given(numbers, st.floats(0, 50), st.floats(0, 1), st.floats(0, 0.25))
def test_nothing_is_above_the_highest(low: float, width: float, part: float, slope: float) -> None:
    high = low + width
    bound = Decimal(float(highest(np.array(low), np.array(high), np.array(slope)))) + Decimal(2 * SIGMOID)
    for x in (low, high, min(max(low + part * width, low), high)):
        assert exact(Decimal(x)) - Decimal(slope) * Decimal(x) <= bound


def test_the_line_is_near_where_the_range_is_narrow() -> None:
    low = np.linspace(-5, 5, 50)
    assert (line(low, low + 0.1)[2] < 0.001).all()
    assert (line(low, low)[2] < 1e-9).all()


@pytest.mark.parametrize("task", list(TASKS))
def test_the_machines_written_down_anew_are_those_of_the_tasks(task: str) -> None:
    inputs, states, rule = MACHINES[task]
    machine = TASKS[task].machine
    assert (inputs, states) == (machine.inputs, len(machine.states))
    for (name, bits), step in machine.steps.items():
        following, output = rule(machine.states.index(name), bits)
        assert (machine.states[following], output) == (step.state, step.output)


def parts_of(certificate: bytes) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    return load(certificate), read_tensors(certificate)[0]


@cache
def certificate(name: str = "soft") -> bytes:
    adders = {"soft": sound_adder(sure=8.0), "tanh": tanh_adder(5.0), "parity": counting("parity", 12.0)}
    proof = prove(adders[name].config, adders[name].parameters)
    assert proof.certificate is not None
    return proof.certificate


def with_weights(data: bytes, parameters: dict[str, Array]) -> bytes:
    parts, facts = parts_of(data)
    return save(parts | {f"weights.{name}": array for name, array in parameters.items()}, facts)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
@pytest.mark.parametrize("seed", range(12))
def test_a_step_holds_what_exact_arithmetic_and_float64_compute(activation: str, seed: int) -> None:
    """Random networks, random sets. Points of a set are followed in fractions, but for exp, which has forty digits."""
    random = np.random.default_rng(seed)
    units, scale = 3 + (activation == "tanh"), 10.0 ** random.uniform(-1, 1.5)
    shapes = make_cell(TrainingConfig(hidden_size=units, bias=True)).shapes
    weights = {name: scale * random.standard_normal(shape) for name, shape in shapes.items()}
    checked = _Check(with_weights(certificate("soft" if activation == "sigmoid" else "tanh"), weights), lambda: None)
    width = 10.0 ** random.uniform(-6, 0)
    c, generators = random.uniform(-0.5, 1, (1, units)), width * random.standard_normal((1, 2, units)) / 4
    own = width * random.random((1, units)) / 4
    sums, slope, center, rest, size, logit, spread = checked.step(c, generators, own)
    cell = make_cell(TrainingConfig(hidden_size=units, bias=True, activation=activation))
    fractions = {
        name: [[Fraction(x) for x in row] for row in np.atleast_2d(array).tolist()] for name, array in weights.items()
    }
    for _ in range(4):
        e, u = random.choice([-1.0, 1.0, random.uniform(-1, 1)], 2), random.choice([-1.0, 1.0, 0.25], units)
        eu = [Fraction(x) for x in (*e.tolist(), *u.tolist())]
        state = [
            Fraction(float(c[0, j]))
            + sum(eu[i] * Fraction(float(generators[0, i, j])) for i in range(2))
            + eu[2 + j] * Fraction(float(own[0, j]))
            for j in range(units)
        ]
        for code in range(4):
            bits = [code & 1, code >> 1]
            new = []
            for j in range(units):
                a = fractions["b_h"][0][j] + sum(bits[i] * fractions["W_xh"][i][j] for i in (0, 1))
                a += sum(state[i] * fractions["W_hh"][i][j] for i in range(units))
                with localcontext() as context:
                    context.prec = 40
                    x = Decimal(a.numerator) / Decimal(a.denominator)
                    new.append(Fraction(exact(x) if activation == "sigmoid" else 2 * exact(2 * x) - 1))
            z = fractions["b_y"][0][0] + sum(new[i] * fractions["W_hy"][i][0] for i in range(units))
            for j in range(units):
                line_there = Fraction(float(center[0, code, j])) + Fraction(float(slope[0, code, j])) * sum(
                    eu[i] * Fraction(float(sums[0, i, j])) for i in range(2 + units)
                )
                assert abs(new[j] - line_there) <= Fraction(float(rest[0, code, j]))
                assert abs(new[j]) <= Fraction(float(size[0, code, j]))
            assert abs(z - Fraction(float(logit[0, code]))) <= Fraction(float(spread[0, code]))
            # The same in float64, as the lab computes it. Its own rounding is part of the bound.
            start = np.array([[float(x) for x in state]])
            there = cell.forward(weights, np.array([[bits]], dtype=float), Memory(start))
            floats = there.hidden_states[1][0]
            along = center[0, code] + slope[0, code] * (np.array([*e, *u]) @ sums[0])
            assert (np.abs(floats - along) <= rest[0, code] + 1e-14).all()
            assert abs(there.logits[0, 0] - logit[0, code]) <= spread[0, code] + 1e-14


def test_an_untouched_certificate_is_confirmed_from_bytes_and_from_a_file(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.mktemp("proof") / "adder.proof"
    path.write_bytes(certificate())
    assert check(path) == check(str(path)) == check(certificate())
    assert check(path).proved
    assert "addition" in check(path).sentence


def is_right(data: bytes) -> bool:
    """Whether the network of a certificate is right on all short problems and on many long ones of its task."""
    checked = _Check(data, lambda: None)
    weights = {
        name.removeprefix("weights."): array.astype(float) for name, array in load(data).items() if name[0] == "w"
    }
    weights = {name: array for name, array in weights.items() if not name.startswith("words")}
    machine = TASKS[checked.task].machine
    config = TrainingConfig(
        task=checked.task, hidden_size=len(weights["W_hh"]), activation=checked.activation, bias="b_h" in weights
    )
    bits = np.random.default_rng(0).integers(0, 2, (40, 300, machine.inputs))
    outputs = make_cell(config).forward(weights, bits.astype(float)).outputs
    return bool(((outputs > 0.5) == machine.run(bits)).all())


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_a_changed_certificate_is_refused_unless_it_still_proves_its_network(data: st.DataObject) -> None:
    parts, facts = parts_of(certificate(data.draw(st.sampled_from(["soft", "tanh", "parity"]))))
    name = data.draw(st.sampled_from(sorted(parts)))
    array = parts[name].copy()
    place = tuple(data.draw(st.integers(0, size - 1)) for size in array.shape)
    change = data.draw(st.sampled_from(["factor", "value", "drop", "swap"]))
    if change == "factor":
        array[place] = (array[place] * data.draw(st.sampled_from([-1, 0, 2, 0.9, 0.5, 1.5]))).astype(array.dtype)
    elif change == "value":
        array[place] = (
            data.draw(st.sampled_from([0, 1, -1, 5, 100]))
            if array.dtype.kind == "i"
            else data.draw(st.floats(width=32))
        )
    elif change == "drop":
        array = np.delete(array, place[0], axis=0)
    else:
        array = np.ascontiguousarray(np.flip(array, axis=0))
    changed = save(parts | {name: array}, facts)
    if check(changed).proved:
        assert is_right(changed)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda parts: parts | {"radii": parts["radii"] * 0.1}, "come into no box"),
        (lambda parts: parts | {"radii": -parts["radii"]}, "below zero"),
        (lambda parts: parts | {"axes": parts["axes"] * 2}, "orthonormal"),
        (lambda parts: parts | {"centers": parts["centers"] * np.nan}, "not a number"),
        (lambda parts: parts | {"centers": parts["centers"] + 1}, "no box"),
        (lambda parts: parts | {"radii": parts["radii"] * 1000}, "right side"),
        (lambda parts: parts | {"words.states": 1 - parts["words.states"]}, "no box|right side"),
        (lambda parts: parts | {"words.lengths": parts["words.lengths"] + 40}, "does not exist"),
        (lambda parts: parts | {"frames": parts["frames"] + 99}, "no axes"),
        (lambda parts: parts | {"weights.W_hh": parts["weights.W_hh"][:1]}, "fit together"),
        (lambda parts: {name: array for name, array in parts.items() if name != "axes"}, "damaged"),
        (
            lambda parts: {n: a[:1] if n not in ("axes",) and n[:8] != "weights." else a for n, a in parts.items()},
            "no box",
        ),
    ],
)
def test_what_is_wrong_with_a_certificate_is_said(change: object, reason: str) -> None:
    parts, facts = parts_of(certificate())
    found = check(save(change(parts), facts))  # type: ignore[operator]
    assert not found.proved
    assert any(part in found.sentence for part in reason.split("|")), found.sentence
    assert (found.margin, found.logit_margin) == (0, 0)


@pytest.mark.parametrize("other", [forgetful_adder(), fading_adder(), sound_adder(sure=1.0)])
def test_boxes_of_one_network_do_not_prove_another(other: Adder) -> None:
    assert not check(with_weights(certificate(), other.parameters)).proved


@pytest.mark.parametrize("task", ["subtraction", "comparison", "parity", "three_numbers", "xor", "multiplication"])
def test_boxes_of_one_task_do_not_prove_another(task: str) -> None:
    parts, facts = parts_of(certificate())
    facts["proof"] = facts["proof"].replace('"addition"', f'"{task}"')
    assert not check(save(parts, facts)).proved


@pytest.mark.parametrize(
    "changed", [("sigmoid", "tanh"), ('"ahead": ', '"ahead": -'), ('"beginning": ', '"beginning": -'), ("{", "[")]
)
def test_other_facts_prove_nothing(changed: tuple[str, str]) -> None:
    parts, facts = parts_of(certificate())
    facts["proof"] = facts["proof"].replace(*changed)
    assert not check(save(parts, facts)).proved


@pytest.mark.parametrize("cut", [0, 7, 9, 100, 1000, -1])
def test_a_cut_file_is_no_certificate(cut: int) -> None:
    assert "damaged" in check(certificate()[:cut]).sentence


def test_a_large_file_is_refused_unread() -> None:
    assert "5,000,000" in check(b" " * 5_000_001).sentence


def test_a_check_can_be_called_off() -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check(certificate(), stop)
