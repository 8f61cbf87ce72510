"""What clients send: the bodies and queries of requests, and commands over the socket.

Numbers are numbers: no strings, no booleans. The description of a field says what is allowed. It stands once, and
serves both the API's documentation and the error message.
"""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from rnn_core.assessment.long_problems import LONG_BITS, LONG_LIMIT, MOST_POSITIONS
from rnn_core.assessment.prediction import OPERAND_LIMIT
from rnn_core.config import MAX_CHANGES, number_above_0, whole_number
from rnn_core.edits import MAX_EDITS
from rnn_core.text import Text

from ..names import readable
from ..run_state import DEFAULT_SPEED
from ..sweep_plan import EVERY

MAX_NAME = 60
MAX_STEP = 10_000
MAX_POINTS = 5_000
MAX_HISTORY = 1_000
MAX_ANSWERS = 300
MAX_AUDIT = 1_000
MAX_INDEX = 2**53 - 1
MAX_SECONDS = 86_400
MAX_EVERY = 10_000_000
MAX_ID = 40
MAX_PART = 9_999
MAX_STOP = 99
MIN_SPEED, MAX_SPEED = 0.1, 1_000_000.0


class Incoming(BaseModel):
    """Base of what clients send. A member that is null counts as absent, except those in `nullable`."""

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
LongOperand = Annotated[
    str,
    Field(
        pattern=rf"^[0-9]{{1,{len(str(LONG_LIMIT))}}}$",
        description=Text("a whole number from 0 to 2^{bits} − 1, in digits", bits=LONG_BITS),
        examples=["9"],
    ),
]
Width = Annotated[
    int, Field(ge=1, le=MOST_POSITIONS, description=whole_number(1, MOST_POSITIONS), examples=[MOST_POSITIONS])
]
RunId = Annotated[str, Field(description=Text("the id of a run"), examples=["main"])]
Name = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_NAME,
        pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f\u2028\u2029]*$",
        description=Text("a text of 1 to {most} characters, one of which can be seen, on one line", most=MAX_NAME),
        examples=["Tuesday's class"],
    ),
    BeforeValidator(lambda name: readable(name) if isinstance(name, str) else name),
]
Speed = Annotated[
    Annotated[float, Field(ge=MIN_SPEED, le=MAX_SPEED)] | Literal["story"] | None,
    Field(
        description=Text(
            'iterations a second, a number from 0.1 to 1000000, null for unlimited, or "story": quick where nothing '
            "happens, slow where it learns"
        ),
        examples=[300],
    ),
]
LearningRate = Annotated[float, Field(gt=0, le=100, description=number_above_0(100), examples=[0.05])]
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
Edits = Annotated[
    list[Any],
    Field(
        description=Text(
            "an array of at most {most} edits of weights, such as {example}",
            most=MAX_EDITS,
            example='{"parameter": "W_hh", "at": [0, null], "value": 0, "frozen": true}',
        ),
        examples=[[{"parameter": "W_hh", "at": None, "value": 0, "frozen": True}]],
    ),
]
Iterations = Annotated[int, Field(ge=1, le=MAX_STEP, description=whole_number(1, MAX_STEP), examples=[100])]

Points = Annotated[int, Field(ge=1, le=MAX_POINTS, description=whole_number(1, MAX_POINTS), examples=[100])]
History = Annotated[int, Field(ge=1, le=MAX_HISTORY, description=whole_number(1, MAX_HISTORY), examples=[50])]
Index = Annotated[int, Field(ge=0, le=MAX_INDEX, description=whole_number(0, MAX_INDEX), examples=[1000])]
Seconds = Annotated[int, Field(ge=0, le=MAX_SECONDS, description=whole_number(0, MAX_SECONDS), examples=[60])]

Share = Annotated[float, Field(ge=0, le=1, description=Text("a number from 0 to 1"), examples=[0.5])]

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
    """A problem: the numbers that the task needs."""

    a: Operand | None = None
    b: Operand | None = None
    c: Operand | None = None


class PredictRequest(Operands):
    """What to ask a network."""

    run: RunId = "main"
    iteration: Moment | None = None
    trace: Annotated[bool, Field(description=Text("true or false"), examples=[True])] = False


class MapQuery(Incoming):
    """Which slice, for a task of three numbers, and at which moment; if absent, c = 0 and now."""

    c: Operand | None = None
    iteration: Moment | None = None


class AccuracyQuery(Incoming):
    """At which moment; if absent, now."""

    iteration: Moment | None = None


class ProofQuery(Incoming):
    """About which moment; if absent, the one that is being proved or was asked about last. With `picture`, a picture of
    the sets comes along: the one of this number from 0 or, if there are fewer, the last one.
    """

    iteration: Moment | None = None
    picture: Index | None = None


class Prove(Incoming):
    """Which moment to prove; if absent, now."""

    iteration: Moment | None = None


class ProgramQuery(Incoming):
    """Which names the program has."""

    names: Annotated[
        Literal["formulas", "script"],
        Field(
            description=Text('"formulas", or "script" for the names of the script that this project grew from'),
            examples=["script"],
        ),
    ] = "formulas"


class EngineQuery(Incoming):
    """For which run; if absent, for all runs."""

    run: RunId | None = None


class ErrorsQuery(Incoming):
    """Which range of the error series, and in which form."""

    start: Index = 0
    stop: Index | None = None
    points: Points | None = None
    precision: Annotated[
        Literal["double", "single"],
        Field(description="Of every error in a safetensors file: float64 or float32.", examples=["single"]),
    ] = "double"


FRAMES = ("plain", "small")
"""The kinds of frames that a viewer may ask for."""

WHICH_FRAMES = Text('"plain", or "small" for those that take less')


class EventsQuery(Incoming):
    """For how many seconds to watch; if absent, until the client leaves. And with which frames."""

    seconds: Seconds | None = None
    frames: Annotated[Literal["plain", "small"], Field(description=WHICH_FRAMES, examples=["small"])] = "plain"


class AnswersQuery(Operands):
    """Which problem, and for which range of iterations."""

    start: Index = 0
    stop: Index | None = None
    points: Annotated[int, Field(ge=1, le=MAX_ANSWERS, description=whole_number(1, MAX_ANSWERS), examples=[20])] = 100


class ProblemQuery(Operands):
    """Which problem, and at which moment; if absent, now."""

    iteration: Moment | None = None


class LongQuery(Incoming):
    """Which problem, with numbers of any length, over how many positions, and at which moment; if absent, as many
    positions as it needs, and now.
    """

    a: LongOperand | None = None
    b: LongOperand | None = None
    c: LongOperand | None = None
    width: Width | None = None
    iteration: Moment | None = None


class StatesQuery(Incoming):
    """At which moment to look at the hidden states; if absent, now."""

    iteration: Moment | None = None
    axes: Moment | None = None
    history: History | None = None


class OverviewQuery(Incoming):
    """With how many points to show a run."""

    points: Points = 100
    history: History | None = None


class AuditQuery(Incoming):
    """How many of the latest commands."""

    last: Annotated[int, Field(ge=1, le=MAX_AUDIT, description=whole_number(1, MAX_AUDIT), examples=[20])] = 100


class BranchPoint(Incoming):
    """A moment of a run."""

    run: RunId
    iteration: Index


class ImportQuery(Incoming):
    """The name of an imported run."""

    name: Name | None = None


class CreateRun(Incoming):
    """A new run."""

    nullable = frozenset({"speed"})
    name: Name | None = None
    config: Config = {}
    speed: Speed = DEFAULT_SPEED
    changes: Changes = []
    edits: Edits | None = None
    origin: BranchPoint | None = Field(
        None,
        alias="from",
        description=Text('an object such as {{"run": "main", "iteration": 5000}}: the moment of a run to begin at'),
        examples=[{"run": "main", "iteration": 5000}],
    )


class PatchRun(Incoming):
    """Changes to a run, which take effect at once. What is absent does not change."""

    nullable = frozenset({"speed"})
    name: Name | None = None
    speed: Speed = None
    learning_rate: LearningRate | None = None


class CreateSweep(Incoming):
    """A new sweep: every combination of the values in `vary`, each from every seed."""

    name: Name | None = None
    config: Config = {}
    vary: Annotated[
        dict[str, Any],
        Field(
            description=Text('an object such as {{"hidden_size": [1, 2, 4]}}: each field that varies, and its values'),
            examples=[{"hidden_size": [1, 2, 4], "learning_rate": [0.1, 1]}],
        ),
    ]
    seeds: Annotated[
        list[Any],
        Field(description=Text("the first and the last seed, or an array of one or more seeds"), examples=[[0, 99]]),
    ]
    every: Annotated[int, Field(ge=1, le=MAX_EVERY, description=whole_number(1, MAX_EVERY), examples=[EVERY])] = EVERY
    scheduler: (
        Annotated[
            str,
            Field(
                description=Text("left out: this server trains sweeps on its own cores"),
                examples=["tcp://127.0.0.1:8786"],
            ),
        ]
        | None
    ) = None


class PatchSweep(Incoming):
    """Another name for a sweep."""

    name: Name | None = None


class MembersQuery(Incoming):
    """Of which cell; if absent, of all."""

    cell: Index | None = None


class CheckConfig(Incoming):
    """A configuration to check."""

    config: Config = {}


class StepRun(Incoming):
    """How many iterations to do."""

    iterations: Iterations = 1


class ResetRun(Incoming):
    """The config to begin again with; if absent, the run's own, with the edits of its beginning. `edits` are made
    instead.
    """

    config: Config | None = None
    edits: Edits | None = None


class Nothing(Incoming):
    """No members."""


class StartCommand(Nothing):
    """Train on. Answered by a status."""

    type: Literal["start"]


class PauseCommand(Nothing):
    """Stop training for now. Answered by a status."""

    type: Literal["pause"]


class StepCommand(StepRun):
    """Do some iterations at full speed, and stop. Answered by a status."""

    type: Literal["step"]


class ResetCommand(ResetRun):
    """Begin again, with the given config merged onto the default or, without one, with the run's own. With `edits`,
    some weights begin with another value or are held.
    """

    type: Literal["reset"]


class SpeedCommand(Incoming):
    """Set how many iterations a second the run trains."""

    nullable = frozenset({"value"})
    type: Literal["speed"]
    value: Speed


class Pointer(Incoming):
    """What somebody points at: an element of the page, a part of it, and a place within."""

    at: Annotated[
        str,
        Field(
            pattern=rf"^[A-Za-z][A-Za-z0-9_-]{{0,{MAX_ID - 1}}}$",
            description=Text("the id of an element, of at most {most} letters, digits, - and _", most=MAX_ID),
            examples=["stage-scroll"],
        ),
    ]
    part: Annotated[int, Field(ge=0, le=MAX_PART, description=whole_number(0, MAX_PART), examples=[12])] | None = None
    x: Share
    y: Share


class ShowCommand(Incoming):
    """Tell the class what the presenter's page shows: this run, a moment of it or now, what is pointed at, and the stop
    of the tour. Only the presenter may. It is not answered; followers get a presenter message.
    """

    type: Literal["show"]
    iteration: Index | None = None
    pointer: Annotated[
        Pointer | None,
        Field(description=Text("an object such as {example}", example='{"at": "stage", "part": 12, "x": 0, "y": 0.5}')),
    ] = None
    tour: Annotated[int, Field(ge=1, le=MAX_STOP, description=whole_number(1, MAX_STOP), examples=[3])] | None = None


Command = StartCommand | PauseCommand | StepCommand | ResetCommand | SpeedCommand
COMMANDS: dict[str, type[Command | ShowCommand]] = {
    "start": StartCommand,
    "pause": PauseCommand,
    "step": StepCommand,
    "reset": ResetCommand,
    "speed": SpeedCommand,
    "show": ShowCommand,
}
