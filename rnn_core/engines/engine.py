"""The engines turn problems and weights into errors and new weights.

There is one interface and two engines: `numpy`, the reference, and `compiled`, the same algorithm compiled by Numba,
which is the default.
"""

import platform
import sys
import sysconfig
import warnings
from importlib.util import find_spec
from typing import Protocol

from rnn_core.assessment.prediction import Forward
from rnn_core.config import TrainingConfig
from rnn_core.edits import NONE_HELD
from rnn_core.engines.compiled_engine import CompiledEngine
from rnn_core.engines.numpy_engine import NumpyEngine
from rnn_core.engines.progress import Examination, Progress
from rnn_core.engines.room import MEGABYTE, too_little_memory
from rnn_core.network.optimizers import State
from rnn_core.network.parameters import Parameters
from rnn_core.text import Text
from rnn_core.types import Integers


class Engine(Protocol):
    """Runs iterations. On one machine the bits are the same, however iterations are cut into calls.

    Attributes:
        name: its key in `ENGINES`.
        together: how many problems `examine` computes together. Calls with a multiple of this number give the same bits
            as one call with all problems.
    """

    name: str
    together: int

    @property
    def forward(self) -> Forward | None:
        """The compiled network for `rnn_core.assessment.prediction.predict`; None if the engine is not compiled."""
        ...

    def run(
        self,
        parameters: Parameters,
        optimizer_state: State,
        operands: Integers,
        learning_rate: float,
        iteration: int,
        held: Integers = NONE_HELD,
    ) -> Progress:
        """Train on the given problems, one iteration for each row.

        Args:
            parameters: the weights; changed in place.
            optimizer_state: the optimizer's memory; not changed.
            operands: (n, B, operands) problems.
            learning_rate: the same for all of them.
            iteration: how many were done before.
            held: (K,) the places in the flat vector of the parameters that are not trained: see `rnn_core.edits`. Their
                moments in the optimizer's memory are zero.

        Returns:
            What was done. An iteration whose numbers would not be finite is not done, and no iteration after it.
        """
        ...

    def examine(self, parameters: Parameters, operands: Integers, worst: int) -> Examination:
        """Run the network forward over problems at the width of training.

        Args:
            parameters: the weights; not changed.
            operands: (n, operands) problems, at least one.
            worst: how many problems with the largest errors to name.

        Returns:
            What it got right.
        """
        ...


ENGINES: dict[str, type[CompiledEngine] | type[NumpyEngine]] = {"compiled": CompiledEngine, "numpy": NumpyEngine}
"""All engines, the default first."""


class EngineError(ValueError):
    """There is no such engine, or not on this machine."""


SYSTEMS = {("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64"), ("win32", "AMD64")}
"""Systems and machines that Numba has packages for, whatever the Python."""

NEEDED = 512 * MEGABYTE
"""The memory that a process needs to load the compiler and compile the kernels of one network of any size."""


def has_numba() -> bool:
    """Whether there are packages of Numba for this system and Python, as scripts/requirements.py says, too."""
    minor = sys.version_info.minor
    system = (sys.platform, platform.machine())
    if "musl" in str(sysconfig.get_config_var("HOST_GNU_TYPE")):
        return False
    if system == ("win32", "ARM64"):
        return 12 <= minor < 15
    if system == ("darwin", "x86_64"):
        return minor < 14
    return minor < 16 and system in SYSTEMS


def compiled_is_missing() -> str | None:
    """Why the compiled engine does not work here; None if it does."""
    if find_spec("numba") is None:
        return Text("Numba is not installed") if has_numba() else Text("There is no Numba for this system")
    return None if "numba" in sys.modules else too_little_memory(NEEDED)


def make_engine(name: str | None, config: TrainingConfig) -> Engine:
    """The named engine. For None the default; if Numba is missing, the reference, with a warning that says so.

    Raises:
        EngineError: there is no engine of that name, or not on this machine.
    """
    missing = compiled_is_missing()
    if name is None and missing:
        warnings.warn(f"{missing}: the numpy engine computes, a hundred times slower.", RuntimeWarning, stacklevel=2)
        name = NumpyEngine.name
    name = next(iter(ENGINES)) if name is None else name
    if name not in ENGINES:
        raise EngineError(f'engine must be one of {", ".join(ENGINES)}, not "{name}"')
    if name == CompiledEngine.name and missing:
        raise EngineError(f'engine "compiled" can\'t be had: {missing}; "numpy" can')
    return ENGINES[name](config)
