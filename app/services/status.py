"""The status of a run, made from its row and from what it does now. Also its milestones, as clients get them."""

from collections.abc import Iterable

from rnn_core import TrainingConfig
from rnn_core.assessment import milestones
from rnn_core.edits import edits_to_data
from rnn_core.network.parts import make_task

from ..access.people import asking
from ..languages import say, told
from ..messages.outgoing import MachineCase, Milestone, ProvedRight, RunStatus, WeightEdit, newest
from ..names import name_of
from ..storage.rows import Row


def status_of(
    row: Row,
    *,
    name: str | None = None,
    rate: float = 0.0,
    viewers: int = 0,
    proof: ProvedRight | None = None,
    proving: int | None = None,
) -> RunStatus:
    """Where a run stands, in the current language and for the one who asks. With only a row, it is the status of a run
    that is only on disk.

    Args:
        row: the run.
        name: its name; if not given, the row's name. In memory the name of `main` can be put into any language.
        rate: iterations per second.
        viewers: the number of viewers.
        proof: the latest moment that was proved right; known only in memory.
        proving: the moment that is being proved.
    """
    return RunStatus.model_construct(
        id=row.id,
        name=told(name_of(row.id, row.name) if name is None else name),
        state=row.state,
        generation=row.generation,
        iteration=row.iteration,
        config=row.config,
        **newest(row.changes),
        edits=[WeightEdit(**edit) for edit in edits_to_data(row.edits)],
        learning_rate=row.learning_rate,
        speed=row.speed,
        speed_chosen=row.speed_chosen,
        error=row.error,
        iterations_per_second=rate,
        viewers=viewers,
        detail=row.detail and say(row.detail),
        access=asking().reach(row.owner),
        private=row.owner is not None,
        proof=proof,
        proving=proving,
    )


def milestones_told(found: Iterable[milestones.Milestone], config: TrainingConfig) -> list[Milestone]:
    """Milestones, in the current language."""
    operands = make_task(config).operands
    return [
        Milestone(
            iteration=one.iteration,
            kind=one.kind,
            case=None if one.case is None else MachineCase(state=one.case[0], bits=list(one.case[1])),
            text=one.text,
            **dict(zip(operands, one.operands or (), strict=False)),
        )
        for one in found
    ]
