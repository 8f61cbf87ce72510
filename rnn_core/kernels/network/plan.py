"""What a kernel is compiled for: a network, its loss and its optimizer, and the layout of its arrays in memory.

In a kernel most of these numbers are constants; see `plan_type.py`. Nothing here needs Numba.
"""
# ruff: noqa: N802  (the formulas write matrices as capitals)

from dataclasses import dataclass, fields
from functools import lru_cache

REGISTER = 8  # float64 in the widest vector register there is (AVX-512)
TOGETHER = (8, 4)  # networks of one form that one thread trains side by side: a whole register, or half of one
IN_REGISTERS = 4 * REGISTER  # float64 that several networks compute at a time; two sums of them fit into registers
POSITIONS = 8  # lanes of a vector that runs over positions


def round_up(number: int, multiple: int) -> int:
    """The smallest multiple of `multiple` that is not below `number`."""
    return -(-number // multiple) * multiple


GATES = {"elman": 0, "gru": 3, "lstm": 4}

CHOICES = {
    "activation": ("sigmoid", "tanh", "relu"),
    "loss": ("squared_error", "cross_entropy"),
    "optimizer": ("sgd", "momentum", "adam"),
}
"""The choices that general kernels make while they compute; a number is an index here."""

ROOM_ON_STACK = 2**13  # the most float64 of a cell's gates, or of their deltas, that lie on the stack
VECTORS = 8  # vectors of a sequence beside gates and their deltas
FIRST_CACHE = 6 * 2**10  # float64 in a processor's first cache, 48 KiB


@dataclass(frozen=True)
class Plan:
    """A network of `hidden` units that reads `inputs` bits at each of `positions`, and its layout in memory.

    The flat vector of parameters is rows of `hidden` numbers, in the order of the reference cell's `shapes`. For an
    Elman cell: W_xh (inputs rows), W_hy (one row), W_hh (hidden rows) and, with biases, b_h. For a gated cell: W_x of
    all gates, W_h of all gates, W_hy and, with biases, b of all gates. Last comes b_y, a single number. In padded
    memory each row, b_y too, takes `width` numbers, a multiple of `lanes`; the numbers beyond its own are zero. A block
    is two registers, so that a number spread over the lanes serves both. For up to eight units it is one register.
    """

    hidden: int = 16
    positions: int = 8
    inputs: int = 2
    activation: str = "sigmoid"  # that of an Elman cell: sigmoid, tanh, relu
    bias: bool = False
    loss: str = "squared_error"  # squared_error, cross_entropy
    optimizer: str = "sgd"  # sgd, momentum, adam
    clipped: bool = False
    batch: int = 1
    cell: str = "elman"  # elman, gru, lstm
    members: int = 1  # networks that are trained in one call, side by side in the lanes of vectors
    general: bool = False  # whether to use the kernels that serve every plan of one member with this cell

    def __post_init__(self) -> None:
        """Refuse a plan for which there are no kernels."""
        if self.general and self.members > 1:
            raise ValueError("general kernels train one network at a time")

    @property
    def lanes(self) -> int:
        """Units that a sum over units takes at a time, lane by lane; the lanes are summed last. General kernels may
        have twice as many lanes as units; these add only zeros.
        """
        return REGISTER if self.hidden <= REGISTER and not self.general else 2 * REGISTER

    @property
    def block(self) -> int:
        """Units that are computed at a time: `lanes`, or with several members as many as registers can hold twice."""
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
        """The number of matrices from one state to the next: one, or one for each gate. As many come from the
        inputs.
        """
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
        """Where b_y lies in padded memory."""
        return self.to_b + self.matrices * self.width

    @property
    def padded_size(self) -> int:
        """Numbers in padded parameters, with room for reading any W_h as (width, width)."""
        return (self.rows + self.width - self.hidden) * self.width

    @property
    def transposed_size(self) -> int:
        """Numbers in the transposes of all W_h; several networks together need no transposes."""
        return self.matrices * self.width * self.width if self.members == 1 else 0

    @property
    def at_once(self) -> bool:
        """Whether each row of parameters is changed as soon as its updates are summed. Then updates are not kept."""
        return self.members > 1 and self.optimizer == "sgd" and self.batch == 1 and not self.clipped

    @property
    def moments(self) -> int:
        """Vectors of the size of the parameters that the optimizer keeps."""
        return {"sgd": 0, "momentum": 1, "adam": 2}[self.optimizer]

    # A sequence: what happened at each position.

    @property
    def sequence_size(self) -> int:
        """Numbers in the hidden vectors of all positions and the start."""
        return (self.positions + 1) * self.width

    @property
    def problems_at_a_stretch(self) -> int:
        """Problems (a power of two) after which a thread of low priority yields: every few tenths of a millisecond."""
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
        """Hidden vectors that a gated cell keeps for each position: its gates and one more; and as many of deltas."""
        return self.gates + 1 if self.gates else 0

    @property
    def gates_size(self) -> int:
        """Numbers in the gates of a sequence, and in their deltas."""
        return self.positions * self.gate_rows * self.width

    @property
    def gates_on_stack(self) -> bool:
        """Whether gates and deltas lie on the stack. There the compiler knows that nothing else points to them. Stacks
        are small, so large gates and deltas lie in scratch memory.
        """
        return not self.general and self.members * self.gates_size <= ROOM_ON_STACK

    # Scratch memory: parameters, updates, transposes, moments, then gates and their deltas, then the other vectors of a
    # sequence. Here and above "a number" means one number of each member, side by side.

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
        """Where the other vectors of a sequence begin in scratch memory, if not on the stack. Each has room for
        `sequence_size` numbers, which is enough for all of them.
        """
        return self.to_gates + (0 if self.gates_on_stack else 2 * self.gates_size)

    @property
    def workspace_size(self) -> int:
        """Numbers of scratch memory, with some more so that it can begin at a cache line."""
        vectors = VECTORS * self.sequence_size if self.general else 0
        return self.members * (self.to_vectors + vectors) + REGISTER

    @property
    def together(self) -> tuple[int, ...]:
        """The numbers of networks that are trained faster in one call, largest first; empty if none are.

        Side by side they need no transposes, no spreading of numbers and no sums over lanes, and wait less for their
        own states. But the parameters of all must fit into the processor's first cache, with room for what else a
        position reads. Otherwise loading them at every position costs more than is gained. General kernels train one at
        a time.
        """
        room = 0 if self.general else FIRST_CACHE * 3 // 4
        return tuple(members for members in TOGETHER if members * self.padded_size <= room)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The values of `NUMBERS`."""
        return numbers_of(self)


SAME_FOR_A_CELL = {"general", "members", "block", "lanes", "gates", "matrices", "gate_rows", "at_once"}
"""Fields that are equal in all general plans of a cell. They are constants in general kernels, too."""

OF_NO_USE = {"cell", "together", "numbers"}
"""Fields that no kernel uses."""


def numbers_that_vary() -> tuple[str, ...]:
    """The fields and properties of a plan that general kernels get as numbers; those in `CHOICES` as an index."""
    properties = [name for name, value in vars(Plan).items() if isinstance(value, property)]
    names = [field.name for field in fields(Plan)] + properties
    return tuple(name for name in names if name not in SAME_FOR_A_CELL | OF_NO_USE)


NUMBERS = numbers_that_vary()


@lru_cache(maxsize=1024)
def numbers_of(plan: Plan) -> tuple[int, ...]:
    """`Plan.numbers`, computed once and kept."""
    values = {name: getattr(plan, name) for name in NUMBERS}
    return tuple(CHOICES[name].index(value) if name in CHOICES else int(value) for name, value in values.items())
