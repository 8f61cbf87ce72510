"""The array types in annotations. The docstrings give shapes, units and order."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
"""The numbers of the network, always float64."""

Integers: TypeAlias = NDArray[np.int64]
"""Operands and other whole numbers, always int64."""

Flags: TypeAlias = NDArray[np.bool_]
"""Yes or no for each of several things."""

BitArray: TypeAlias = NDArray[np.int8]
"""Many zeros and ones, in an eighth of the memory."""
