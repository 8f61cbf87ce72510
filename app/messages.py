"""The wire: every JSON message that comes in or goes out, as a model, and how a refused one is explained.

Numbers are numbers: no strings, no booleans. The description of a field says what is allowed, once, for the reader of
the API's documentation and for the error message alike.
"""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, TypeVar, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import from_json

from app.languages import Words
from app.names import readable
from app.run_state import State
from rnn_core.config import MAX_CHANGES, TOLD, FieldProblem, must_be, number_above_0, sentences, shown, whole_number
from rnn_core.prediction import OPERAND_LIMIT
from rnn_core.text import Text, listed

MAX_NAME = 60
MAX_STEP = 10_000
MAX_POINTS = 5_000
MAX_HISTORY = 1_000
MAX_ANSWERS = 300
MAX_INDEX = 2**53 - 1
MIN_SPEED, MAX_SPEED = 0.1, 1_000_000.0


class Incoming(BaseModel):
    """Base of what clients send. A member that is null counts as absent, but for those in `nullable`."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, frozen=True)
    nullable: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {
            name: value
            for name, value in data.items()
            if value is not None or name in cls.nullable or name not in cls.model_fields
        }


Operand = Annotated[int, Field(ge=0, lt=OPERAND_LIMIT, description=whole_number(0, OPERAND_LIMIT - 1), examples=[9])]
RunId = Annotated[str, Field(description=Text("the id of a run"), examples=["main"])]
Name = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_NAME,
        pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f\u2028\u2029]*$",
        description=Text("a text of 1 to {most} characters, one of which can be seen, on one line", most=MAX_NAME),
    ),
    BeforeValidator(lambda name: readable(name) if isinstance(name, str) else name),
]
Speed = Annotated[
    float | None,
    Field(
        ge=MIN_SPEED,
        le=MAX_SPEED,
        description=Text("iterations a second, a number from 0.1 to 1000000, or null for unlimited"),
        examples=[300],
    ),
]
LearningRate = Annotated[float, Field(gt=0, le=100, description=number_above_0(100))]
Config = Annotated[
    dict[str, Any],
    Field(
        description=Text("an object of the fields that differ from the default configuration"), examples=[{"seed": 1}]
    ),
]
Changes = Annotated[
    list[Any],
    Field(
        description=Text(
            "an array of at most {most} pairs of an iteration and the learning rate from there on, in order",
            most=MAX_CHANGES,
        ),
        examples=[[[2000, 0.05]]],
    ),
]
Iterations = Annotated[int, Field(ge=1, le=MAX_STEP, description=whole_number(1, MAX_STEP))]

Points = Annotated[int, Field(ge=1, le=MAX_POINTS, description=whole_number(1, MAX_POINTS))]
History = Annotated[int, Field(ge=1, le=MAX_HISTORY, description=whole_number(1, MAX_HISTORY))]
Index = Annotated[int, Field(ge=0, le=MAX_INDEX, description=whole_number(0, MAX_INDEX))]

Moment = Annotated[
    int,
    Field(
        ge=0,
        le=MAX_INDEX,
        description=Text("a whole number from 0 to the run's iteration"),
        examples=[1200],
    ),
]


class Operands(Incoming):
    """A problem: as many numbers as a task takes."""

    a: Operand | None = None
    b: Operand | None = None
    c: Operand | None = None


class PredictRequest(Operands):
    """What to ask a network."""

    run: RunId = "main"
    iteration: Moment | None = None


class AccuracyQuery(Incoming):
    """Of which moment; without one, now."""

    iteration: Moment | None = None


class EngineQuery(Incoming):
    """Of which run; without one, of all."""

    run: RunId | None = None


class ErrorsQuery(Incoming):
    """Which stretch of the error series, and how."""

    start: Index = 0
    stop: Index | None = None
    points: Points | None = None


class AnswersQuery(Operands):
    """Which problem, and over which stretch of training."""

    start: Index = 0
    stop: Index | None = None
    points: Annotated[int, Field(ge=1, le=MAX_ANSWERS, description=whole_number(1, MAX_ANSWERS))] = 100


class OverviewQuery(Incoming):
    """How finely to show a run."""

    points: Points = 100
    history: History | None = None


class BranchPoint(Incoming):
    """A moment of a run."""

    run: RunId
    iteration: Index


class ImportQuery(Incoming):
    """What to call a run that is brought in."""

    name: Name | None = None


class CreateRun(Incoming):
    """A new run."""

    nullable = frozenset({"speed"})
    name: Name | None = None
    config: Config = {}
    speed: Speed = 300.0
    changes: Changes = []
    origin: BranchPoint | None = Field(
        None,
        alias="from",
        description=Text('an object such as {{"run": "main", "iteration": 5000}}: the moment of a run to begin at'),
    )


class PatchRun(Incoming):
    """Changes to a run, which take effect at once; what is absent stays."""

    nullable = frozenset({"speed"})
    name: Name | None = None
    speed: Speed = None
    learning_rate: LearningRate | None = None


class CheckConfig(Incoming):
    """A configuration to be checked."""

    config: Config = {}


class StepRun(Incoming):
    """How far to step."""

    iterations: Iterations = 1


class ResetRun(Incoming):
    """What to begin anew with; without a config, the run's own."""

    config: Config | None = None


class Nothing(Incoming):
    """No members."""


class StartCommand(Nothing):
    """Over the socket: start."""

    type: Literal["start"]


class PauseCommand(Nothing):
    """Over the socket: pause."""

    type: Literal["pause"]


class StepCommand(StepRun):
    """Over the socket: step."""

    type: Literal["step"]


class ResetCommand(ResetRun):
    """Over the socket: reset."""

    type: Literal["reset"]


class SpeedCommand(Incoming):
    """Over the socket: set the speed."""

    nullable = frozenset({"value"})
    type: Literal["speed"]
    value: Speed


Command = StartCommand | PauseCommand | StepCommand | ResetCommand | SpeedCommand
COMMANDS: dict[str, type[Command]] = {
    "start": StartCommand,
    "pause": PauseCommand,
    "step": StepCommand,
    "reset": ResetCommand,
    "speed": SpeedCommand,
}


NEWEST_CHANGES = 100
"""So many changes of the learning rate a status tells; a run that has more is asked for all of them."""


def newest(changes: Sequence[tuple[int, float]]) -> dict[str, Any]:
    """Of the changes of a run's learning rate what its status tells."""
    left_out = max(0, len(changes) - NEWEST_CHANGES)
    return {"changes": list(changes[left_out:]), "changes_left_out": left_out}


class RunStatus(BaseModel):
    """Where a run stands."""

    id: str
    name: str
    state: State
    generation: int = Field(description="counts resets")
    iteration: int = Field(description="how many are done")
    config: dict[str, Any]
    changes: list[tuple[int, float]] = Field(
        description=f"the newest {NEWEST_CHANGES} learning-rate changes, [iteration, value]; those ahead are planned"
    )
    changes_left_out: int = Field(
        0,
        description="how many earlier ones there are, which the run's `changes` tell; absent where there are none",
        exclude_if=lambda number: number == 0,
    )
    learning_rate: float = Field(description="the one in force")
    speed: float | None = Field(description="iterations a second; null is unlimited")
    error: float | None = Field(description="of the last iteration")
    iterations_per_second: float = Field(description="over the last second of running, else 0")
    viewers: int
    detail: Words | None = Field(description="why it stopped")


class RateChanges(BaseModel):
    """All changes of a run's learning rate."""

    generation: int
    changes: list[tuple[int, float]] = Field(
        description="[iteration, value], in order; those ahead of the run's iteration are planned"
    )


class Parting(BaseModel):
    """That this machine computes a run's past differently from how it was, as its errors tell."""

    iteration: int = Field(description="the first whose error, computed here, is not the recorded one")
    sound: list[int] = Field(description="the nearest moments that were kept as they were")
    detail: Words = Field(description="the same for people, and what computed the run then")


Apart = Annotated[
    Parting | None,
    Field(
        exclude_if=lambda parting: parting is None,
        description="only where this machine does not compute what was then",
    ),
]


class Answer(BaseModel):
    """A prediction. Bits and probabilities run most significant first. Of the operands there are those that the run's
    task takes.
    """

    task: str
    a: int
    b: int = Field(description="for a task of two or three operands")
    c: int = Field(0, description="for a task of three operands")
    expected: int = Field(description="the true result; of a yes-or-no task 1 or 0")
    predicted: int = Field(description="the network's")
    correct: bool
    width: int
    bits: dict[str, list[int]]
    probabilities: list[float]
    run: str
    generation: int
    iteration: int
    beyond_training: bool
    parting: Apart = None
    overflow: bool = Field(
        False,
        description="true where an output is not a number, and left out elsewhere: such an output counts as the wrong "
        "bit, with probability 0 or 1",
    )


class Answers(BaseModel):
    """What a network answered to one problem as training went on: value k of each list when iterations[k] were done."""

    generation: int
    expected: int
    width: int
    bits: list[int] = Field(description="of the true result, most significant first")
    iterations: list[int]
    predicted: list[int]
    probabilities: list[list[float]] = Field(description="P(bit = 1), most significant first")
    parting: Apart = None


class Errors(BaseModel):
    """A stretch of the error series."""

    generation: int
    start: int
    errors: list[float]


class ErrorsSummary(BaseModel):
    """A stretch of the error series in `stride`-long pieces: value k stands for start + k * stride up to the next."""

    generation: int
    start: int
    stride: int
    min: list[float]
    mean: list[float]
    max: list[float]


PENDING = "how many scheduled moments up to now will still be looked at; absent where none"


class Overview(BaseModel):
    """A run at a glance."""

    run: RunStatus
    errors: ErrorsSummary
    accuracy: tuple[int, float] | None = Field(
        description="[iteration, accuracy] at the latest scheduled moment; null where none of the last tenth is known"
    )
    pending: int = Field(0, description=PENDING)
    history: list[tuple[int, float | None]] | None = Field(
        default=None,
        description="[iteration, accuracy] at scheduled moments, at most so many, evenly over the whole of the run; "
        "only if asked for. [iteration, null] stands where nothing is known between two of them: a line breaks there",
    )


class WrongAnswer(BaseModel):
    """A problem that the network gets wrong, or least right."""

    a: int
    b: int | None = Field(None, exclude_if=lambda number: number is None)
    c: int | None = Field(None, exclude_if=lambda number: number is None)
    expected: int
    predicted: int
    error: float


class CaseAnswer(BaseModel):
    """What the network answers in one case that the task's machine knows: for addition, a line of a full adder."""

    state: str = Field(description="of the machine that solves the task")
    bits: list[int] = Field(description="read at the position, in the order of the operands")
    expected: int
    output: float | None = Field(
        description="P(bit = 1), the mean over such positions of every problem, or of a fixed sample of 1024 where "
        "there are more; an output that is not a number counts as the wrong bit"
    )
    positions: int
    right: float | None = Field(
        None, description="the share of them with the bit right, 0 to 1; null where there are none"
    )


class Accuracy(BaseModel):
    """How well a network has learned, over every problem of its width, or a fixed sample where there are too many."""

    run: str
    generation: int
    iteration: int
    problems: int
    sampled: bool
    accuracy: float = Field(description="the share of problems with the result right, every bit of it")
    bit_accuracy: list[float] = Field(description="the share with the bit at this position right; position 0 first")
    hard_problems: int = Field(
        description="problems tried beside a sample that need a long memory: over stretches of every length, everywhere"
    )
    hard_right: int = Field(description="how many of them have the result right, every bit of it")
    worst: list[WrongAnswer] = Field(description="the problems with the largest error, largest first")
    cases: list[CaseAnswer] = Field(description="in the order of the machine's table")
    history: list[tuple[int, float | None]] = Field(
        [],
        description="[iteration, accuracy] at the run's scheduled moments, whatever moment was asked for; "
        "[iteration, null] stands where nothing is known between two of them: a line breaks there",
    )
    history_sample: int | None = Field(
        None,
        description="of how many problems, a fixed sample, the history is; absent where it is of all there are",
        exclude_if=lambda number: number is None,
    )
    pending: int = Field(0, description=PENDING, exclude_if=lambda number: number == 0)
    parting: Apart = None


class FieldOption(BaseModel):
    """A field of a configuration."""

    name: str
    kind: Literal["integer", "number", "choice", "boolean"]
    default: str | bool | int | float | None
    allowed: Words = Field(description='what it must be, in words that follow "must be"')
    meaning: Words = Field(description="what it is, in a sentence")
    low: float | None = Field(description="the least number; of kind number a bound that is itself too low")
    high: float | None
    choices: list[str]
    nullable: bool
    live: bool = Field(description="whether it can be changed while the run trains; the others need a reset")


class TaskOption(BaseModel):
    """Something to learn."""

    name: str
    title: Words
    operands: list[str]
    expression: Words = Field(description="how a problem is written, the operands in braces")
    least_bits: int
    carried: Words = Field(description="what has to be remembered, in a word, or nothing")


class CellOption(BaseModel):
    """A recurrent cell."""

    name: str
    gates: list[str]


class Options(BaseModel):
    """What a configuration may hold."""

    fields: list[FieldOption]
    tasks: list[TaskOption]
    cells: list[CellOption]
    max_cost: int = Field(description="the most that bits x batch_size x hidden_size x hidden_size may come to")


class Plateau(BaseModel):
    """The error of a simple behaviour, at which training may rest for a while."""

    key: str
    label: Words
    error: float


class TaskDescription(BaseModel):
    """What a run learns, and what to compare it with."""

    task: str
    title: Words
    bits: int
    operands: list[str]
    operand_limit: int = Field(description="operands of training stay below it")
    expression: Words = Field(description="how a problem is written, the operands in braces")
    truth: bool = Field(description="whether the result is a yes or no, read at the last position")
    carried: Words = Field(description="what has to be remembered, in a word, or nothing")
    states: list[Words] = Field(description="of the finite-state machine that solves the task; the first is the start")
    machine: list[tuple[str, list[int], str, int]] = Field(description="[state, bits, next state, output bit]")
    reference_errors: list[Plateau] = Field(description="errors that simple behaviours would have")
    gates: list[str] = Field(description="of the run's cell")


class EngineStatus(BaseModel):
    """The engine that trains the runs of this server."""

    name: Literal["compiled", "numpy"]
    state: Literal["ready", "compiling", "fallback"]
    detail: Words | None = Field(description="what is being waited for, or why it is not the fastest")
    kernels: Literal["own", "general"] | None = Field(
        None, description="what computes: kernels for this form of network alone, general ones, or none yet"
    )
    waiting: bool = Field(False, description="whether training has to wait for what is being compiled")
    ahead: int = Field(0, description="how many other forms of network are compiled before")
    seconds: float | None = Field(None, description="for how long it has been compiling")
    expected: float | None = Field(
        None, description="about how many seconds that takes, judged by what was compiled last, once something was"
    )


class StorageStatus(BaseModel):
    """What becomes of runs when the server ends."""

    state: Literal["kept", "none", "trouble"]
    detail: Words | None = Field(description="why they are not stored, or what happened to those stored before")
    used: int | None = Field(None, description="bytes that stored runs take")
    budget: int | None = Field(None, description="bytes that they may take")
    deleted: int | None = Field(None, description="bytes of those used that deleted runs take, until room is needed")


class ProblemDocument(BaseModel):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[dict[str, str]] = []


class Malformed(ValueError):
    """Not JSON."""


class Refused(ValueError):
    """JSON, but not what was asked for: `problems` names fields, and `more` is how many others there are."""

    def __init__(self, problems: list[FieldProblem], more: int = 0) -> None:
        super().__init__(sentences(problems, more))
        self.problems = problems
        self.more = more


def parse_json(data: bytes | str) -> Any:
    """JSON in UTF-8, without NaN and infinities.

    Raises:
        Malformed: it is something else.
    """
    try:
        return from_json(data, allow_inf_nan=False)
    except ValueError as error:
        raise Malformed(str(error)) from None


M = TypeVar("M", bound=Incoming)


def validate(model: type[M], data: Any) -> M:
    """Data as a model.

    Raises:
        Refused: each field at fault, with the value and what is allowed.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        problems = explain(model, error)
        raise Refused(problems, error.error_count() - TOLD if len(problems) == TOLD else 0) from None


def explain(model: type[BaseModel], error: ValidationError) -> list[FieldProblem]:
    """One problem a field at fault, in words, for the first `TOLD` of them."""
    problems: dict[str, FieldProblem] = {}
    for item in error.errors(include_url=False, include_context=False):
        if len(problems) == TOLD:
            break
        if not item["loc"]:
            problems["body"] = FieldProblem("body", must_be(Text("a JSON object"), item["input"]))
            continue
        holder, path = model, [str(item["loc"][0])]
        for step in item["loc"][1:]:
            inner = _model_of(_fields(holder).get(path[-1]))
            if inner is None:
                break
            holder, path = inner, [*path, str(step)]
        name = ".".join(path)
        allowed = _allowed(_fields(holder).get(path[-1]))
        if item["type"] == "extra_forbidden":
            name = ".".join([*path[:-1], shown(path[-1])[1:-1]])
            known = listed(_fields(holder)) if _fields(holder) else Text("none")
            detail = Text("is not known here; known: {names}", names=known)
        elif item["type"] == "missing":
            detail = Text("is missing; it must be {allowed}", allowed=allowed)
        elif path[-1] == "name" and isinstance(item["input"], str):
            detail = _name_problem(item["input"])
        else:
            detail = must_be(allowed, item["input"])
        problems.setdefault(name, FieldProblem(name, detail))
    return list(problems.values())


def _name_problem(name: str) -> Text:
    """Why a run can't be called so."""
    if len(name) > MAX_NAME:
        words = Text("must have 1 to {most} characters, and this one has {number}", most=MAX_NAME, number=len(name))
    elif not name.strip():
        words = Text("must have 1 to {most} characters, one of which can be seen", most=MAX_NAME)
    else:
        words = Text("must be on one line and without control characters, not {value}", value=shown(name))
    return words


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """A model's fields by the names that messages have."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _model_of(field: FieldInfo | None) -> type[BaseModel] | None:
    """The model that a field holds; None for one that holds none."""
    kinds = () if field is None else get_args(field.annotation) or (field.annotation,)
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)


def _allowed(field: FieldInfo | None) -> str:
    """A field's description, its own or, for an optional one, that of the type it may have; "" where it has none."""
    if field is None or field.description is not None:
        return (field and field.description) or ""
    infos = [info for member in get_args(field.annotation) for info in getattr(member, "__metadata__", ())]
    return next((info.description for info in infos if isinstance(info, FieldInfo) and info.description), "")


class StatusMessage(BaseModel):
    """Over the socket: where the run stands."""

    type: Literal["status"] = "status"
    run: RunStatus


class ProblemMessage(BaseModel):
    """Over the socket: what can't be done, to the one who asked."""

    type: Literal["problem"] = "problem"
    title: str
    detail: str
    status: int
