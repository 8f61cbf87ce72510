"""What can be configured."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from starlette.responses import JSONResponse

from rnn_core import ConfigError, TrainingConfig
from rnn_core.cells import CELLS
from rnn_core.config import MAX_COST, OPTIONS
from rnn_core.tasks import TASKS

from ..messages.incoming import CheckConfig
from ..messages.outgoing import CellOption, FieldOption, Options, TaskOption
from ..problems import config_problem
from ..requests import body_of, body_schema
from .common import PROBLEMS

router = APIRouter(prefix="/api", tags=["server"], responses=PROBLEMS)


def options() -> Options:
    """Every field of a configuration, with its default and its bounds, and all tasks and cells."""
    defaults = TrainingConfig().to_dict()
    fields = [
        FieldOption(
            name=name,
            kind=option.rule.kind,
            default=defaults[name],
            allowed=option.rule.words,
            meaning=option.meaning,
            low=option.rule.low,
            high=option.rule.high,
            choices=list(option.rule.choices),
            nullable=option.rule.nullable,
            live=option.live,
        )
        for name, option in OPTIONS.items()
    ]
    tasks = [
        TaskOption(
            name=task.name,
            title=task.title,
            operands=list(task.operands),
            expression=task.expression,
            least_bits=task.least_bits,
            carried=task.carried,
        )
        for task in TASKS.values()
    ]
    cells = [CellOption(name=cell.name, gates=list(cell.gates)) for cell in CELLS.values()]
    return Options(fields=fields, tasks=tasks, cells=cells, max_cost=MAX_COST)


@router.post("/config", response_model=TrainingConfig, openapi_extra=body_schema(CheckConfig))
async def check_config(request: Annotated[CheckConfig, Depends(body_of(CheckConfig))]) -> Response:
    """Check a configuration without creating anything. The answer is the whole configuration, or an error for each
    wrong field.
    """
    try:
        return JSONResponse(TrainingConfig.from_mapping(request.config).to_dict())
    except ConfigError as error:
        raise config_problem(error) from None


@router.get("/options")
async def get_options() -> Options:
    """What a configuration may hold: every field with its default, its bounds and its meaning."""
    return options()
