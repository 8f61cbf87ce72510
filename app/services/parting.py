"""What to say where this machine computes the past of a run differently from how it was."""

from dataclasses import dataclass

from app.messages.outgoing import Parting
from app.refusals import Conflict
from rnn_core.provenance import Provenance, compared
from rnn_core.snapshot import Snapshot
from rnn_core.text import Text, listed


@dataclass(frozen=True)
class Differing:
    """Where a run's past, computed here, parts from what was recorded.

    Attributes:
        name: the run's.
        iteration: the first whose error is another.
        then: what computed it then, None where that is not known.
        here: what computes now.
        moment: the iteration that is looked at.
        sound: the nearest moments that are kept as they were; the moment itself where that is one.
        errors: that of the moment's last iteration, as recorded and as computed here; None where not both are known.
    """

    name: str
    iteration: int
    then: Provenance | None
    here: Provenance
    moment: int
    sound: tuple[int, ...]
    errors: tuple[float, float] | None = None

    @property
    def kept(self) -> bool:
        """Whether the moment itself was kept, and only the way to it is another."""
        return self.moment in self.sound

    def told(self) -> Parting:
        """For an answer, in the language that is spoken now."""
        values = {"iteration": f"{self.iteration:,}", "why": compared(self.then, self.here)}
        if self.kept:
            detail = Text(
                "This network was kept as it was. Its last problem is not known: "
                "this machine computes the run differently from iteration {iteration} on. {why}",
                **values,
            )
        elif self.errors is None:
            detail = Text(
                "What is shown is not exactly what was then: "
                "this machine computes the run differently from iteration {iteration} on. {why}",
                **values,
            )
        else:
            detail = Text(
                "What is shown is not exactly what was then: the error was {recorded}, and here it is {computed}. "
                "This machine computes the run differently from iteration {iteration} on. {why}",
                recorded=f"{self.errors[0]:.4f}",
                computed=f"{self.errors[1]:.4f}",
                **values,
            )
        return Parting(iteration=self.iteration, sound=list(self.sound), detail=detail)

    def problem(self) -> "Parted":
        """For whom only the run's own past will do."""
        detail = Text(
            "How {name} was at iteration {moment} can't be computed here: "
            "this machine computes it differently from iteration {iteration} on. {why} "
            "The nearest moments that were kept: {sound}.",
            name=self.name,
            moment=f"{self.moment:,}",
            iteration=f"{self.iteration:,}",
            why=compared(self.then, self.here),
            sound=listed(f"{place:,}" for place in self.sound),
        )
        return Parted(detail)


class Parted(Conflict):
    """The past can't be computed here as it was."""


@dataclass(frozen=True, eq=False)
class Look:
    """A moment of a run.

    Attributes:
        snapshot: the run then, with the trace of the last iteration where that is known.
        error: that of the last iteration, as it was recorded; None at the first moment, and where it is not known by
            itself.
        differing: where the way to it, computed here, is another; None where all is as it was.
    """

    snapshot: Snapshot
    error: float | None
    differing: Differing | None = None

    @property
    def sound(self) -> bool:
        """Whether the network is that of then."""
        return self.differing is None or self.differing.kept

    def parting(self) -> Parting | None:
        """What to say of it where the network is not that of then."""
        return None if self.differing is None or self.sound else self.differing.told()
