"""The status of a run, made from its row and from what it does now."""

from ..languages import say, told
from ..messages.outgoing import RunStatus, newest
from ..names import name_of
from ..storage.rows import Row


def status_of(row: Row, *, name: str | None = None, rate: float = 0.0, viewers: int = 0) -> RunStatus:
    """Where a run stands, in the current language. With only a row, it is the status of a run that is only on disk.

    Args:
        row: the run.
        name: its name; if not given, the row's name. In memory the name of `main` can be put into any language.
        rate: iterations per second.
        viewers: the number of viewers.
    """
    return RunStatus.model_construct(
        id=row.id,
        name=told(name_of(row.id, row.name) if name is None else name),
        state=row.state,
        generation=row.generation,
        iteration=row.iteration,
        config=row.config,
        **newest(row.changes),
        learning_rate=row.learning_rate,
        speed=row.speed,
        error=row.error,
        iterations_per_second=rate,
        viewers=viewers,
        detail=row.detail and say(row.detail),
    )
