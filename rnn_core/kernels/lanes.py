"""Vectors of float64 as Numba values, so that kernels read like formulas and still use the whole register.

`+ - * /` act lane by lane, with a plain number on either side too; `fma(a, b, c)` is a b + c in one instruction where
the machine has one. The width is a constant, and need not be the machine's: LLVM splits a vector of 16 into two, four
or eight registers.

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
    """The lanes that `indices` pick from `left` followed by `right`."""
    mask = ir.Constant(ir.VectorType(ir.IntType(32), len(indices)), indices)
    return builder.shuffle_vector(left, right, mask)


def as_lanes(context: Any, builder: Any, value: Any, kind: types.Type, width: int) -> Any:
    """`value` of type `kind`, a vector or a plain number, as a vector."""
    return (
        value if isinstance(kind, Lanes) else splat(builder, context.cast(builder, value, kind, types.float64), width)
    )


def common_width(*kinds: types.Type) -> int | None:
    """The width of the vectors among `kinds`, if all of them are that wide or plain numbers."""
    widths = {kind.width for kind in kinds if isinstance(kind, Lanes)}
    plain = all(isinstance(kind, (Lanes, types.Float, types.Integer)) for kind in kinds)
    return widths.pop() if len(widths) == 1 and plain else None


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
    """a b + c lane by lane, rounded once where the machine can; a plain number stands for equal lanes."""
    lanes = Lanes(common_width(a, b, c) or 0)

    def generate(context, builder, sig, args):
        vector = context.get_value_type(lanes)
        name = f"llvm.fmuladd.v{lanes.width}f64"
        function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(vector, [vector] * 3), name)
        return builder.call(function, [as_lanes(context, builder, *pair, lanes.width) for pair in zip(args, sig.args)])

    return lanes(a, b, c), generate


@intrinsic
def total(typingctx, value):
    """The sum of the lanes, by halves: (lower half + upper half), and again."""

    def generate(context, builder, sig, args):
        (vector,), width = args, value.width
        while width > 1:
            width //= 2
            halves = (shuffle(builder, vector, vector, list(range(start, start + width))) for start in (0, width))
            vector = builder.fadd(*halves)
        return builder.extract_element(vector, ir.Constant(ir.IntType(32), 0))

    return types.float64(value), generate


@intrinsic
def first(typingctx, value, count):
    """The first `count` lanes, and zero in those after them, whatever was there."""

    def generate(context, builder, sig, args):
        indices = ir.Constant(ir.VectorType(I64, value.width), list(range(value.width)))
        kept = builder.icmp_signed("<", indices, splat(builder, args[1], value.width))
        return builder.select(kept, args[0], ir.Constant(args[0].type, None))

    return value(value, types.intp), generate


@intrinsic
def clamp(typingctx, value, low, high):
    """Each lane held between two numbers; NaN stays NaN."""

    def generate(context, builder, sig, args):
        lanes, low, high = (as_lanes(context, builder, *pair, value.width) for pair in zip(args, sig.args))
        lanes = builder.select(builder.fcmp_ordered("<", high, lanes), high, lanes)
        return builder.select(builder.fcmp_ordered(">", low, lanes), low, lanes)

    return value(value, types.float64, types.float64), generate


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


@intrinsic(prefer_literal=True)
def zeros(typingctx, width):
    """Zero in each of `width` (a constant) lanes."""
    lanes = Lanes(width.literal_value)
    return lanes(width), lambda context, builder, sig, args: ir.Constant(context.get_value_type(lanes), None)


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
    """Each lane of `value`, none below zero, with the sign of the lane of `signs`."""

    def generate(context, builder, sig, args):
        integers = ir.VectorType(I64, value.width)
        value_bits, sign_bits = (builder.bitcast(lanes, integers) for lanes in args)
        sign = builder.and_(sign_bits, splat(builder, I64(1 << 63), value.width))
        return builder.bitcast(builder.or_(value_bits, sign), args[0].type)

    return value(value, value), generate
