"""A run's configuration: everything that identifies it, validated once, then frozen."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from sys import float_info
from typing import Any, NamedTuple

from rnn_core.cells import CELLS
from rnn_core.network.activations import ACTIVATIONS
from rnn_core.network.initializers import INITIALIZERS
from rnn_core.network.losses import LOSSES
from rnn_core.network.optimizers import OPTIMIZERS
from rnn_core.tasks import TASKS
from rnn_core.text import Joined, Text, listed

MAX_COST = 2**20
"""The largest bits * batch_size * hidden_size**2, so that an iteration takes milliseconds."""

MAX_CHANGES = 100
"""The most changes of the learning rate that may be planned for a run."""

TOLD = 20
"""The number of wrong fields that a refusal names; it only counts the others."""

MAX_RECORDED = 2_000
"""The most past changes that a run may have on a server, because each saving writes all of them."""


class FieldProblem(NamedTuple):
    """A field's error, in words for the person who set it: the value, and what is allowed."""

    field: str
    detail: str


def sentences(problems: Iterable[FieldProblem], more: int = 0) -> Joined:
    """All errors in a row, and the number of further ones: "bits must be ...; seed must be ...; and 3 more"."""
    parts = [Text("{field} {detail}", field=problem.field, detail=problem.detail) for problem in problems]
    return Joined(Text("; "), [*parts, Text("and {count} more", count=f"{more:,}")] if more else parts)


class ConfigError(ValueError):
    """A configuration that is not allowed: `problems` holds the errors of fields, `more` counts those left out."""

    def __init__(self, problems: list[FieldProblem], more: int = 0) -> None:
        super().__init__(sentences(problems, more))
        self.problems = problems
        self.more = more


class Rule(NamedTuple):
    """What a field allows: in words, as a test, and as data for a form.

    Attributes:
        allowed: what it must be if it is not null: the end of a sentence that begins with "must be".
        accepts: whether a value is allowed.
        kind: "integer", "number", "choice" or "boolean".
        low: the smallest number, or for kind "number" one that is itself too low; None if there is none.
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
        """Everything that is allowed, as the end of a sentence that begins with "must be"."""
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


def _boolean() -> Rule:
    return Rule(Text("true or false"), lambda value: type(value) is bool, "boolean")


def _or_null(rule: Rule) -> Rule:
    def accepts(value: Any) -> bool:
        return value is None or rule.accepts(value)

    return rule._replace(accepts=accepts, nullable=True)


class Option(NamedTuple):
    """The description of a field of the configuration. Forms, command lines and messages are made from it.

    Attributes:
        rule: what it allows.
        title: its name for people.
        meaning: what it is, in a sentence.
        group: its heading in a form.
        live: whether it may change while a run trains.
        branchable: whether a branch may have another value than the run that it comes from.
    """

    rule: Rule
    title: Text
    meaning: Text
    group: Text
    live: bool = False
    branchable: bool = False


PROBLEM, NETWORK, LEARNING, RUN = Text("Problem"), Text("Network"), Text("Learning"), Text("Run")


def _option(
    default: object,
    rule: Rule,
    title: Text,
    meaning: Text,
    group: Text,
    *,
    live: bool = False,
    branchable: bool = False,
) -> Any:
    """A field of the configuration: its default, and the parts of `Option`."""
    return field(default=default, metadata={"option": Option(rule, title, meaning, group, live, branchable)})


WIDE_SPACE = "\u3000"
"""The space between Chinese or Japanese words."""

JOINERS = "\u200c\u200d"
"""Characters that join two signs into one, such as two emoji, or keep letters apart."""

LATIN_END = "\u024f"
"""The last letter of the scripts that need no joiners."""


def shown(value: object, limit: int = 60) -> str:
    """A refused value of any kind as one short line for a message. A text stays as it is, except for characters that
    can't be seen.
    """
    text: str
    if isinstance(value, str):
        text = f'"{_visible(value[: limit + 1])}"'
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
    """The text, with escapes for characters that break a line, control a terminal, or turn the reading direction."""

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
    """A learning rate, if `TrainingConfig` allows it.

    Raises:
        ConfigError: it is not a number above 0 up to 100.
    """
    problem = _problem("learning_rate", value)
    if problem is not None:
        raise ConfigError([problem])
    return float(value)


def checked_changes(changes: Any, max_iterations: int, first: int = 0) -> tuple[tuple[int, float], ...]:
    """Planned changes of the learning rate, if they are allowed: each (iteration, value), in order.

    Raises:
        ConfigError: about `changes`: they are more than `MAX_CHANGES`, or not pairs; their iterations do not ascend
            from `first` to `max_iterations`; or a value is not a learning rate.
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
    """The error of a value, as the end of a sentence that begins with the field."""
    return Text("must be {allowed}, not {value}", allowed=allowed, value=shown(value))


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """Everything that decides what a run computes. The default is the script's.

    A new field is added here alone: forms, commands, sweeps and the API take it from `OPTIONS`.

    Attributes:
        task: what is learned, a key of `TASKS`.
        bits: T, the number of positions of a problem in training.
        cell: a key of `CELLS`.
        activation: that of an Elman cell's hidden units, a key of `ACTIVATIONS`; gated cells have their own.
        hidden_size: H, the number of hidden units.
        bias: whether the cell has biases; they start at 0.
        init: how weights are initialized, a key of `INITIALIZERS`.
        loss: what training makes smaller, a key of `LOSSES`.
        optimizer: how training makes it smaller, a key of `OPTIMIZERS`.
        learning_rate: the rate at the beginning of a run.
        clip_norm: the length to which longer gradients are shortened; None for no clipping.
        batch_size: B, the number of problems in an iteration.
        seed: that of the one random generator for weights and problems.
        max_iterations: the iteration at which the run is finished.

    Raises:
        ConfigError: one or more values are not allowed; each is named.
    """

    task: str = _option("addition", _choice(*TASKS), Text("Task"), Text("What is learned."), PROBLEM)
    bits: int = _option(
        8,
        _integer(2, 32),
        Text("Bits"),
        Text("How many bits a problem has in training. The result has to fit."),
        PROBLEM,
    )
    cell: str = _option(
        "elman",
        _choice(*CELLS),
        Text("Cell"),
        Text("The kind of network: a simple one, or one with gates."),
        NETWORK,
    )
    activation: str = _option(
        "sigmoid",
        _choice(*ACTIVATIONS),
        Text("Activation"),
        Text("The function that a hidden unit of an Elman cell applies to its sum."),
        NETWORK,
    )
    hidden_size: int = _option(16, _integer(1, 128), Text("Hidden size"), Text("The number of hidden units."), NETWORK)
    bias: bool = _option(
        False, _boolean(), Text("Biases"), Text("Whether each unit has a threshold of its own."), NETWORK
    )
    init: str = _option(
        "uniform",
        _choice(*INITIALIZERS),
        Text("Initial weights"),
        Text("How the first weights are drawn: between -1 and 1, or closer to 0 in larger matrices (Glorot)."),
        NETWORK,
    )
    loss: str = _option("squared_error", _choice(*LOSSES), Text("Loss"), Text("What training makes smaller."), LEARNING)
    optimizer: str = _option(
        "sgd",
        _choice(*OPTIMIZERS),
        Text("Optimizer"),
        Text("How the gradient becomes an update."),
        LEARNING,
        branchable=True,
    )
    learning_rate: float = _option(
        0.1,
        _number(100),
        Text("Learning rate"),
        Text("How far each update moves the weights."),
        LEARNING,
        live=True,
        branchable=True,
    )
    clip_norm: float | None = _option(
        None,
        _or_null(_number()),
        Text("Clip gradients at"),
        Text("Longer gradients are shortened to this length. Without a number, none is."),
        LEARNING,
        branchable=True,
    )
    batch_size: int = _option(
        1,
        _integer(1, 256),
        Text("Batch size"),
        Text("How many problems each iteration takes. The update is their mean."),
        LEARNING,
    )
    seed: int = _option(
        0, _integer(0, 2**32 - 1), Text("Seed"), Text("This number decides the first weights and all problems."), RUN
    )
    max_iterations: int = _option(
        50_000,
        _integer(1, 10_000_000),
        Text("Iterations"),
        Text("The run is finished after this many iterations."),
        RUN,
        branchable=True,
    )

    def __post_init__(self) -> None:
        problems = [problem for name in RULES if (problem := _problem(name, getattr(self, name)))]
        problems = problems or self._conflicts()
        if problems:
            raise ConfigError(problems)
        for name, rule in RULES.items():
            if rule.kind == "number" and getattr(self, name) is not None:
                object.__setattr__(self, name, float(getattr(self, name)))

    def _conflicts(self) -> list[FieldProblem]:
        """The errors of values that are each allowed alone, but not together."""
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
        """The cost of one iteration: bits * batch_size * hidden_size**2, in products of the recurrent matrix."""
        return self.bits * self.batch_size * self.hidden_size**2

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> "TrainingConfig":
        """Merge the given values onto the default.

        A value of None counts as absent, except for `clip_norm`, where it is the default and means no clipping.

        Raises:
            ConfigError: an unknown field, or a value that is not allowed.
        """
        names = {field.name for field in fields(cls)}
        strange = [name for name in values if name not in names]
        words = Text("is not a field of a configuration; those are {names}", names=listed(sorted(names)))
        unknown = [FieldProblem(shown(name)[1:-1], words) for name in strange[:TOLD]]
        more = len(strange) - len(unknown)
        try:
            config = cls(**{name: value for name, value in values.items() if name in names and value is not None})
        except ConfigError as error:
            raise ConfigError(unknown + error.problems, more) from None
        if unknown:
            raise ConfigError(unknown, more)
        return config

    def to_dict(self) -> dict[str, Any]:
        """All fields as plain values, in order."""
        return asdict(self)


OPTIONS: dict[str, Option] = {field.name: field.metadata["option"] for field in fields(TrainingConfig)}
"""The description of each field, in the order of the fields."""

RULES: dict[str, Rule] = {name: option.rule for name, option in OPTIONS.items()}
"""What each field allows."""

BRANCHABLE = tuple(name for name, option in OPTIONS.items() if option.branchable)
"""The fields that a branch may change: how training goes on. Its weights and its past were made with the others."""
