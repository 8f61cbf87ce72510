"""What the server sends: its answers to requests, and statuses and refusals over the socket."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..access.people import Reach as Allowed
from ..access.people import Role
from ..languages import Words
from ..run_state import State

NEWEST_CHANGES = 100
"""Maximum number of learning-rate changes in a status. If a run has more, all of them can be asked for separately."""


def newest(changes: Sequence[tuple[int, float]]) -> dict[str, Any]:
    """The part of a run's learning-rate changes that its status holds: the newest, and how many are left out."""
    left_out = max(0, len(changes) - NEWEST_CHANGES)
    return {"changes": list(changes[left_out:]), "changes_left_out": left_out}


class WeightEdit(BaseModel):
    """What was done to some entries of a matrix."""

    iteration: int = Field(description="how many iterations were done before")
    parameter: str = Field(description="the matrix")
    at: list[int | None] | None = Field(
        None,
        description="the entry: an index for each axis, or null for all along it; left out for the whole matrix",
        exclude_if=lambda at: at is None,
    )
    value: float | None = Field(
        None, description="what they became; left out if they stayed", exclude_if=lambda value: value is None
    )
    frozen: bool | None = Field(
        None,
        description="true: held from then on, without updates and moments; false: released; left out if neither",
        exclude_if=lambda frozen: frozen is None,
    )


class ProvedRight(BaseModel):
    """The latest moment at which the network was proved right on numbers of any length."""

    iteration: int = Field(description="after how many iterations")
    margin: float | None = Field(description="the least distance of an output from one half")


class RunStatus(BaseModel):
    """Where a run stands."""

    id: str = Field(description="the run's id, as in its address")
    name: str = Field(description="the name that people see")
    state: State = Field(description="what the run does at the moment")
    generation: int = Field(description="how often the run was reset")
    iteration: int = Field(description="how many iterations are done")
    config: dict[str, Any] = Field(description="the settings that the run began with")
    changes: list[tuple[int, float]] = Field(
        description=f"the newest {NEWEST_CHANGES} changes of the learning rate, each [iteration, value]; those after "
        "the run's iteration are planned"
    )
    changes_left_out: int = Field(
        0,
        description="how many older changes are not listed here, if there are any; /api/runs/{id}/changes lists all",
        exclude_if=lambda number: number == 0,
    )
    edits: list[WeightEdit] = Field(
        [],
        description="what was done to single weights, in order, those of the runs that it comes from included; those "
        "after the run's iteration are planned; left out if there is nothing",
        exclude_if=lambda edits: not edits,
    )
    learning_rate: float = Field(description="the learning rate at this moment")
    speed: float | Literal["story"] | None = Field(
        description='iterations a second; null is unlimited; "story" is quick where nothing happens and slow where the '
        "network learns"
    )
    speed_chosen: bool = Field(
        True,
        description="false if nobody has chosen the speed, so that it is the default; else left out",
        exclude_if=lambda chosen: chosen,
    )
    error: float | None = Field(description="the error of the last iteration; null before the first")
    iterations_per_second: float = Field(description="how many iterations the last second had; 0 if it is not running")
    viewers: int = Field(description="how many browsers and programs watch")
    detail: Words | None = Field(description="why the run stopped, in words")
    access: Allowed = Field(description="what the one who asks may do with it")
    private: bool = Field(
        False,
        description="true for a visitor's own copy, which only they and the presenter command; else left out",
        exclude_if=lambda private: not private,
    )
    proof: ProvedRight | None = Field(
        None,
        description="only present if the network was proved right at some moment, and the run is in memory",
        exclude_if=lambda proof: proof is None,
    )
    proving: int | None = Field(
        None,
        description="the moment that is being proved; only present while one is",
        exclude_if=lambda iteration: iteration is None,
    )


class RateChanges(BaseModel):
    """All changes of a run's learning rate."""

    generation: int
    changes: list[tuple[int, float]] = Field(
        description="each [iteration, value], in order; those after the run's iteration are planned"
    )


class Parting(BaseModel):
    """A note that this machine computes a run's past differently: the errors are not the recorded ones."""

    iteration: int = Field(description="the first iteration whose error is different here from the recorded one")
    sound: list[int] = Field(description="the nearest iterations at which the network itself was kept")
    detail: Words = Field(description="the same in words, and what computed the run at that time")


Apart = Annotated[
    Parting | None,
    Field(
        exclude_if=lambda parting: parting is None,
        description="only present if this machine computes something else than the run recorded",
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

    task: str = Field(description="the run's task")
    a: int = Field(description="the first number")
    b: int = Field(description="the second number, if the task takes two or three")
    c: int = Field(0, description="the third number, if the task takes three")
    expected: int = Field(description="the true result; for a yes-or-no task 1 or 0")
    predicted: int = Field(description="the network's result")
    correct: bool = Field(description="whether both results are the same")
    width: int = Field(description="how many bits the network read and wrote")
    bits: dict[str, list[int]] = Field(description="the bits of each number")
    probabilities: list[float] = Field(description="P(bit = 1) for each bit of the result")
    run: str = Field(description="the run's id")
    generation: int = Field(description="how often the run was reset")
    iteration: int = Field(description="after how many iterations the network was asked")
    beyond_training: bool = Field(description="whether a number is larger than those of training")
    parting: Apart = None
    overflow: bool = Field(
        False,
        description="true if an output is not a number, else left out; such an output counts as the wrong bit, with "
        "probability 0 or 1",
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
    bits: list[int] = Field(description="the bits of the true result, most significant first")
    iterations: list[int]
    predicted: list[int]
    probabilities: list[list[float]] = Field(description="P(bit = 1), most significant first")
    parting: Apart = None


class Inside(BaseModel):
    """Base of what is found inside a network at one moment."""

    run: str = Field(description="the run's id")
    generation: int = Field(description="how often the run was reset")
    iteration: int = Field(description="after how many iterations the network was looked into")
    parting: Apart = None


class MachineCase(BaseModel):
    """A case of the machine that solves the task: for addition, one line of a full adder's table."""

    state: Words = Field(description="the state of the machine before the position")
    bits: list[int] = Field(description="the bits read there, in the order of the operands")


class Patched(BaseModel):
    """What the network would have said with the memory of another problem in the place of its own."""

    origin: dict[str, int] = Field(alias="from", description="that problem: its numbers by operand")
    position: int = Field(description="the position before which it had this memory")
    state: Words = Field(
        description="the state of the machine there; for a wrong bit the one that is true, for a right one another"
    )
    probability: float = Field(description="P(bit = 1) with this memory")
    share: float = Field(
        description="of all problems in this state there, the share with whose memory the bit would be the machine's"
    )
    problems: int = Field(description="how many such problems there are")
    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)


class Why(Inside):
    """Why an answer is wrong, or how near a right one was to being wrong. Position 0 is the least significant."""

    position: int = Field(
        description="the first wrong bit; if all are right, the one whose output is nearest to one half"
    )
    case: MachineCase = Field(description="what comes in there")
    probability: float = Field(description="P(bit = 1) that the network said")
    expected: int = Field(description="the bit that is right")
    verdict: Literal["memory", "reading", "right"] = Field(
        description="what is to blame: the memory, or the reading of it; right if no bit is wrong"
    )
    patched: Patched | None = Field(
        description="what another memory would have made of it; null if there is no other, as at position 0"
    )
    overflow: bool = Field(
        False,
        description="true if the output is not a number, else left out; such an output counts as the wrong bit, with "
        "probability 0 or 1",
        exclude_if=lambda overflow: not overflow,
    )


class Reach(Inside):
    """How far back the error of each position of a problem reaches. Position 0 is the least significant."""

    norms: list[list[float | None]] = Field(
        description="norms[t][s] is the 2-norm of d(loss at t)/d(hidden state after s); null for s > t, and where the "
        "network's numbers are not finite"
    )
    shares: list[float | None] = Field(
        description="what is left of an error d positions back: the median over t of norms[t][t-d] / norms[t][t]; null "
        "where no such number is finite"
    )


class ReachAt(BaseModel):
    """The reach at one moment of training."""

    iteration: int = Field(description="after how many iterations")
    shares: list[float | None] = Field(description="as in the reach")


class ReachAlong(Inside):
    """How far back the error of a problem reaches, at some moments of training. `iteration` is the last of them."""

    moments: list[ReachAt] = Field(description="in order; only moments that are kept, at most twelve")


class StatePoint(BaseModel):
    """A hidden state, and what should be remembered there."""

    x: float = Field(description="its place on the first axis")
    y: float = Field(description="its place on the second axis")
    state: Words = Field(description="the state of the task's machine after this position")
    position: int
    a: int
    b: int | None = Field(None, exclude_if=lambda number: number is None)
    c: int | None = Field(None, exclude_if=lambda number: number is None)


class States(Inside):
    """The hidden states as places, where the bits alone do not tell what should be remembered. Position 0 is the least
    significant.
    """

    axes: list[list[float]] = Field(
        description="two unit vectors at right angles, each with a number for each hidden unit; with one unit the "
        "second is zero. Along the first, the states differ most by what should be remembered"
    )
    origin: list[float] = Field(description="the hidden state at which the axes cross")
    axes_iteration: int = Field(description="the moment to which axes and origin were fitted")
    alignment: float = Field(
        description="the cosine of the angle between the first axis and that fitted to this moment, from 0 to 1, "
        "whichever way they point"
    )
    points: list[StatePoint] = Field(
        description="some of the tested states: the same problems and positions at each moment"
    )
    separation: float = Field(
        description="the share of states that a threshold on the first axis tells right. Axis and threshold are fitted "
        "to this moment, on other problems"
    )
    base_rate: float = Field(description="the share that the bits alone would tell right")
    tested: int = Field(description="the number of states that both shares are of")
    states: list[Words] = Field(description="the states of the task's machine; it starts in the first")
    tells: list[float] = Field(
        description="what each hidden unit tells of the machine's state, from -1 to 1: its correlation with it"
    )
    history: list[tuple[int, float]] | None = Field(
        None,
        description="[iteration, separation] at moments up to now; only if asked for",
        exclude_if=lambda history: history is None,
    )
    pending: int | None = Field(
        None,
        description="how many of these moments are still to be computed: ask again; left out if there are none",
        exclude_if=lambda pending: not pending,
    )


class MachineStep(BaseModel):
    """A step of the machine inside a network."""

    state: Words = Field(description="the name of the state before it")
    bits: list[int] = Field(description="the bits that are read, in the order of the operands")
    next: Words = Field(description="the name of the state after it")
    output: int = Field(description="the bit that is written")
    count: int = Field(
        description="how often the network takes this step, at all positions of all short sequences that can tell"
    )
    of: int = Field(
        description="how often it reads these bits in this state; the others of these go on to another state"
    )


class ExtractedMachine(Inside):
    """The finite-state machine that a network has made of itself, or the nearest one of few states."""

    states: list[Words] = Field(
        description="the names of its states: those of the task's machine if it does the same, else A, B and so on"
    )
    start: Words = Field(description="the name of the state before position 0")
    steps: list[MachineStep] = Field(description="one for every state and all combinations of bits")
    agrees_with_network: float = Field(
        description="the share of problems of the trained width on which it writes the network's bit at every position"
    )
    agrees_with_task: float = Field(
        description="the share of the same problems on which it writes the right bit at every position"
    )
    agrees_with_network_long: float = Field(
        description="as agrees_with_network, of random problems with long_bits positions"
    )
    agrees_with_task_long: float = Field(description="as agrees_with_task, of the same long problems")
    equals_task: bool = Field(
        description="whether it does the same as the task's machine, on all numbers of any length"
    )
    problems: int = Field(description="the number of problems of the trained width")
    sampled: bool = Field(description="whether these are a sample; else they are all problems of the task")
    long_bits: int = Field(description="the positions of a long problem")
    most_states: int = Field(description="how many states a machine may have; a larger one is not looked for")


class FailingProblem(BaseModel):
    """A problem that the network gets wrong. Its numbers may be long, so they are decimal texts."""

    width: int = Field(description="in positions")
    position: int = Field(description="that of the first wrong bit; 0 is the least significant")
    a: str
    b: str | None = Field(default=None, description="for a task that has it", exclude_if=lambda number: number is None)
    c: str | None = Field(default=None, description="for a task that has it", exclude_if=lambda number: number is None)
    expected: str
    predicted: str


class FirstFailure(FailingProblem):
    """The problem with the lowest wrong bit at the smallest width that has a wrong answer."""

    hard: bool = Field(description="whether it is one of the hard problems; if not, it is a random one")


class Lengths(Inside):
    """Which share of the problems of each width is answered exactly right, from 0 to 1."""

    widths: list[int] = Field(description="in positions, from that of training to 1024")
    random: list[float] = Field(description="of 128 problems with random bits, the same ones each time")
    hard: list[float] = Field(description="of the problems with long chains of carries, and of repeated bits")
    first_failure: FirstFailure | None = Field(description="null if every answer is right")


ProofState = Literal["none", "running", "proved", "refuted", "undecided", "cancelled"]

MOST_MOMENTS = 256
"""The most moments that a proof's status names."""


class ProofOutline(BaseModel):
    """What some sets of hidden states cover on the axes of `/states`."""

    state: int = Field(description="the state of the task's machine that they stand for, by its place")
    leaving: int = Field(description="how many sets leave them yet; 0 if none does")
    points: list[tuple[float, float]] = Field(description="the corners, in order")


class ProofPicture(BaseModel):
    """The sets of hidden states at one moment of the search."""

    round: int = Field(description="how often they have grown")
    remembered: int
    ahead: int
    outlines: list[ProofOutline]


class ProofMoment(BaseModel):
    """What is known of one moment."""

    iteration: int
    state: ProofState


class ProofStatus(Inside):
    """Whether the network is right on numbers of any length, and how far the search for a proof is."""

    state: ProofState = Field(
        description='"proved": right on every problem of every length; "refuted": a problem fails; "undecided": '
        "neither was found"
    )
    progress: float = Field(description="from 0 to 1, about: nobody knows how many rounds it takes")
    stage: Literal["refuting", "closing", "checking"] | None = Field(
        description="what it is at, or was: problems are tried, the sets grow, or the result is checked"
    )
    remembered: int = Field(description="how many of the last positions a set stands for")
    ahead: int = Field(description="how many further positions are looked at from each set")
    round: int = Field(description="how often the sets have grown")
    nodes: int = Field(description="the number of sets")
    leaving: int = Field(description="the number of sets that something leaves yet")
    margin: float | None = Field(description="if proved, the least distance of an output from one half")
    logit_margin: float | None = Field(description="the same before the sigmoid")
    counterexample: FailingProblem | None = Field(description="if refuted, a problem that fails")
    seconds: float = Field(description="how long it took, or takes already")
    certificate: str | None = Field(description="if proved, the address of the file from which anybody can check it")
    detail: Words | None = Field(description="the same in words")
    pictures: int = Field(description="how many pictures of the sets there are")
    picture: ProofPicture | None = Field(
        None, description="only present if asked for", exclude_if=lambda picture: picture is None
    )
    proofs: list[ProofMoment] = Field(description="all moments about which something is known, in order")
    moments: list[int] = Field(
        description="moments that were kept, of which nothing has to be computed again, in order; at most "
        f"{MOST_MOMENTS}"
    )


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


PENDING = "how many scheduled moments up to now are still to be computed; left out if there are none"


class Overview(BaseModel):
    """A short view of a run."""

    run: RunStatus
    errors: ErrorsSummary
    accuracy: tuple[int, float] | None = Field(
        description="[iteration, accuracy] at the latest scheduled moment; null if it is not known in the last tenth"
        " of the run"
    )
    pending: int = Field(0, description=PENDING)
    history: list[tuple[int, float | None]] | None = Field(
        default=None,
        description="only if asked for: at most that many [iteration, accuracy], evenly over the whole run; "
        "[iteration, null] stands where nothing is known between two of them, so that a line breaks there",
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

    state: str = Field(description="the state of the machine that solves the task")
    bits: list[int] = Field(description="the bits read at the position, in the order of the operands")
    expected: int = Field(description="the bit that is right")
    output: float | None = Field(
        description="the mean of P(bit = 1) over such positions of all problems or, if there are more than 1024, of a "
        "fixed sample of 1024; an output that is not a number counts as the wrong bit"
    )
    positions: int = Field(description="how many such positions there are in these problems")
    right: float | None = Field(
        None, description="the share of these positions with the right bit, from 0 to 1; null if there are none"
    )


class Accuracy(BaseModel):
    """How well a network has learned: over all problems of its width, or a fixed sample if there are too many."""

    run: str
    generation: int
    iteration: int
    problems: int
    sampled: bool
    accuracy: float = Field(description="the share of problems with every bit of the result right")
    bit_accuracy: list[float] = Field(
        description="for each position, the share of problems with the right bit there; position 0 first"
    )
    hard_problems: int = Field(
        description="how many problems that need a long memory were tried beside a sample; 0 if all problems were tried"
    )
    hard_right: int = Field(description="how many of these have every bit of the result right")
    worst: list[WrongAnswer] = Field(description="the problems with the largest error, largest first")
    cases: list[CaseAnswer] = Field(description="in the order of the machine's table")
    history: list[tuple[int, float | None]] = Field(
        [],
        description="[iteration, accuracy] at the run's scheduled moments, also if another moment was asked for; "
        "[iteration, null] stands where nothing is known between two of them, so that a line breaks there",
    )
    history_sample: int | None = Field(
        None,
        description="how many problems the history is of, if it is of a fixed sample; left out if it is of all "
        "problems",
        exclude_if=lambda number: number is None,
    )
    pending: int = Field(0, description=PENDING, exclude_if=lambda number: number == 0)
    parting: Apart = None


class Milestone(BaseModel):
    """Something that the network has learned, or forgotten again. The operands are of a problem that shows it: it was
    wrong in this at the moment before and is right now, or, if something is forgotten, the other way round. They are
    left out if no such problem is known.
    """

    iteration: int = Field(description="how many iterations were done at the moment at which it was so")
    kind: Literal["understood", "memory", "all_right", "forgotten"] = Field(
        description="a case is understood; better than any network without memory; every problem that is tried is "
        "right; a case or, without a case, all is forgotten again"
    )
    case: MachineCase | None = Field(description="the case that it is about; null if it is about all problems")
    text: Words = Field(description="the same in words")
    a: int | None = Field(None, exclude_if=lambda number: number is None)
    b: int | None = Field(None, exclude_if=lambda number: number is None)
    c: int | None = Field(None, exclude_if=lambda number: number is None)


class FieldOption(BaseModel):
    """A field of a configuration."""

    name: str
    kind: Literal["integer", "number", "choice", "boolean"]
    default: str | bool | int | float | None
    allowed: Words = Field(description='what it must be, in words that follow "must be"')
    meaning: Words = Field(description="what it is, in a sentence")
    low: float | None = Field(
        description="the smallest number allowed; for the kind number, a bound that is itself not allowed"
    )
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
    carried: Words = Field(description="what has to be remembered, in a word; empty if there is nothing")


class CellOption(BaseModel):
    """A recurrent cell."""

    name: str
    gates: list[str]


class Options(BaseModel):
    """What a configuration may hold."""

    fields: list[FieldOption]
    tasks: list[TaskOption]
    cells: list[CellOption]
    max_cost: int = Field(description="the largest value allowed for bits x batch_size x hidden_size x hidden_size")


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
    operand_limit: int = Field(description="numbers in training are smaller than this")
    expression: Words = Field(description="how a problem is written, the operands in braces")
    truth: bool = Field(description="whether the result is a yes or no, read at the last position")
    carried: Words = Field(description="what has to be remembered, in a word; empty if there is nothing")
    states: list[Words] = Field(description="the states of the machine that solves the task; it starts in the first")
    machine: list[tuple[str, list[int], str, int]] = Field(description="[state, bits, next state, output bit]")
    reference_errors: list[Plateau] = Field(description="the errors that simple behaviours would have")
    gates: list[str] = Field(description="the gates of the run's cell")


class ProgramVariable(BaseModel):
    """What a name of the program means."""

    role: str = Field(
        description='what it holds, as frames call it, such as "hidden_states", "weights.W_hh" or "operand.a"; "" for '
        "what no frame has"
    )
    meaning: Words = Field(description="the same in words")
    shape: list[int] | None = Field(description="the shape of the array; null for what is no array")


class ProgramLine(BaseModel):
    """A line of the program."""

    text: str = Field(description="without the spaces that it begins with")
    indent: int = Field(description="how many levels of four spaces it begins with")
    step: str = Field(
        description='what it belongs to: "setup", "function", "problem", "forward", "forward.state", "forward.output", '
        '"error", "backward", "backward.output", "backward.state", "backward.weights" or "update"; "" for all that '
        "frames these"
    )
    variables: list[str] = Field(description="the names in it that have a meaning, in their order")


class ProgramDocument(BaseModel):
    """A run as one program that needs only Python and NumPy."""

    generation: int
    changes: int = Field(description="how many changes of the learning rate it knows")
    lines: list[ProgramLine]
    variables: dict[str, ProgramVariable] = Field(description="the names in its lines")


class GlossaryEntry(BaseModel):
    """A term of the lab."""

    id: str
    name: Words
    meaning: Words = Field(description="what it is, in one sentence")
    symbol: str = Field(description="what formulas call it, or an empty text")
    script: str = Field(description="what the article's script calls it, or an empty text")
    places: list[str] = Field(description="selectors of where it stands on the lab's page; the first that is there")
    related: list[str] = Field(description="ids of other terms")
    hint: Words = Field(description="what to do if it is not on the page at the moment, or an empty text")


class GlossarySection(BaseModel):
    """Terms that belong together."""

    title: Words
    entries: list[GlossaryEntry]


class Glossary(BaseModel):
    """The words of the lab, in the order of a story."""

    sections: list[GlossarySection]


class EngineStatus(BaseModel):
    """The engine that trains the runs of this server."""

    name: Literal["compiled", "numpy"]
    state: Literal["ready", "compiling", "fallback"]
    detail: Words | None = Field(description="what training waits for, or why this is not the fastest engine")
    kernels: Literal["own", "general"] | None = Field(
        None, description="which compiled code trains: code for this form of network alone, general code, or none yet"
    )
    waiting: bool = Field(False, description="whether training has to wait for what is being compiled")
    ahead: int = Field(0, description="how many other forms of network are compiled first")
    seconds: float | None = Field(None, description="for how many seconds it has been compiling")
    expected: float | None = Field(
        None, description="about how many seconds that takes, estimated from what was compiled before"
    )


class StorageStatus(BaseModel):
    """Whether runs are stored when the server ends."""

    state: Literal["kept", "none", "trouble"]
    detail: Words | None = Field(
        description="why runs are not stored, or what happened to runs that were stored before"
    )
    used: int | None = Field(None, description="how many bytes stored runs take")
    budget: int | None = Field(None, description="how many bytes they may take")
    deleted: int | None = Field(
        None, description="how many of these bytes belong to deleted runs; they are freed when room is needed"
    )


class AuditLine(BaseModel):
    """A command that changed a run, or was to."""

    number: int = Field(description="counts the lines of this server and of those before it on the same folder")
    time: str = Field(description="when it came, in UTC")
    until: str = Field(description="when it came last, if it came several times in a row")
    times: int = Field(description="how often it came in a row")
    actor: str = Field(
        description='who it was: "presenter", or "visitor" with a part of the id; without roles "local", or an address'
    )
    command: str = Field(description='what it was, such as "reset"')
    run: str | None = Field(description="the id of the run; null if there is none")
    given: list[str] = Field(description='the names of what came with it, such as "config"')
    result: Literal["done", "refused", "failed"] = Field(description="what came of it")
    status: int = Field(description="the HTTP status of the answer; over the socket, that of the same call")


class Me(BaseModel):
    """Who the one who asks is."""

    role: Role = Field(description="the presenter, who commands everything, or a visitor")
    runs: list[str] = Field(description="the ids of the runs that are theirs alone: a visitor's copies")


class Health(BaseModel):
    """The server answers."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """The lab can be used."""

    status: Literal["ready"] = "ready"


class ProblemDocument(BaseModel):
    """An error answer, in the form of RFC 9457 (problem details)."""

    type: str = Field(description='always "about:blank": the status says what kind of error it is')
    title: str = Field(description="the kind of error, in words")
    status: int = Field(description="the HTTP status")
    detail: str = Field(description="what is wrong, and what to do instead")
    errors: list[dict[str, str]] = Field([], description="for each wrong field its name and what is wrong with it")


class StatusMessage(BaseModel):
    """Where the run stands. It comes first, and again after every change."""

    type: Literal["status"] = "status"
    run: RunStatus = Field(description="the run, as GET /api/runs/{id} tells it")


class ProblemMessage(BaseModel):
    """Why a command can't be done. Only the client that sent it gets this."""

    type: Literal["problem"] = "problem"
    title: str = Field(description="the kind of error, in words")
    detail: str = Field(description="what is wrong, and what to do instead")
    status: int = Field(description="the status that the same error has over HTTP")


class MilestonesMessage(BaseModel):
    """All milestones of the run, in order. Sent whenever there is a new one; a client that does not know this message
    ignores it.
    """

    type: Literal["milestones"] = "milestones"
    generation: int = Field(description="the generation of the run that they belong to")
    milestones: list[Milestone] = Field(description="as GET /api/runs/{id}/milestones tells them")


class PresenterPointer(BaseModel):
    """What the presenter points at."""

    at: str = Field(description="the id of an element of the page")
    part: int | None = Field(
        description="which of the cells, pictures and buttons in it, in the order of the page; null for the element"
    )
    x: float = Field(description="the place from its left edge, 0, to its right edge, 1")
    y: float = Field(description="the place from its upper edge, 0, to its lower edge, 1")


class PresenterMessage(BaseModel):
    """What the presenter's page shows. Visitors get it when they come, and when it changes, at most ten times a second.
    Those who watch another run hear only of another run and of calls. A client that does not follow ignores it.
    """

    type: Literal["presenter"] = "presenter"
    run: str = Field(description="the id of the run")
    iteration: int | None = Field(None, description="the moment of the past; null for now")
    pointer: PresenterPointer | None = Field(None, description="what is pointed at, if anything")
    tour: int | None = Field(None, description="the stop of the tour; null if it is not open")
    calls: int = Field(0, description="how often all were called back; one more calls whoever does not follow")


class ClassPlace(BaseModel):
    """Who watches a run."""

    run: str = Field(description="the id of the run")
    name: str = Field(description="its name")
    private: bool = Field(description="whether it is somebody's copy")
    people: list[str] = Field(description="what some of those are called who watch it")
    number: int = Field(description="how many visitors watch it")


class ClassStatus(BaseModel):
    """Where the class is."""

    link: str = Field(description="the address that the class opens")
    typed: str = Field(description="the same, as short as a browser takes it")
    shown: PresenterMessage | None = Field(description="what the presenter's page shows, if it has said so")
    number: int = Field(description="how many visitors watch")
    places: list[ClassPlace] = Field(description="the runs that they watch, in the order of creation")


class SweepCell(BaseModel):
    """What was found of one combination of settings, over its seeds."""

    place: int = Field(description="its place among the cells")
    values: dict[str, Any] = Field(description="the fields that vary, and their values here")
    members: int = Field(description="how many networks it has: one for each seed")
    done: int = Field(description="how many of them have ended")
    learned: int = Field(description="how many were right on every problem that was looked at, at their end")
    sampled: bool = Field(
        description="true if there are more problems than were looked at: a sample, and hard ones, which need a long "
        "memory; false if those are all there are"
    )
    diverged: int = Field(description="how many diverged")
    reached: list[float] | None = Field(
        description="lower quartile, median and upper quartile of the iterations at which 99% of the problems looked "
        "at were right first; null if no network got there"
    )
    reached_by: int = Field(description="how many networks got there")


class SweepProgress(BaseModel):
    """How far a sweep is."""

    id: str = Field(description="the sweep's id, as in its address")
    name: str = Field(description="the name that people see")
    state: Literal["running", "paused", "finished", "failed"] = Field(
        description="what the sweep does; one that is running may still wait for another one"
    )
    detail: Words | None = Field(description="why it does not go on, or what it waits for, in words")
    done: int = Field(description="how many networks have ended")
    members: int = Field(description="how many networks there are")
    progress: float = Field(description="how much of all iterations is done, from 0 to 1")


class SweepStatus(SweepProgress):
    """Where a sweep stands, and what it trains."""

    cells: list[SweepCell] = Field(description="every combination of the values; the last field changes fastest")
    config: dict[str, Any] = Field(description="what all networks have that differs from the default configuration")
    vary: dict[str, list[Any]] = Field(description="the values of each field that varies")
    seeds: list[int] = Field(description="the seeds from which each combination is trained")
    every: int = Field(description="iterations between two looks at the accuracy")
    engine: str = Field(description="the engine that trains them")


class SweepMember(BaseModel):
    """What was found of one network of a sweep."""

    member: int = Field(description="its place in the sweep")
    cell: int = Field(description="the cell that it belongs to")
    config: dict[str, Any] = Field(description="its whole configuration: a run with it computes the same again")
    done: bool = Field(description="whether it has ended; if not, nothing is known of it yet")
    iterations: int = Field(description="how many it has done")
    accuracy: float | None = Field(description="the share of problems right at its end; of a sample, if sampled")
    hard_accuracy: float | None = Field(description="the same of the hard problems beside a sample; else null")
    learned: bool = Field(description="whether it was right on every problem that was looked at, at its end")
    sampled: bool = Field(description="whether there are more problems than were looked at")
    reached: int | None = Field(description="the iteration at which 99% were right first, or null")
    diverged: bool = Field(description="whether it diverged")
    errors: list[float] = Field(
        description="the mean error of each stretch of its iterations; all but the last are equally long"
    )


class SweepMessage(SweepProgress):
    """How far a sweep is, and what has changed: what /api/sweeps/{id}/stream sends. The first message has all cells, a
    later one only those that have changed since the one before.
    """

    type: Literal["sweep"] = "sweep"
    cells: list[SweepCell] = Field(description="the cells that have changed")
