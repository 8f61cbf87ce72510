"""What to say if this machine computes the past of a run differently from the record."""

from dataclasses import dataclass

from rnn_core.provenance import Provenance, compared
from rnn_core.snapshot import Snapshot
from rnn_core.text import Text, listed

from ..messages.outgoing import Parting
from ..refusals import Conflict


@dataclass(frozen=True)
class Differing:
    """How a run's past, computed here, differs from the record.

    Attributes:
        name: the run's name.
        iteration: the first iteration whose error differs.
        then: what computed the run then; None if it is not known.
        here: what computes now.
        moment: the iteration that was asked for.
        sound: the nearest moments that are kept as they were; only the moment itself if it is kept.
        errors: the error of the moment's last iteration, as recorded and as computed here; None if not both are known.
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
        """Whether the moment itself was kept, and only the computation up to it differs."""
        return self.moment in self.sound

    def told(self) -> Parting:
        """The note for an answer, in the current language."""
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
        """The refusal for a request that needs the run's own past."""
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
    """The refusal if the past can't be computed here as it was."""


@dataclass(frozen=True, eq=False)
class Look:
    """A moment of a run.

    Attributes:
        snapshot: the run at that moment, with the trace of the last iteration if it is known.
        error: the recorded error of the last iteration; None at the first moment, or if it is not known exactly.
        differing: how the past computed here differs from the record; None if it does not.
    """

    snapshot: Snapshot
    error: float | None
    differing: Differing | None = None

    @property
    def sound(self) -> bool:
        """Whether the network is exactly as it was."""
        return self.differing is None or self.differing.kept

    def parting(self) -> Parting | None:
        """What to say if the network is not exactly as it was, else None."""
        return None if self.differing is None or self.sound else self.differing.told()
