"""The Numba type of a `Plan`, so that in a kernel `plan.hidden` is a constant.

Numba compiles a function once for each combination of argument types, and caches it under these types. The type of a
plan holds its fields. So loops have known lengths, small ones are unrolled, scratch memory is on the stack, code that a
plan does not use disappears, and each plan has its own cache entry that other processes find.

The type of a *general* plan holds only its cell. Everything else is a number that its kernels get when they are called,
so they serve every network of the cell. The source text of the kernels is the same, and so is the order of their
operations: both kinds give the same bits. A plan's own kernels are faster; general ones are available sooner.
"""
# ruff: noqa: ANN001, ANN201
# mypy: disable-error-code="no-untyped-def, no-untyped-call, misc, override"

import hashlib
from dataclasses import astuple
from functools import lru_cache
from pathlib import Path

from numba.core import cgutils, types
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.extending import NativeValue, lower_getattr_generic, models, register_model, typeof_impl, unbox

from rnn_core.kernels.network.plan import NUMBERS, Plan


def digest_of_kernels() -> str:
    """A short digest of the source of everything that is compiled, and of the plan."""
    sources = sorted(Path(__file__).parents[1].rglob("*.py"))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]


KERNELS = digest_of_kernels()


class PlanType(types.Type):
    """The Numba type of one particular `Plan`. Its name identifies it, in memory and in the cache.

    The name holds a digest of the kernels. Numba by itself notices a change only in the file of the called function,
    not in the files of functions that were compiled into it, and only by time and size.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        super().__init__(name=f"Plan{astuple(plan)} {KERNELS}")


class GeneralPlanType(PlanType):
    """The Numba type that all general plans of one cell share; `plan` stands for any of them."""

    def __init__(self, cell: str) -> None:
        super().__init__(Plan(cell=cell, general=True))


@lru_cache(maxsize=1024)
def type_of(plan: Plan) -> PlanType:
    """The type of a plan. It is kept, because making the name takes longer than a few iterations."""
    return GeneralPlanType(plan.cell) if plan.general else PlanType(plan)


@typeof_impl.register(Plan)
def type_of_argument(plan, context):
    """The type of a plan that a kernel is called with."""
    return type_of(plan)


@register_model(PlanType)
class PlanModel(models.OpaqueModel):
    """At run time there is nothing."""


@unbox(PlanType)
def unbox_plan(kind, value, context):
    """Only the type comes from Python."""
    return NativeValue(context.context.get_dummy_value())


@register_model(GeneralPlanType)
class GeneralPlanModel(models.StructModel):
    """At run time it is all numbers that are not the same for all plans of the type."""

    def __init__(self, manager, kind: GeneralPlanType) -> None:
        super().__init__(manager, kind, [(name, types.intp) for name in NUMBERS])


@unbox(GeneralPlanType)
def unbox_general_plan(kind, value, context):
    """The `numbers` come from Python."""
    numbers = context.pyapi.object_getattr_string(value, "numbers")
    native = context.unbox(types.UniTuple(types.intp, len(NUMBERS)), numbers)
    context.pyapi.decref(numbers)
    plan = cgutils.create_struct_proxy(kind)(context.context, context.builder)
    for place, name in enumerate(NUMBERS):
        setattr(plan, name, context.builder.extract_value(native.value, place))
    return NativeValue(plan._getvalue(), is_error=native.is_error)


def constant_of(kind: PlanType, attribute: str) -> int | None:
    """The value of `plan.attribute` if it is the same for all plans of the type."""
    return None if kind.plan.general and attribute in NUMBERS else int(getattr(kind.plan, attribute))


@infer_getattr
class PlanAttributes(AttributeTemplate):
    """Its fields and properties are integers, and constants if the type holds them."""

    key = PlanType

    def generic_resolve(self, kind, attribute):
        """The type of `plan.attribute`, which holds its value if that is a constant."""
        constant = constant_of(kind, attribute)
        return types.intp if constant is None else types.literal(constant)


@infer_getattr
class GeneralPlanAttributes(PlanAttributes):
    """The same for the other type, because Numba looks for exactly this type."""

    key = GeneralPlanType  # type: ignore[assignment]


@lower_getattr_generic(PlanType)
def get_attribute(context, builder, kind, value, attribute):
    """The value of `plan.attribute`."""
    constant = constant_of(kind, attribute)
    if constant is None:
        return getattr(cgutils.create_struct_proxy(kind)(context, builder, value=value), attribute)
    return context.get_constant(types.intp, constant)
