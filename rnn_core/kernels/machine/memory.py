"""Memory for kernels: pointers to float64, with functions that load and store whole vectors of lanes.

Where memory of one member holds a number, memory of several members holds one number of each, side by side. Indices and
counts count such places. So `memory[i]` is a plain number, or a vector with one lane for each member.

The compiler knows that no other pointer leads to memory from `stack`. So it keeps numbers that it has loaded from
there. Numbers from an array must be loaded again after every write to memory of an array.
"""
# ruff: noqa: ANN001, ANN201, ANN202
# mypy: disable-error-code="no-untyped-def, no-untyped-call, misc"

import operator
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

from rnn_core.kernels.machine.lanes import F64, I64, Lanes, as_lanes, lanes_of, shuffle

CACHE_LINE = 64  # bytes


class Memory(types.Type):
    """The Numba type of a pointer to numbers of `members` members."""

    def __init__(self, members: int) -> None:
        self.members = members
        super().__init__(name=f"Memory({members})")


@register_model(Memory)
class MemoryModel(models.PrimitiveModel):
    """In compiled code it is a pointer to float64."""

    def __init__(self, manager, memory: Memory) -> None:
        super().__init__(manager, memory, F64.as_pointer())


def place(builder: Any, memory: Memory, pointer: Any, index: Any, kind: ir.Type = F64) -> Any:
    """The address of memory[index], as a pointer to `kind`."""
    address = builder.gep(pointer, [builder.mul(index, I64(memory.members))])
    return builder.bitcast(address, kind.as_pointer())


@intrinsic(prefer_literal=True)
def load(typingctx, memory, index, width):
    """The numbers memory[index : index + width], as one value."""
    lanes = lanes_of(memory.members * width.literal_value)

    def generate(context, builder, sig, args):
        return builder.load(place(builder, memory, args[0], args[1], context.get_value_type(lanes)), align=8)

    return lanes(memory, types.intp, width), generate


@intrinsic(prefer_literal=True)
def load_apart(typingctx, memory, index, step, width):
    """The `width` (a power of two) numbers memory[index], memory[index + step], ..., as one value."""
    lanes, count = lanes_of(memory.members * width.literal_value), width.literal_value

    def generate(context, builder, sig, args):
        pointer, index, step, _ = args
        kind = ir.VectorType(F64, memory.members)
        places = [builder.add(index, builder.mul(step, I64(number))) for number in range(count)]
        parts = [builder.load(place(builder, memory, pointer, one, kind), align=8) for one in places]
        while len(parts) > 1:
            every = list(range(2 * parts[0].type.count))
            parts = [shuffle(builder, *pair, every) for pair in zip(parts[::2], parts[1::2], strict=True)]
        if isinstance(lanes, Lanes):
            return parts[0]
        return builder.extract_element(parts[0], ir.Constant(ir.IntType(32), 0))

    return lanes(memory, types.intp, types.intp, width), generate


@intrinsic
def load_like(typingctx, memory, index, value):
    """The numbers from memory[index] on, as many as `value` has."""

    def generate(context, builder, sig, args):
        return builder.load(place(builder, memory, args[0], args[1], args[2].type), align=8)

    return value(memory, types.intp, value), generate


@intrinsic
def store(typingctx, memory, index, value):
    """Write the lanes of `value` to memory[index], memory[index + 1], ..."""

    def generate(context, builder, sig, args):
        builder.store(args[2], place(builder, memory, args[0], args[1], args[2].type), align=8)
        return context.get_dummy_value()

    return types.void(memory, types.intp, value), generate


@infer_global(operator.getitem)
class GetNumbers(AbstractTemplate):
    """memory[index]"""

    def generic(self, args, kws):
        """Its type, of memory."""
        return signature(lanes_of(args[0].members), args[0], types.intp) if isinstance(args[0], Memory) else None


@lower_builtin(operator.getitem, Memory, types.intp)
def get_numbers(context, builder, sig, args):
    """memory[index]"""
    kind = context.get_value_type(sig.return_type)
    return builder.load(place(builder, sig.args[0], args[0], args[1], kind), align=8)


@infer_global(operator.setitem)
class SetNumbers(AbstractTemplate):
    """memory[index] = value; a plain number is the same for all members."""

    def generic(self, args, kws):
        """Its type, of memory."""
        return signature(types.void, args[0], types.intp, args[2]) if isinstance(args[0], Memory) else None


@lower_builtin(operator.setitem, Memory, types.intp, types.Any)
def set_numbers(context, builder, sig, args):
    """memory[index] = value"""
    memory, _, kind = sig.args
    members = memory.members
    value = (
        as_lanes(context, builder, args[2], kind, members)
        if members > 1
        else context.cast(builder, args[2], kind, types.float64)
    )
    builder.store(value, place(builder, memory, args[0], args[1], value.type), align=8)
    return context.get_dummy_value()


@intrinsic
def at(typingctx, memory, index):
    """The memory that begins at memory[index]."""

    def generate(context, builder, sig, args):
        return place(builder, memory, *args)

    return memory(memory, types.intp), generate


@intrinsic(prefer_literal=True)
def stack(typingctx, members, count):
    """Room on the stack for `count` numbers of each of `members` members (both are constants), aligned to a cache line,
    uninitialised. It is gone when the kernel returns.
    """

    def generate(context, builder, sig, args):
        return on_stack(builder, members.literal_value * count.literal_value)

    return Memory(members.literal_value)(members, count), generate


def on_stack(builder: Any, count: int) -> Any:
    """A pointer to room for `count` float64 on the stack."""
    room = cgutils.alloca_once(builder, ir.ArrayType(F64, count))
    room.align = CACHE_LINE
    return builder.bitcast(room, F64.as_pointer())


@intrinsic(prefer_literal=True)
def room(typingctx, memory, count):
    """Room for `count` numbers of the memory's members: on the stack if `count` is a constant, else this memory."""

    def generate(context, builder, sig, args):
        known = isinstance(count, types.IntegerLiteral)
        return on_stack(builder, memory.members * count.literal_value) if known else args[0]

    return memory(memory, count), generate


@intrinsic(prefer_literal=True)
def memory_of(typingctx, array, members):
    """A contiguous array of float64 or int64 as memory; its last axis is over `members` (a constant). The caller keeps
    the array alive.
    """

    def generate(context, builder, sig, args):
        data = context.make_array(array)(context, builder, args[0]).data
        return builder.bitcast(data, F64.as_pointer())

    return Memory(members.literal_value)(array, members), generate


@intrinsic
def aligned(typingctx, memory):
    """From the next cache line boundary on."""

    def generate(context, builder, sig, args):
        address = builder.add(builder.ptrtoint(args[0], I64), I64(CACHE_LINE - 1))
        return builder.inttoptr(builder.and_(address, I64(-CACHE_LINE)), F64.as_pointer())

    return memory(memory), generate


@intrinsic
def transpose_tile(typingctx, source, source_index, target, target_index, stride):
    """Write the transpose of the 8 x 8 tile at source[source_index] to target[target_index]. In both, rows are `stride`
    apart; both are of one member.
    """

    def generate(context, builder, sig, args):
        source, source_index, target, target_index, stride = args
        row_type = ir.VectorType(F64, 8)

        def row(memory, index, number):
            offset = builder.add(index, builder.mul(stride, I64(number)))
            return builder.bitcast(builder.gep(memory, [offset]), row_type.as_pointer())

        rows = [builder.load(row(source, source_index, number), align=8) for number in range(8)]
        # At each distance, swap the off-diagonal blocks of that size, like a recursive transpose.
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

    return types.void(source, types.intp, target, types.intp, types.intp), generate
