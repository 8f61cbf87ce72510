"""The hidden state as a place: where the states lie, and how far they tell what should be remembered."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from rnn_core.analysis.axes import Axes
from rnn_core.analysis.states import HiddenStates, NothingHiddenError, hidden_states_in_pieces
from rnn_core.pieces import in_one

from ..languages import told
from ..messages.incoming import StatesQuery
from ..messages.outgoing import States
from ..refusals import Conflict
from ..requests import query_of, query_schema
from .common import PROBLEMS, AttendedRoute, Runs, check_moment, json_answer
from .inside import analysed, document

router = APIRouter(prefix="/api/runs", tags=["inside"], responses=PROBLEMS, route_class=AttendedRoute)


@router.get("/{run_id}/states", response_model=States, openapi_extra=query_schema(StatesQuery))
async def get_states(
    run_id: str, query: Annotated[StatesQuery, Depends(query_of(StatesQuery))], runs: Runs
) -> Response:
    """Where the hidden states lie, and how far they tell what should be remembered.

    With `axes`, the points lie on the axes that were fitted to that moment, so that they can be compared. With
    `history`, the separation at up to so many earlier moments comes along. A task without memory has no answer: 409.
    """
    run = await runs.get(run_id)
    if query.axes is not None:
        check_moment(run, query.axes, "axes")
    try:
        found = await analysed(run, query.iteration, hidden_states_in_pieces)
        fitted = found if query.axes is None else await analysed(run, query.axes, hidden_states_in_pieces)
        past = {} if query.history is None else told_past(*await run.separations(query.history))
    except NothingHiddenError as error:
        raise Conflict(error.detail) from None
    if fitted.generation != found.generation:  # the run was reset in between
        fitted = found
    names = [told(name) for name in found.answer.names]
    members = await runs.jobs.compute(in_one(partial(told_states, found.answer, fitted.answer, names)))
    return await json_answer(runs.jobs, document(run, found, axes_iteration=fitted.iteration, **members, **past))


def told_past(history: list[tuple[int, float]], pending: int) -> dict[str, Any]:
    """The separations of earlier moments, as they are sent."""
    return {"history": history, **({"pending": pending} if pending else {})}


def told_states(found: HiddenStates, fitted: HiddenStates, names: list[str]) -> dict[str, Any]:
    """An answer on the axes of another moment, or of the same one, as it is sent. `names` are translated."""
    places = found.places(Axes(fitted.axes, fitted.origin)).tolist()
    problems, positions, labels = found.problems.tolist(), found.positions.tolist(), found.labels.tolist()
    return {
        "axes": fitted.axes.tolist(),
        "origin": fitted.origin.tolist(),
        "alignment": min(1.0, abs(float(fitted.axes[0] @ found.axes[0]))),
        "points": [
            {
                "x": short(x),
                "y": short(y),
                "state": names[label],
                "position": position,
                **dict(zip(found.operands, problem, strict=True)),
            }
            for (x, y), label, position, problem in zip(places, labels, positions, problems, strict=True)
        ],
        "separation": found.separation,
        "base_rate": found.base_rate,
        "tested": found.tested,
        "states": names,
        "tells": found.tells.tolist(),
    }


def short(number: float) -> float:
    """As many digits as the states have."""
    return float(f"{number:.7g}")
