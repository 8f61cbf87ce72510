"""What people are told of a run: its row, and what it does just now."""

from app.languages import say, told
from app.messages.outgoing import RunStatus, newest
from app.names import name_of
from app.storage.rows import Row


def status_of(row: Row, *, name: str | None = None, rate: float = 0.0, viewers: int = 0) -> RunStatus:
    """Where a run stands, in the language that is spoken; one that is on disk alone, if nothing else is given.

    Args:
        row: the run.
        name: what it is called; if not given, as the row says. In memory the name of `main` is a text in any language.
        rate: iterations a second.
        viewers: how many watch.
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
