"""Who asks: the presenter, who may do everything, or a visitor, who watches and commands what is theirs."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal, TypeAlias

Role: TypeAlias = Literal["presenter", "visitor"]

Reach: TypeAlias = Literal["command", "watch"]
"""What somebody may do with a run."""


@dataclass(frozen=True)
class Person:
    """Somebody who asks.

    Attributes:
        role: what they are on this server.
        id: which visitor it is, from the cookie; "" for the presenter, and for a stranger without a cookie.
        refused: whether they sent a token that is not the presenter's.
    """

    role: Role
    id: str = ""
    refused: bool = False

    @property
    def presents(self) -> bool:
        """Whether it is the presenter."""
        return self.role == "presenter"

    def commands(self, owner: str | None) -> bool:
        """Whether they may command a run of this owner; None for a run that all share."""
        return self.presents or (bool(self.id) and owner == self.id)

    def sees(self, owner: str | None) -> bool:
        """Whether lists show them a run of this owner. By its address everybody may watch it."""
        return owner is None or self.commands(owner)

    def reach(self, owner: str | None) -> Reach:
        """What they may do with a run of this owner, as a status tells it."""
        return "command" if self.commands(owner) else "watch"


PRESENTER = Person("presenter")
STRANGER = Person("visitor")

_asking: ContextVar[Person] = ContextVar("asking", default=PRESENTER)


def asking() -> Person:
    """Who asks for what is being answered; outside of requests the presenter."""
    return _asking.get()


@contextmanager
def asked_by_person(person: Person) -> Iterator[None]:
    """Make it the person who asks, until the context ends."""
    token = _asking.set(person)
    try:
        yield
    finally:
        _asking.reset(token)
