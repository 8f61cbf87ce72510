"""Memory for kernels: pointers to float64, and whole vectors of lanes in and out of it.

A pointer from `stack` is invisible to others, so the compiler keeps what it has loaded from there, where it must
reload after every write to memory that came from an array.
"""
# ruff: noqa: ANN001, ANN201, ANN202
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types
from numba.extending import intrinsic

from rnn_core.kernels.lanes import F64, I64, Lanes, shuffle

MEMORY = types.CPointer(types.float64)
CACHE_LINE = 64  # bytes


@intrinsic(prefer_literal=True)
def load(typingctx, memory, index, width):
    """The `width` numbers memory[index : index + width], as one value."""
    lanes = Lanes(width.literal_value)

    def generate(context, builder, sig, args):
        address = builder.bitcast(builder.gep(args[0], [args[1]]), context.get_value_type(lanes).as_pointer())
        return builder.load(address, align=8)

    return lanes(MEMORY, types.intp, width), generate


@intrinsic
def store(typingctx, memory, index, value):
    """Write the lanes of `value` to memory[index], memory[index + 1], ..."""

    def generate(context, builder, sig, args):
        builder.store(args[2], builder.bitcast(builder.gep(args[0], [args[1]]), args[2].type.as_pointer()), align=8)
        return context.get_dummy_value()

    return types.void(MEMORY, types.intp, value), generate


@intrinsic
def at(typingctx, memory, index):
    """The memory that begins at memory[index]."""

    def generate(context, builder, sig, args):
        return builder.gep(args[0], [args[1]])

    return MEMORY(MEMORY, types.intp), generate


@intrinsic(prefer_literal=True)
def stack(typingctx, members, count):
    """Room for `members` times `count` (constants) numbers on the stack, aligned to a cache line, uninitialised, gone
    when the kernel returns.
    """

    def generate(context, builder, sig, args):
        room = cgutils.alloca_once(builder, ir.ArrayType(F64, members.literal_value * count.literal_value))
        room.align = CACHE_LINE
        return builder.bitcast(room, F64.as_pointer())

    return MEMORY(members, count), generate


@intrinsic
def aligned(typingctx, array):
    """The first cache line boundary in a contiguous array, as memory; the caller keeps the array alive."""

    def generate(context, builder, sig, args):
        data = context.make_array(array)(context, builder, args[0]).data
        address = builder.add(builder.ptrtoint(data, I64), I64(CACHE_LINE - 1))
        return builder.inttoptr(builder.and_(address, I64(-CACHE_LINE)), F64.as_pointer())

    return MEMORY(array), generate


@intrinsic
def transpose_tile(typingctx, source, source_index, target, target_index, stride):
    """Write the transpose of the 8 x 8 tile at source[source_index] to target[target_index]; rows lie `stride` apart
    in both.
    """

    def generate(context, builder, sig, args):
        source, source_index, target, target_index, stride = args
        row_type = ir.VectorType(F64, 8)

        def row(memory, index, number):
            offset = builder.add(index, builder.mul(stride, I64(number)))
            return builder.bitcast(builder.gep(memory, [offset]), row_type.as_pointer())

        rows = [builder.load(row(source, source_index, number), align=8) for number in range(8)]
        # At each distance, swap the off-diagonal blocks of that size, as a recursive transpose does.
        for distance in (1, 2, 4):
            upper = [lane if lane & distance == 0 else lane - distance + 8 for lane in range(8)]
            lower = [lane + distance if lane & distance == 0 else lane + 8 for lane in range(8)]
            for number in range(8):
                if number & distance == 0:
                    a, b = rows[number], rows[number + distance]
                    rows[number] = shuffle(builder, a, b, upper)
                    rows[number + distance] = shuffle(builder, a, b, lower)
        for number in range(8):
            builder.store(rows[number], row(target, target_index, number), align=8)
        return context.get_dummy_value()

    return types.void(MEMORY, types.intp, MEMORY, types.intp, types.intp), generate
