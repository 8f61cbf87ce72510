"""What can't be done, as errors of the domain: each says why, in words for people.

Services raise these. What answer each is on the wire, `app.problems` says.
"""


class Refusal(Exception):
    """Something that can't be done.

    Attributes:
        detail: why, in one or more sentences for the person who asked.
        again_in: seconds after which it may be possible; None where that is not a matter of time.
    """

    again_in: int | None = None

    def __init__(self, detail: str, again_in: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        if again_in is not None:
            self.again_in = again_in


class Missing(Refusal):
    """There is no such run, or no such moment of it."""


class Conflict(Refusal):
    """It does not go together with where the run stands."""


class Busy(Refusal):
    """There is no room or time for it now."""

    again_in = 5


class Unstored(Refusal):
    """It can't be written to the disk, or read from there."""
