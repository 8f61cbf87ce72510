"""What a kernel is compiled for: a network, its loss and its optimizer, as a type.

Numba compiles a function once for each combination of argument types and caches it under them. A `Plan` carries its
fields in its type, so in a kernel `plan.hidden` is a constant: loops have known lengths, small ones are unrolled,
scratch memory sits on the stack, what a plan does not use vanishes, and each plan has a cache entry of its own that
other processes find.
"""
# ruff: noqa: ANN001, ANN201, N802
# mypy: disable-error-code="no-untyped-def, no-untyped-call, misc, override"

import hashlib
from dataclasses import astuple, dataclass
from functools import lru_cache
from pathlib import Path

from numba.core import types
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.extending import NativeValue, lower_getattr_generic, models, register_model, unbox

REGISTER = 8  # float64 in the widest vector register there is (AVX-512)
POSITIONS = 8  # lanes of a vector that runs over positions


def round_up(number: int, multiple: int) -> int:
    """The least multiple of `multiple` that is not below `number`."""
    return -(-number // multiple) * multiple


@dataclass(frozen=True)
class Plan:
    """An Elman network of `hidden` units reading `inputs` bits at each of `positions`, and how its arrays lie in
    padded memory.

    The flat vector of parameters is rows of `hidden` numbers, in the order W_xh (inputs rows), W_hy (one, as a row),
    W_hh (hidden rows) and, with biases, b_h; last b_y, a single number. In padded memory each row, b_y too, takes
    `width` numbers, zero beyond its own: a whole number of blocks of `lanes`. A block is two registers, so that a
    number spread over the lanes serves both, or one for up to eight units.
    """

    hidden: int = 16
    positions: int = 8
    inputs: int = 2
    activation: str = "sigmoid"  # sigmoid, tanh, relu
    bias: bool = False
    loss: str = "squared_error"  # squared_error, cross_entropy
    optimizer: str = "sgd"  # sgd, momentum, adam
    clipped: bool = False
    batch: int = 1

    @property
    def lanes(self) -> int:
        """Numbers in a block."""
        return REGISTER if self.hidden <= REGISTER else 2 * REGISTER

    @property
    def width(self) -> int:
        """Numbers in a padded row."""
        return round_up(self.hidden, self.lanes)

    @property
    def padded_positions(self) -> int:
        """Numbers in a padded vector over positions."""
        return round_up(self.positions, POSITIONS)

    @property
    def rows(self) -> int:
        """Rows in padded parameters."""
        return self.inputs + self.hidden + (3 if self.bias else 1)

    @property
    def flat_size(self) -> int:
        """Numbers in the flat vector of parameters."""
        return (self.rows - 1) * self.hidden + 1 if self.bias else self.rows * self.hidden

    @property
    def to_W_hy(self) -> int:
        """Where W_hy begins in padded memory; W_xh begins at 0."""
        return self.inputs * self.width

    @property
    def to_W_hh(self) -> int:
        """Where W_hh begins in padded memory."""
        return (self.inputs + 1) * self.width

    @property
    def to_b_h(self) -> int:
        """Where b_h begins in padded memory."""
        return (self.inputs + self.hidden + 1) * self.width

    @property
    def to_b_y(self) -> int:
        """Where b_y stands in padded memory."""
        return (self.inputs + self.hidden + 2) * self.width

    @property
    def padded_size(self) -> int:
        """Numbers in padded parameters, with room for reading W_hh as (width, width)."""
        return (self.inputs + self.width + 3) * self.width

    @property
    def moments(self) -> int:
        """Vectors of the size of the parameters that the optimizer keeps."""
        return {"sgd": 0, "momentum": 1, "adam": 2}[self.optimizer]

    @property
    def workspace_size(self) -> int:
        """Numbers of scratch memory: parameters, updates, the transposed W_hh, moments, and some to begin at a cache
        line.
        """
        return self.to_moments + self.moments * self.padded_size + REGISTER

    @property
    def to_moments(self) -> int:
        """Where the moments begin in scratch memory."""
        return 2 * self.padded_size + self.width * self.width

    @property
    def sequence_size(self) -> int:
        """Numbers in a hidden vector for each position and one for the start."""
        return (self.positions + 1) * self.width

    @property
    def problems_at_a_stretch(self) -> int:
        """After how many problems, a power of two, a humble thread steps aside: about twice a millisecond."""
        operations = self.positions * self.width * self.width
        return int(2 ** max(0, 22 - operations.bit_length()))

    @property
    def inputs_size(self) -> int:
        """Numbers in the inputs of a sequence."""
        return self.positions * self.inputs

    @property
    def _numba_type_(self) -> "PlanType":
        return type_of(self)


def digest_of_kernels() -> str:
    """A short digest of the source of everything that is compiled, and of this file."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]


KERNELS = digest_of_kernels()


class PlanType(types.Type):
    """The Numba type of one particular `Plan`; its name tells one from another, in memory and in the cache.

    The name holds a digest of the kernels, since Numba by itself sees a change only in the file of the function it was
    asked for, not in those of the functions that were compiled into it, and only by time and size.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        super().__init__(name=f"Plan{astuple(plan)} {KERNELS}")


@lru_cache(maxsize=1024)
def type_of(plan: Plan) -> PlanType:
    """Its type; kept, since making the name takes longer than a few iterations."""
    return PlanType(plan)


@register_model(PlanType)
class PlanModel(models.OpaqueModel):
    """Nothing at run time."""


@unbox(PlanType)
def unbox_plan(kind, value, context):
    """From Python nothing but the type is taken."""
    return NativeValue(context.context.get_dummy_value())


@infer_getattr
class PlanAttributes(AttributeTemplate):
    """Its fields and properties are constants of integer type."""

    key = PlanType

    def generic_resolve(self, kind, attribute):
        """The type of `plan.attribute`, which holds its value."""
        return types.literal(int(getattr(kind.plan, attribute)))


@lower_getattr_generic(PlanType)
def get_constant(context, builder, kind, value, attribute):
    """The value of `plan.attribute`."""
    return context.get_constant(types.intp, int(getattr(kind.plan, attribute)))
