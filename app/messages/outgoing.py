"""What the server sends: its answers to requests, and statuses and refusals over the socket."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from ..languages import Words
from ..run_state import State

NEWEST_CHANGES = 100
"""Maximum number of learning-rate changes in a status. If a run has more, all of them can be asked for separately."""


def newest(changes: Sequence[tuple[int, float]]) -> dict[str, Any]:
    """The part of a run's learning-rate changes that its status holds: the newest, and how many are left out."""
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
    """A note that this machine computes a run's past differently: the errors are not the recorded ones."""

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


Numbers = list[float | None]
Rows = list[Numbers]
Matrix = list[list[float]] | list[float]


class TraceDocument(BaseModel):
    """What happens inside a network at one problem. There is a row for each position, and position 0, the least
    significant bit, comes first. A number too large for float64 is null.
    """

    inputs: Rows = Field(description="the bits that come in, one for each operand")
    targets: Numbers = Field(description="the bits that should come out")
    outputs: Numbers = Field(description="P(bit = 1)")
    hidden_states: Rows = Field(description="one row more than positions: the first is the start, all zeros")
    output_deltas: Numbers = Field(description="minus the gradient of the loss at the logit")
    hidden_deltas: Rows = Field(
        description="minus the gradient of the loss at each hidden unit before its activation; for a gated cell, at "
        "the hidden state"
    )
    gates: dict[str, Rows] = Field(description="the values of each gate; empty for a cell without gates")
    cell_states: Rows | None = Field(
        None,
        description="for an LSTM, and left out for other cells: as hidden_states, for the cell state",
        exclude_if=lambda rows: rows is None,
    )


class PastMoment(BaseModel):
    """A run as it was at an earlier iteration. Arrays have the same names and shapes as in frames. Before the first
    iteration, and where only the network was kept, there are only weights.
    """

    generation: int
    iteration: int
    learning_rate: float
    weights: dict[str, Matrix]
    a: int = 0
    b: int = 0
    c: int = 0
    expected: int = 0
    predicted: int = 0
    updates: dict[str, Matrix] = {}
    trace: TraceDocument | None = None
    error: float = Field(0.0, description="left out if the error of this iteration alone is not known")
    parting: Apart = None


class Answer(BaseModel):
    """A prediction. Bits and probabilities are in order, the most significant first. It holds only the operands that
    the run's task takes.
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
    trace: TraceDocument | None = Field(
        None,
        description="what happens inside the network; only if asked for",
        exclude_if=lambda trace: trace is None,
    )


class Answers(BaseModel):
    """What a network answered to one problem during training. Value k of each list belongs to iterations[k]."""

    generation: int
    expected: int
    width: int
    bits: list[int] = Field(description="of the true result, most significant first")
    iterations: list[int]
    predicted: list[int]
    probabilities: list[list[float]] = Field(description="P(bit = 1), most significant first")
    parting: Apart = None


class Errors(BaseModel):
    """A range of the error series."""

    generation: int
    start: int
    errors: list[float]


class ErrorsSummary(BaseModel):
    """A range of the error series in pieces of `stride` iterations: piece k begins at start + k * stride."""

    generation: int
    start: int
    stride: int
    min: list[float]
    mean: list[float]
    max: list[float]


PENDING = "how many scheduled moments up to now will still be looked at; absent where none"


class Overview(BaseModel):
    """A short view of a run."""

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
    """A problem that the network gets wrong, or right with a large error."""

    a: int
    b: int | None = Field(None, exclude_if=lambda number: number is None)
    c: int | None = Field(None, exclude_if=lambda number: number is None)
    expected: int
    predicted: int
    error: float


class CaseAnswer(BaseModel):
    """What the network answers in one case of the task's machine: for addition, one line of a full adder's table."""

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
    """How well a network has learned: over all problems of its width, or a fixed sample if there are too many."""

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
    """A task that a network can learn."""

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
    """The error of a simple behaviour. The error of a run may stay near it for a while."""

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
    """Whether runs are stored when the server ends."""

    state: Literal["kept", "none", "trouble"]
    detail: Words | None = Field(description="why they are not stored, or what happened to those stored before")
    used: int | None = Field(None, description="bytes that stored runs take")
    budget: int | None = Field(None, description="bytes that they may take")
    deleted: int | None = Field(None, description="bytes of those used that deleted runs take, until room is needed")


class Health(BaseModel):
    """The server answers."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """The lab can be used."""

    status: Literal["ready"] = "ready"


class ProblemDocument(BaseModel):
    """An error answer, in the form of RFC 9457 (problem details)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[dict[str, str]] = []


class StatusMessage(BaseModel):
    """Where the run stands. It comes first, and again after every change."""

    type: Literal["status"] = "status"
    run: RunStatus


class ProblemMessage(BaseModel):
    """Why a command can't be done. Only the client that sent it gets this."""

    type: Literal["problem"] = "problem"
    title: str
    detail: str
    status: int
