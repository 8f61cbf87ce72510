"""How many copies visitors may have, and how large they may be."""

from collections.abc import Iterable

from rnn_core import TrainingConfig
from rnn_core.text import Text

from ..refusals import Busy, Forbidden, TooMany

OF_ONE = 2
"""Maximum number of copies of one visitor."""

OF_ALL = 400
"""Maximum number of copies of all visitors."""

MOST_COST = 2**16
"""The largest bits x batch size x hidden size x hidden size of a copy: 32 times the default."""

MOST_ITERATIONS = 200_000
"""The largest max_iterations of a copy: four times the default."""


def check_size(config: TrainingConfig) -> None:
    """Check that a copy may have this configuration.

    Raises:
        Refusal: `Forbidden` if it is too large.
    """
    if config.cost > MOST_COST or config.max_iterations > MOST_ITERATIONS:
        raise Forbidden(
            Text(
                "This is too large for a copy of a visitor: bits × batch size × hidden size × hidden size may be at "
                "most {cost}, and the maximum of iterations {iterations}. Take a smaller network, or ask the presenter "
                "to begin this run.",
                cost=f"{MOST_COST:,}",
                iterations=f"{MOST_ITERATIONS:,}",
            )
        )


def check_number(owner: str, owners: Iterable[str | None]) -> None:
    """Check that a visitor may have one more copy beside those of these owners.

    Raises:
        Refusal: `TooMany` if they have as many as one may, `Busy` if all have as many as all may.
    """
    copies = [one for one in owners if one is not None]
    if copies.count(owner) >= OF_ONE:
        detail = Text("You have {number} copies of your own, and that is the most. Delete one first.", number=OF_ONE)
        raise TooMany(detail, again_in=60)
    if len(copies) >= OF_ALL:
        detail = Text(
            "Visitors have {number} copies already, and there can't be more. Those that nobody uses are swept up "
            "within a day; the presenter may delete some before.",
            number=OF_ALL,
        )
        raise Busy(detail, again_in=600)
