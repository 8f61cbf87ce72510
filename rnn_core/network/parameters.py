"""The numbers that a network learns: named matrices that share one flat vector."""

from collections.abc import Iterator, Mapping
from math import prod

import numpy as np

from rnn_core.types import Array

Shapes = Mapping[str, tuple[int, ...]]


class Parameters(Mapping[str, Array]):
    """Named arrays that are views into one contiguous float64 vector, `flat`, in the order of `shapes`.

    The cells read and write by name, so their code looks like the formulas. Optimizers and kernels see only the vector,
    so an update is one operation for every cell. Gradients and updates have the same form.

    Attributes:
        flat: (P,) float64, all parameters one after the other, each matrix row by row.
        shapes: name -> shape.
    """

    def __init__(self, shapes: Shapes, flat: Array | None = None) -> None:
        """Make views of `shapes` into `flat`, or into zeros.

        Args:
            shapes: name -> shape, in the order in which they lie in the vector.
            flat: (P,) float64, contiguous. It is used, not copied.

        Raises:
            ValueError: the vector's length is not the sum of the sizes.
        """
        self.shapes = shapes
        size = sum(map(prod, shapes.values()))
        self.flat = np.zeros(size) if flat is None else flat
        if self.flat.shape != (size,):
            raise ValueError(f"flat must have {size} elements, not the shape {self.flat.shape}")
        self._views = {}
        start = 0
        for name, shape in shapes.items():
            end = start + prod(shape)
            self._views[name] = self.flat[start:end].reshape(shape)
            start = end

    def __getitem__(self, name: str) -> Array:
        return self._views[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._views)

    def __len__(self) -> int:
        return len(self._views)

    __eq__ = object.__eq__  # comparing arrays does not give a single truth value
    __hash__ = object.__hash__

    @classmethod
    def of(cls, shapes: Shapes, values: Mapping[str, Array]) -> "Parameters":
        """Copies of `values`, by name, in a vector of their own."""
        parameters = cls(shapes)
        for name, own in parameters.items():
            own[...] = values[name]
        return parameters

    def copy(self) -> "Parameters":
        """The same names and values in a new vector."""
        return Parameters(self.shapes, self.flat.copy())

    def like(self, flat: Array) -> "Parameters":
        """The same names in another vector of the same length, which is used, not copied."""
        return Parameters(self.shapes, flat)
