"""Vectors of float64 as Numba values, so that kernels read like formulas and still use the whole register.

`+ - * /` act lane by lane, and `fma(a, b, c)` is a b + c in one instruction if the machine has it. A plain number is a
vector of one lane, and a narrower vector is repeated to the width of the other. Lanes hold the numbers of several
units, and for each unit one number of every network. A number that a network has only once serves all its units.

The width is a constant. It need not be the machine's: LLVM splits a vector of 16 into two, four or eight registers.

Nothing is ever reordered here: equal inputs give equal bits on one machine.
"""
# ruff: noqa: ANN001, ANN201, ANN202, B905
# mypy: disable-error-code="no-untyped-def, no-untyped-call, misc"

import operator
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

F64, I64 = ir.DoubleType(), ir.IntType(64)


class Lanes(types.Type):
    """The Numba type of a vector of `width` float64."""

    def __init__(self, width: int) -> None:
        self.width = width
        super().__init__(name=f"Lanes({width})")


@register_model(Lanes)
class LanesModel(models.PrimitiveModel):
    """In compiled code it is an LLVM vector."""

    def __init__(self, manager, lanes: Lanes) -> None:
        super().__init__(manager, lanes, ir.VectorType(F64, lanes.width))


def splat(builder: Any, value: Any, width: int) -> Any:
    """The scalar `value` in each of `width` lanes."""
    vector = ir.VectorType(value.type, width)
    first = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
    return shuffle(builder, first, first, [0] * width)


def shuffle(builder: Any, left: Any, right: Any, indices: list[int]) -> Any:
    """The lanes with these `indices` in `left` followed by `right`."""
    mask = ir.Constant(ir.VectorType(ir.IntType(32), len(indices)), indices)
    return builder.shuffle_vector(left, right, mask)


def lanes_of(width: int) -> types.Type:
    """The type of `width` numbers; for one, a plain number."""
    return Lanes(width) if width > 1 else types.float64


def as_lanes(context: Any, builder: Any, value: Any, kind: types.Type, width: int) -> Any:
    """`value` of type `kind`, a vector or a plain number, as a vector of `width` lanes."""
    if not isinstance(kind, Lanes):
        return splat(builder, context.cast(builder, value, kind, types.float64), width)
    return (
        value
        if kind.width == width
        else shuffle(builder, value, value, list(range(kind.width)) * (width // kind.width))
    )


def common_width(*kinds: types.Type) -> int | None:
    """The width of the widest vector among `kinds`, if it is a multiple of all other widths; None if there is none."""
    widths = {kind.width for kind in kinds if isinstance(kind, Lanes)}
    plain = all(isinstance(kind, (Lanes, types.Float, types.Integer)) for kind in kinds)
    return max(widths) if widths and plain and all(max(widths) % width == 0 for width in widths) else None


def _define_operator(python_operator, instruction: str) -> None:
    @infer_global(python_operator)
    class LanesOperator(AbstractTemplate):
        def generic(self, args, kws):
            width = common_width(*args)
            return None if width is None else signature(Lanes(width), *args)

    def lower(context, builder, sig, args):
        left, right = (
            as_lanes(context, builder, value, kind, sig.return_type.width) for value, kind in zip(args, sig.args)
        )
        return getattr(builder, instruction)(left, right)

    for left, right in ((Lanes, Lanes), (Lanes, types.Number), (types.Number, Lanes)):
        lower_builtin(python_operator, left, right)(lower)


for _operator, _instruction in (
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
    (operator.iadd, "fadd"),
    (operator.isub, "fsub"),
    (operator.imul, "fmul"),
):
    _define_operator(_operator, _instruction)


@intrinsic
def fma(typingctx, a, b, c):
    """a b + c lane by lane, rounded once if the machine can do that; a plain number stands for equal lanes."""
    width = common_width(a, b, c) or 1
    lanes = lanes_of(width)

    def generate(context, builder, sig, args):
        vector = context.get_value_type(lanes)
        name = f"llvm.fmuladd.v{width}f64" if width > 1 else "llvm.fmuladd.f64"
        function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(vector, [vector] * 3), name)
        if width > 1:
            args = [as_lanes(context, builder, *pair, width) for pair in zip(args, sig.args)]
        return builder.call(function, args)

    return lanes(a, b, c), generate


@intrinsic(prefer_literal=True)
def total(typingctx, value, width):
    """The sum of the lanes by halves: lower half + upper half, repeated until `width` (a constant) lanes are left. The
    sum of a plain number is itself.
    """

    def generate(context, builder, sig, args):
        vector, left = args[0], getattr(value, "width", 1)
        while left > max(1, width.literal_value):
            left //= 2
            halves = (shuffle(builder, vector, vector, list(range(start, start + left))) for start in (0, left))
            vector = builder.fadd(*halves)
        if isinstance(value, Lanes) and left == 1:
            vector = builder.extract_element(vector, ir.Constant(ir.IntType(32), 0))
        return vector

    return lanes_of(width.literal_value)(value, width), generate


@intrinsic
def lane(typingctx, value, index):
    """The number in one lane; a plain number has one."""

    def generate(context, builder, sig, args):
        if not isinstance(value, Lanes):
            return args[0]
        return builder.extract_element(args[0], builder.trunc(args[1], ir.IntType(32)))

    return types.float64(value, types.intp), generate


@intrinsic
def bit(typingctx, wholes, position):
    """Zero or one: the bit at `position` of each whole number. The lanes hold int64 in the place of float64."""

    def generate(context, builder, sig, args):
        width = getattr(wholes, "width", 1)
        kind = ir.VectorType(I64, width) if width > 1 else I64
        shift, one = (splat(builder, part, width) if width > 1 else part for part in (args[1], I64(1)))
        bits = builder.and_(builder.lshr(builder.bitcast(args[0], kind), shift), one)
        return builder.sitofp(bits, args[0].type)

    return wholes(wholes, types.intp), generate


@intrinsic
def first(typingctx, value, count):
    """The first `count` lanes, and zero in the lanes after them."""

    def generate(context, builder, sig, args):
        indices = ir.Constant(ir.VectorType(I64, value.width), list(range(value.width)))
        kept = builder.icmp_signed("<", indices, splat(builder, args[1], value.width))
        return builder.select(kept, args[0], ir.Constant(args[0].type, None))

    return value(value, types.intp), generate


@intrinsic
def clamp(typingctx, value, low, high):
    """Each lane limited to the range between two numbers; NaN stays NaN."""

    def generate(context, builder, sig, args):
        lanes, low, high = (as_lanes(context, builder, *pair, value.width) for pair in zip(args, sig.args))
        lanes = builder.select(builder.fcmp_ordered("<", high, lanes), high, lanes)
        return builder.select(builder.fcmp_ordered(">", low, lanes), low, lanes)

    return value(value, types.float64, types.float64), generate


@intrinsic
def where_negative(typingctx, tested, chosen, other):
    """The lanes of `chosen` where those of `tested` are below zero, else those of `other`, also for NaN."""

    def generate(context, builder, sig, args):
        below = builder.fcmp_ordered("<", args[0], ir.Constant(args[0].type, None))
        return builder.select(below, args[1], args[2])

    return tested(tested, chosen, other), generate


@intrinsic
def magnitude(typingctx, value):
    """The absolute value of each lane."""

    def generate(context, builder, sig, args):
        integers = ir.VectorType(I64, value.width)
        bits = builder.bitcast(args[0], integers)
        return builder.bitcast(builder.and_(bits, splat(builder, I64((1 << 63) - 1), value.width)), args[0].type)

    return value(value), generate


@intrinsic
def scale_by_power(typingctx, value, power):
    """value 2**k, for k the integer in the low bits of the float `power` (1.5 2**52 + k): an addition to the exponent
    bits.
    """

    def generate(context, builder, sig, args):
        integers = ir.VectorType(I64, value.width)
        exponent = builder.shl(builder.bitcast(args[1], integers), splat(builder, I64(52), value.width))
        return builder.bitcast(builder.add(builder.bitcast(args[0], integers), exponent), args[0].type)

    return value(value, value), generate


@intrinsic
def rolled(typingctx, number):
    """The same number, but the compiler does not know its value. So it does not unroll a loop of that length. The
    unrolled code would not fit into the processor's first cache.
    """

    def generate(context, builder, sig, args):
        return builder.asm(ir.FunctionType(I64, [I64]), "", "=r,0", args, False)

    return types.intp(types.intp), generate


@intrinsic(prefer_literal=True)
def zeros(typingctx, members, width):
    """Zero in each of `members` times `width` (constants) lanes."""
    lanes = lanes_of(members.literal_value * width.literal_value)
    return lanes(members, width), lambda context, builder, sig, args: context.get_constant_null(lanes)


@intrinsic
def positive(typingctx, value):
    """One in each lane above zero, zero in the others."""

    def generate(context, builder, sig, args):
        return builder.uitofp(builder.fcmp_ordered(">", args[0], ir.Constant(args[0].type, None)), args[0].type)

    return value(value), generate


@intrinsic
def sqrt(typingctx, value):
    """The square root of each lane."""

    def generate(context, builder, sig, args):
        vector = args[0].type
        name = f"llvm.sqrt.v{value.width}f64"
        return builder.call(
            cgutils.get_or_insert_function(builder.module, ir.FunctionType(vector, [vector]), name), args
        )

    return value(value), generate


@intrinsic
def with_sign(typingctx, value, signs):
    """Each lane of `value` (none is below zero) with the sign of the lane of `signs`."""

    def generate(context, builder, sig, args):
        integers = ir.VectorType(I64, value.width)
        value_bits, sign_bits = (builder.bitcast(lanes, integers) for lanes in args)
        sign = builder.and_(sign_bits, splat(builder, I64(1 << 63), value.width))
        return builder.bitcast(builder.or_(value_bits, sign), args[0].type)

    return value(value, value), generate
