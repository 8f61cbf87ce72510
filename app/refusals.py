"""Errors of the domain: what can't be done, and why, in words for people.

Services raise them. `app.problems` gives each its HTTP answer.
"""


class Refusal(Exception):
    """Something that can't be done.

    Attributes:
        detail: why, in one or more sentences for the person who asked.
        again_in: the seconds after which it may be possible; None if waiting does not help.
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
    """It is not possible in the run's present state."""


class Busy(Refusal):
    """There is no room or time for it now."""

    again_in = 5


class TooMany(Refusal):
    """One visitor asks for more than their share."""

    again_in = 1


class Forbidden(Refusal):
    """Somebody else may do it, but not the one who asks."""


class Unstored(Refusal):
    """It can't be written to the disk, or can't be read from there."""
