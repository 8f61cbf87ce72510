"""A run's configuration: its whole identity, validated once, then frozen."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from sys import float_info
from typing import Any, NamedTuple

from rnn_core.activations import ACTIVATIONS
from rnn_core.cells import CELLS
from rnn_core.initializers import INITIALIZERS
from rnn_core.losses import LOSSES
from rnn_core.optimizers import OPTIMIZERS
from rnn_core.tasks import TASKS
from rnn_core.text import Joined, Text, listed

MEANINGS = {
    "task": Text("What is learned."),
    "bits": Text("Positions of a problem in training. The result has to fit."),
    "cell": Text("What remembers: a simple network, or one with gates."),
    "activation": Text("What a hidden unit of an Elman cell does with its sum."),
    "hidden_size": Text("Units in the state."),
    "bias": Text("Whether every unit has a threshold of its own."),
    "init": Text("How weights begin: uniform in (-1, 1), or narrower in larger matrices (Glorot)."),
    "loss": Text("What training descends."),
    "optimizer": Text("How the gradient becomes an update."),
    "learning_rate": Text("How far each update goes."),
    "clip_norm": Text("Longer gradients are shortened to this; empty for never."),
    "batch_size": Text("Problems an iteration; the update is their mean."),
    "seed": Text("Decides the first weights and all problems."),
    "max_iterations": Text("Where the run is finished."),
}
"""What each field is, in a sentence, in the order of the fields."""

MAX_COST = 2**20
"""The most that bits * batch_size * hidden_size**2 may come to, so that an iteration takes milliseconds."""

MAX_CHANGES = 100
"""The most changes of the learning rate that may be planned for a run."""

MAX_RECORDED = 2_000
"""The most that a server lets a run have behind it: each of its savings writes all of them."""


class FieldProblem(NamedTuple):
    """What is wrong with one field, in words for the person who set it: the value, and what is allowed."""

    field: str
    detail: str


def sentences(problems: Iterable[FieldProblem]) -> Joined:
    """All of them: "bits must be ...; seed must be ..."."""
    return Joined(
        Text("; "), [Text("{field} {detail}", field=problem.field, detail=problem.detail) for problem in problems]
    )


class ConfigError(ValueError):
    """A configuration that can't be: `problems` names each field at fault."""

    def __init__(self, problems: list[FieldProblem]) -> None:
        super().__init__(sentences(problems))
        self.problems = problems


class Rule(NamedTuple):
    """What a field allows: in words, as a test, and as a form would offer it.

    Attributes:
        allowed: what it must be, null aside: the end of a sentence that begins with "must be".
        accepts: whether a value is allowed.
        kind: "integer", "number", "choice" or "boolean".
        low: the least number, for a "number" one that is itself too low; None where there is none.
        high: the largest number, or None.
        choices: the names to choose from.
        nullable: whether null is allowed.
    """

    allowed: str
    accepts: Callable[[Any], bool]
    kind: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    nullable: bool = False

    @property
    def words(self) -> str:
        """All that is allowed, as the end of a sentence that begins with "must be"."""
        return Text("null or {allowed}", allowed=self.allowed) if self.nullable else self.allowed


def whole_number(low: int, high: int) -> Text:
    """As the end of a sentence that begins with "must be"."""
    return Text("a whole number from {low} to {high}", low=low, high=high)


def number_above_0(high: float | None = None) -> Text:
    """As the end of a sentence that begins with "must be"."""
    return Text("a number above 0") if high is None else Text("a number above 0 up to {high}", high=f"{high:g}")


def one_of(names: Iterable[str]) -> Text:
    """As the end of a sentence that begins with "must be"."""
    return Text("one of {names}", names=listed(f'"{name}"' for name in names))


def _integer(low: int, high: int) -> Rule:
    def accepts(value: Any) -> bool:
        return type(value) is int and low <= value <= high

    return Rule(whole_number(low, high), accepts, "integer", low, high)


def _number(high: float | None = None) -> Rule:
    # An integer of any length compares exactly with a float; NaN compares with nothing.
    limit = float_info.max if high is None else high
    return Rule(
        number_above_0(high), lambda value: type(value) in (int, float) and 0 < value <= limit, "number", 0, high
    )


def _choice(*names: str) -> Rule:
    words = one_of(names) if len(names) > 1 else f'"{names[0]}"'
    return Rule(words, lambda value: type(value) is str and value in names, "choice", choices=names)


def _or_null(rule: Rule) -> Rule:
    def accepts(value: Any) -> bool:
        return value is None or rule.accepts(value)

    return rule._replace(accepts=accepts, nullable=True)


RULES: dict[str, Rule] = {
    "task": _choice(*TASKS),
    "bits": _integer(2, 32),
    "cell": _choice(*CELLS),
    "activation": _choice(*ACTIVATIONS),
    "hidden_size": _integer(1, 128),
    "bias": Rule(Text("true or false"), lambda value: type(value) is bool, "boolean"),
    "init": _choice(*INITIALIZERS),
    "loss": _choice(*LOSSES),
    "optimizer": _choice(*OPTIMIZERS),
    "learning_rate": _number(100),
    "clip_norm": _or_null(_number()),
    "batch_size": _integer(1, 256),
    "seed": _integer(0, 2**32 - 1),
    "max_iterations": _integer(1, 10_000_000),
}
"""What each field allows, in the order of the fields."""


WIDE_SPACE = "\u3000"
"""The space between Chinese or Japanese words."""

JOINERS = "\u200c\u200d"
"""What makes one sign of two, as of two emoji, or keeps letters apart."""

LATIN_END = "\u024f"
"""The last letter of the scripts that need no joiners."""


def shown(value: object, limit: int = 60) -> str:
    """A refused value as one short line for a message, whatever it is. A text is as it was given, but for what
    can't be seen in it.
    """
    text: str
    if isinstance(value, str):
        text = f'"{_visible(value)}"'
    elif value is None or isinstance(value, bool):
        text = str(value).lower().replace("none", "null")
    elif isinstance(value, Mapping):
        text = Text("an object")
    elif isinstance(value, list | tuple):
        text = Text("an array")
    elif isinstance(value, int) and abs(value) >= 10**limit:
        text = Text("a far larger number")
    else:
        text = str(value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _visible(text: str) -> str:
    """A text with what would break a line, do something to a terminal, or turn the direction of reading, in escapes."""

    def seen(place: int) -> bool:
        character = text[place]
        if character in JOINERS and 0 < place < len(text) - 1:
            return all(text[near] > LATIN_END and text[near].isprintable() for near in (place - 1, place + 1))
        return character.isprintable() or character == WIDE_SPACE

    return "".join(
        character if seen(place) else character.encode("unicode_escape").decode("ascii")
        for place, character in enumerate(text)
    )


def checked_learning_rate(value: Any) -> float:
    """A learning rate as `TrainingConfig` would take it.

    Raises:
        ConfigError: it is not a number above 0 up to 100.
    """
    problem = _problem("learning_rate", value)
    if problem is not None:
        raise ConfigError([problem])
    return float(value)


def checked_changes(changes: Any, max_iterations: int, first: int = 0) -> tuple[tuple[int, float], ...]:
    """Planned changes of the learning rate, each (iteration, value), in order.

    Raises:
        ConfigError: naming `changes`: not `MAX_CHANGES` or fewer pairs, their iterations not ascending from `first` to
            `max_iterations`, or a value that is no learning rate.
    """
    pairs = changes if isinstance(changes, list | tuple) else None
    if pairs is None or not all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in pairs):
        words = Text("must be an array of pairs of an iteration and a learning rate, such as [[2000, 0.05]]")
        raise ConfigError([FieldProblem("changes", words)])
    if len(pairs) > MAX_CHANGES:
        words = Text("must be at most {most} pairs, not {number}", most=MAX_CHANGES, number=len(pairs))
        raise ConfigError([FieldProblem("changes", words)])
    iteration, rate = whole_number(first, max_iterations), RULES["learning_rate"]
    before = first - 1
    for at, value in pairs:
        if type(at) is not int or not first <= at <= max_iterations:
            words = Text("must name as an iteration {allowed}, not {value}", allowed=iteration, value=shown(at))
        elif at <= before:
            words = Text("must be in order: {one} can't follow {other}", one=at, other=before)
        elif not rate.accepts(value):
            words = Text(
                "must name as a learning rate {allowed}, not {value}", allowed=rate.allowed, value=shown(value)
            )
        else:
            before = at
            continue
        raise ConfigError([FieldProblem("changes", words)])
    return tuple((at, float(value)) for at, value in pairs)


def _problem(field: str, value: Any) -> FieldProblem | None:
    rule = RULES[field]
    return None if rule.accepts(value) else FieldProblem(field, must_be(rule.words, value))


def must_be(allowed: str, value: object) -> Text:
    """What is wrong with a value, as the end of a sentence that begins with the field."""
    return Text("must be {allowed}, not {value}", allowed=allowed, value=shown(value))


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """Everything that decides what a run computes. The default is the script's.

    Attributes:
        task: what is learned, a key of `TASKS`.
        bits: T, positions of a problem in training.
        cell: a key of `CELLS`.
        activation: of an Elman cell's hidden units, a key of `ACTIVATIONS`; gated cells have their own.
        hidden_size: H, hidden units.
        bias: whether the cell has biases; they start at 0.
        init: how weights begin, a key of `INITIALIZERS`.
        loss: what training descends, a key of `LOSSES`.
        optimizer: how, a key of `OPTIMIZERS`.
        learning_rate: the rate a run begins with.
        clip_norm: the longest gradient that is followed as it is, or None.
        batch_size: B, problems an iteration.
        seed: of the one random generator behind weights and problems.
        max_iterations: where the run is finished.

    Raises:
        ConfigError: one or more values are not allowed; each is named.
    """

    task: str = "addition"
    bits: int = 8
    cell: str = "elman"
    activation: str = "sigmoid"
    hidden_size: int = 16
    bias: bool = False
    init: str = "uniform"
    loss: str = "squared_error"
    optimizer: str = "sgd"
    learning_rate: float = 0.1
    clip_norm: float | None = None
    batch_size: int = 1
    seed: int = 0
    max_iterations: int = 50_000

    def __post_init__(self) -> None:
        problems = [problem for name in RULES if (problem := _problem(name, getattr(self, name)))]
        problems = problems or self._conflicts()
        if problems:
            raise ConfigError(problems)
        object.__setattr__(self, "learning_rate", float(self.learning_rate))
        object.__setattr__(self, "clip_norm", None if self.clip_norm is None else float(self.clip_norm))

    def _conflicts(self) -> list[FieldProblem]:
        """What is wrong with values together, each of which alone is allowed."""
        problems = []
        if self.activation != "sigmoid" and self.cell != "elman":
            words = Text('is for the elman cell; {cell} has its own, so leave it at "sigmoid"', cell=self.cell)
            problems.append(FieldProblem("activation", words))
        if self.bits < (least := TASKS[self.task].least_bits):
            words = Text(
                "must be at least {least} for the task {task}, not {value}",
                least=least,
                task=self.task,
                value=self.bits,
            )
            problems.append(FieldProblem("bits", words))
        if self.cost > MAX_COST:
            sizes = f"{self.bits} x {self.batch_size} x {self.hidden_size} x {self.hidden_size}"
            words = Text(
                "is too large together with bits and batch_size: bits x batch_size x hidden_size x hidden_size "
                "must be at most {most}, not {sizes} = {cost}",
                most=MAX_COST,
                sizes=sizes,
                cost=self.cost,
            )
            problems.append(FieldProblem("hidden_size", words))
        return problems

    @property
    def cost(self) -> int:
        """What one iteration costs, in products of the recurrent matrix: bits * batch_size * hidden_size**2."""
        return self.bits * self.batch_size * self.hidden_size**2

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> "TrainingConfig":
        """Merge the given values onto the default.

        A value of None counts as absent, but for `clip_norm`, where it is the default and means no clipping.

        Raises:
            ConfigError: an unknown field, or a value that is not allowed.
        """
        names = {field.name for field in fields(cls)}
        unknown = [
            FieldProblem(
                shown(name)[1:-1],
                Text("is not a field of a configuration; those are {names}", names=listed(sorted(names))),
            )
            for name in values
            if name not in names
        ]
        try:
            config = cls(**{name: value for name, value in values.items() if name in names and value is not None})
        except ConfigError as error:
            raise ConfigError(unknown + error.problems) from None
        if unknown:
            raise ConfigError(unknown)
        return config

    def to_dict(self) -> dict[str, Any]:
        """All fields as plain values, in order."""
        return asdict(self)
