"""The lines of a program, and what its names mean."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

INDENT = 4
"""The number of spaces of a level."""

NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
"""A name that stands alone: not an attribute."""


@dataclass(frozen=True)
class Variable:
    """What a name of the program means.

    Attributes:
        role: what it holds, as frames call it ("hidden_states", "weights.W_hh", "operand.a"); "" if no frame has it.
        meaning: the same in a sentence.
        shape: that of the array, such as (9, 1, 16); None if it is no array.
    """

    role: str
    meaning: str
    shape: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Line:
    """A line of the program.

    Attributes:
        text: without the spaces that it begins with.
        indent: the number of levels, each of four spaces.
        step: what it belongs to: "setup", "function", "problem", "forward", "forward.state", "forward.output",
            "error", "backward", "backward.output", "backward.state", "backward.weights" or "update"; "" for all that
            frames these.
        variables: the names in it that have a meaning, each once, in their order.
    """

    text: str
    indent: int
    step: str
    variables: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " " * INDENT * self.indent + self.text


@dataclass(frozen=True)
class Program:
    """A program.

    Attributes:
        lines: in order.
        variables: what its names mean.
    """

    lines: tuple[Line, ...]
    variables: Mapping[str, Variable]

    @property
    def text(self) -> str:
        """All lines, to be stored in a file."""
        return "".join(f"{line}\n" for line in self.lines)

    def renamed(self, names: Mapping[str, str]) -> "Program":
        """The same program with other names for its variables."""

        def other(match: re.Match[str]) -> str:
            return names.get(match[0], match[0])

        def renamed(line: Line) -> Line:
            code, comment = code_and_comment(line.text)
            variables = tuple(names.get(name, name) for name in line.variables)
            return replace(line, text=NAME.sub(other, code) + comment, variables=variables)

        variables = {names.get(name, name): variable for name, variable in self.variables.items()}
        return Program(tuple(map(renamed, self.lines)), variables)


def code_and_comment(text: str) -> tuple[str, str]:
    """A line in two parts. A line of words in quotes is a comment, too."""
    if text.startswith('"""'):
        return "", text
    code, sign, comment = text.partition("#")
    return code, sign + comment


def lines_of(blocks: Iterable[tuple[str, str]], variables: Mapping[str, Variable]) -> tuple[Line, ...]:
    """The lines of blocks of text, each with the step that it belongs to. Lines without text have no step."""
    return tuple(_line(text, step, variables) for step, block in blocks for text in block.splitlines())


def _line(text: str, step: str, variables: Mapping[str, Variable]) -> Line:
    bare = text.lstrip(" ")
    code, _ = code_and_comment(bare)
    known = {} if step == "function" else variables  # its arguments have the names of other things
    named = tuple(name for name in dict.fromkeys(NAME.findall(code)) if name in known)
    return Line(bare, (len(text) - len(bare)) // INDENT, step if code else "", named)
