"""What a kernel is compiled for: a network, its loss and its optimizer, and how its arrays lie in memory.

In a kernel most of these numbers are constants: `plan_type.py` says how. Nothing here needs Numba.
"""
# ruff: noqa: N802  (the formulas write matrices as capitals)

from dataclasses import dataclass, fields
from functools import lru_cache

REGISTER = 8  # float64 in the widest vector register there is (AVX-512)
TOGETHER = (8, 4)  # like networks that one thread trains side by side: a whole register, or half of one
IN_REGISTERS = 4 * REGISTER  # float64 that several networks compute at a time, of which two sums fit into registers
POSITIONS = 8  # lanes of a vector that runs over positions


def round_up(number: int, multiple: int) -> int:
    """The least multiple of `multiple` that is not below `number`."""
    return -(-number // multiple) * multiple


GATES = {"elman": 0, "gru": 3, "lstm": 4}

CHOICES = {
    "activation": ("sigmoid", "tanh", "relu"),
    "loss": ("squared_error", "cross_entropy"),
    "optimizer": ("sgd", "momentum", "adam"),
}
"""What general kernels choose from while they compute, by its number here."""

ROOM_ON_STACK = 2**13  # float64 of a cell's gates, or of their deltas, up to which they lie on the stack
VECTORS = 8  # vectors of a sequence beside gates and their deltas
FIRST_CACHE = 6 * 2**10  # float64 in a processor's first cache, 48 KiB


@dataclass(frozen=True)
class Plan:
    """A network of `hidden` units reading `inputs` bits at each of `positions`, and how its arrays lie in memory.

    The flat vector of parameters is rows of `hidden` numbers, in the order of the reference cell's `shapes`: of an
    Elman cell W_xh (inputs rows), W_hy (one, as a row), W_hh (hidden rows) and, with biases, b_h; of a gated one W_x of
    all gates, W_h of all gates, W_hy and, with biases, b of all gates; last b_y, a single number. In padded memory each
    row, b_y too, takes `width` numbers, zero beyond its own: a whole number of blocks of `lanes`. A block is two
    registers, so that a number spread over the lanes serves both, or one for up to eight units.
    """

    hidden: int = 16
    positions: int = 8
    inputs: int = 2
    activation: str = "sigmoid"  # of an Elman cell: sigmoid, tanh, relu
    bias: bool = False
    loss: str = "squared_error"  # squared_error, cross_entropy
    optimizer: str = "sgd"  # sgd, momentum, adam
    clipped: bool = False
    batch: int = 1
    cell: str = "elman"  # elman, gru, lstm
    members: int = 1  # networks that are trained in one call, side by side in the lanes of vectors
    general: bool = False  # whether to use the kernels that serve every plan of one member with this cell

    def __post_init__(self) -> None:
        """Refuse what no kernels can do."""
        if self.general and self.members > 1:
            raise ValueError("general kernels train one network at a time")

    @property
    def lanes(self) -> int:
        """Units that a sum over units takes at a time, lane by lane; its lanes come last. Twice as many as there are
        units, as general kernels may have, add only zeros.
        """
        return REGISTER if self.hidden <= REGISTER and not self.general else 2 * REGISTER

    @property
    def block(self) -> int:
        """Units that are computed at a time: as many, or of several members what two sums of leave in registers."""
        return self.lanes if self.members == 1 else IN_REGISTERS // self.members

    @property
    def width(self) -> int:
        """Numbers in a padded row."""
        return round_up(self.hidden, self.lanes)

    @property
    def padded_positions(self) -> int:
        """Numbers in a padded vector over positions."""
        return round_up(self.positions, POSITIONS)

    # Parameters: padded rows, and where each matrix begins.

    @property
    def gates(self) -> int:
        """Gates of the cell that a trace shows; 0 for an Elman cell."""
        return GATES[self.cell]

    @property
    def matrices(self) -> int:
        """How many matrices lead from the state to the next: one, or one a gate. As many lead from the inputs."""
        return max(1, self.gates)

    @property
    def rows(self) -> int:
        """Rows in padded parameters."""
        return self.matrices * (self.inputs + self.hidden) + 1 + (self.matrices + 1 if self.bias else 0)

    @property
    def flat_size(self) -> int:
        """Numbers in the flat vector of parameters."""
        return (self.rows - 1) * self.hidden + 1 if self.bias else self.rows * self.hidden

    @property
    def to_W_h(self) -> int:
        """Where W_hh, or the W_h of the first gate, begins in padded memory; W_x begins at 0."""
        return (self.matrices * self.inputs + (0 if self.gates else 1)) * self.width

    @property
    def to_W_hy(self) -> int:
        """Where W_hy begins in padded memory."""
        return (self.matrices * (self.inputs + self.hidden) if self.gates else self.inputs) * self.width

    @property
    def to_b(self) -> int:
        """Where b_h, or the b of the first gate, begins in padded memory."""
        return (self.matrices * (self.inputs + self.hidden) + 1) * self.width

    @property
    def to_b_y(self) -> int:
        """Where b_y stands in padded memory."""
        return self.to_b + self.matrices * self.width

    @property
    def padded_size(self) -> int:
        """Numbers in padded parameters, with room for reading any W_h as (width, width)."""
        return (self.rows + self.width - self.hidden) * self.width

    @property
    def transposed_size(self) -> int:
        """Numbers in the transposes of all W_h; several networks need none."""
        return self.matrices * self.width * self.width if self.members == 1 else 0

    @property
    def at_once(self) -> bool:
        """Whether each row of parameters is changed as soon as its updates are summed, which then are not kept."""
        return self.members > 1 and self.optimizer == "sgd" and self.batch == 1 and not self.clipped

    @property
    def moments(self) -> int:
        """Vectors of the size of the parameters that the optimizer keeps."""
        return {"sgd": 0, "momentum": 1, "adam": 2}[self.optimizer]

    # A sequence: what happened at each position.

    @property
    def sequence_size(self) -> int:
        """Numbers in a hidden vector for each position and one for the start."""
        return (self.positions + 1) * self.width

    @property
    def problems_at_a_stretch(self) -> int:
        """After how many problems, a power of two, a humble thread steps aside: every few tenths of a millisecond."""
        operations = self.positions * self.width * self.width * max(1, self.gate_rows) * self.members
        return int(2 ** max(0, 21 - operations.bit_length()))

    @property
    def cell_states_size(self) -> int:
        """Numbers in the cell states of a sequence."""
        return self.sequence_size if self.cell == "lstm" else 0

    @property
    def inputs_size(self) -> int:
        """Numbers in the inputs of a sequence."""
        return self.positions * self.inputs

    @property
    def gate_rows(self) -> int:
        """Hidden vectors that a gated cell keeps of a position: its gates and one more; and as many of deltas."""
        return self.gates + 1 if self.gates else 0

    @property
    def gates_size(self) -> int:
        """Numbers in the gates of a sequence, and in their deltas."""
        return self.positions * self.gate_rows * self.width

    @property
    def gates_on_stack(self) -> bool:
        """Whether gates and deltas lie on the stack, where the compiler knows that nothing else points to them. Stacks
        are small, so large ones lie in scratch memory.
        """
        return not self.general and self.members * self.gates_size <= ROOM_ON_STACK

    # Scratch memory: parameters, updates, transposes, moments, then gates and their deltas, then what else is kept of a
    # sequence. Here and above a number is one of each member, side by side.

    @property
    def to_transposed(self) -> int:
        """Where the transposes begin in scratch memory; parameters begin at 0, updates at padded_size."""
        return 2 * self.padded_size

    @property
    def to_moments(self) -> int:
        """Where the moments begin in scratch memory."""
        return self.to_transposed + self.transposed_size

    @property
    def to_gates(self) -> int:
        """Where all gates begin in scratch memory, if not on the stack."""
        return self.to_moments + self.moments * self.padded_size

    @property
    def to_gate_deltas(self) -> int:
        """Where all deltas of gates begin in scratch memory, if not on the stack."""
        return self.to_gates + self.gates_size

    @property
    def to_vectors(self) -> int:
        """Where the other vectors of a sequence begin in scratch memory, if not on the stack: each has room for
        `sequence_size` numbers, which is enough for any.
        """
        return self.to_gates + (0 if self.gates_on_stack else 2 * self.gates_size)

    @property
    def workspace_size(self) -> int:
        """Numbers of scratch memory, and some to begin at a cache line."""
        vectors = VECTORS * self.sequence_size if self.general else 0
        return self.members * (self.to_vectors + vectors) + REGISTER

    @property
    def together(self) -> tuple[int, ...]:
        """How many networks pay to be trained in one call, the most first; none where they pay one after the other.

        Side by side they need no transposes, no spreading of numbers and no sums over lanes, and wait less for their
        own states. But where the parameters of all no longer fit into the processor's first cache, with room for what
        else a position reads, loading them at every position costs more than is won. General kernels train one at a
        time.
        """
        room = 0 if self.general else FIRST_CACHE * 3 // 4
        return tuple(members for members in TOGETHER if members * self.padded_size <= room)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The values of `NUMBERS`."""
        return numbers_of(self)


SAME_FOR_A_CELL = {"general", "members", "block", "lanes", "gates", "matrices", "gate_rows", "at_once"}
"""What all general plans of a cell have in common: constants in general kernels, too."""

OF_NO_USE = {"cell", "together", "numbers"}
"""What no kernel asks a plan for."""


def numbers_that_vary() -> tuple[str, ...]:
    """The fields and properties of a plan that general kernels have to be told; of those in `CHOICES` the number."""
    properties = [name for name, value in vars(Plan).items() if isinstance(value, property)]
    names = [field.name for field in fields(Plan)] + properties
    return tuple(name for name in names if name not in SAME_FOR_A_CELL | OF_NO_USE)


NUMBERS = numbers_that_vary()


@lru_cache(maxsize=1024)
def numbers_of(plan: Plan) -> tuple[int, ...]:
    """`Plan.numbers`, kept."""
    values = {name: getattr(plan, name) for name in NUMBERS}
    return tuple(CHOICES[name].index(value) if name in CHOICES else int(value) for name, value in values.items())
