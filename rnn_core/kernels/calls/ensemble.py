"""Training several networks of one plan in one call. Each gets the bits that it would have alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from rnn_core.edits import NONE_HELD
from rnn_core.kernels.calls.engine import Integers, Training, call, check, only, train
from rnn_core.kernels.calls.training import Array
from rnn_core.kernels.network.plan import Plan


@dataclass(frozen=True, eq=False)
class Member:
    """One network and its problems: the arguments of `engine.train`."""

    parameters: Array  # (plan.flat_size,), trained in place
    operands: Integers  # (n batch, inputs)
    answers: Integers  # (n batch,)
    learning_rate: float
    moments: Array  # (plan.moments, plan.flat_size), changed in place
    step: int = 0
    clip_norm: float | None = None
    held: Integers = field(default_factory=lambda: NONE_HELD)  # a member that holds weights is trained by itself


def train_together(plan: Plan, members: Sequence[Member]) -> list[Training]:
    """Train each member with the same bits as `train(plan, ...)`, but faster, with the GIL released.

    They are computed side by side in groups of the sizes in `plan.together`; the rest one after the other, and so all
    if one of them holds weights. A member that diverges stays in its group, but its results are not used. It is then
    computed again alone up to there.

    Raises ValueError if members have different numbers of iterations, or if `train` would.
    """
    if len({len(member.operands) for member in members}) > 1:
        raise ValueError(f"members have {[len(member.operands) for member in members]} problems: not equally many")
    results: list[Training] = []
    side_by_side = members and len(members[0].operands) and not any(len(member.held) for member in members)
    sizes = plan.together if side_by_side else ()
    while left := members[len(results) :]:
        size = next((size for size in sizes if size <= len(left)), 1)
        results += train_group(replace(plan, members=size), left[:size]) if size > 1 else [train_alone(plan, left[0])]
    return results


def train_group(plan: Plan, members: Sequence[Member]) -> list[Training]:
    """Train plan.members networks in one call of the kernel."""
    for member in members:
        check(plan, member.parameters, member.moments, member.operands, member.answers, member.clip_norm)
    parameters, moments = (
        np.stack([getattr(each, name) for each in members], -1) for name in ("parameters", "moments")
    )
    operands, answers = (np.stack([getattr(each, name) for each in members]) for name in ("operands", "answers"))
    done, errors, trace = call(
        plan,
        parameters,
        moments,
        operands,
        answers,
        np.array([member.step for member in members]),
        np.array([member.learning_rate for member in members], dtype=np.float64),
        np.array([member.clip_norm or 0.0 for member in members]),
    )
    results = []
    for m, member in enumerate(members):
        if done[m] < errors.shape[1]:
            results.append(train_alone(plan, member))
        else:
            member.parameters[...] = parameters[..., m]
            member.moments[...] = moments[..., m]
            results.append(Training(errors[m], only(trace, m), diverged=False))
    return results


def train_alone(plan: Plan, member: Member) -> Training:
    """Train one network by itself."""
    return train(
        plan,
        member.parameters,
        member.operands,
        member.answers,
        member.learning_rate,
        moments=member.moments,
        step=member.step,
        clip_norm=member.clip_norm,
        held=member.held,
    )
