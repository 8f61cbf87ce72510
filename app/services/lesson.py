"""What the presenter's page shows, for those who follow it."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from ..messages.incoming import ShowCommand
from ..messages.outgoing import PresenterMessage, PresenterPointer
from ..names import MAIN
from .viewer import Viewer

PAUSE_SECONDS = 0.1
"""Seconds between two messages to the class, at least. What comes sooner waits, and only the newest is sent."""


class Lesson:
    """Keeps the latest that a presenter's page has shown, and tells visitors. Of several such pages the one leads that
    spoke last.

    Attributes:
        shown: the latest; None until a presenter's page speaks.
    """

    def __init__(self, watched: Callable[[], Mapping[str, set[Viewer]]], exists: Callable[[str], bool]) -> None:
        """Begin with nothing shown.

        Args:
            watched: the viewers of each run.
            exists: whether there is a run with this id.
        """
        self.shown: PresenterMessage | None = None
        self._watched = watched
        self._exists = exists
        self._leader: Viewer | None = None
        self._calls = 0
        self._to_all = False
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def show(self, leader: Viewer, run: str, command: ShowCommand) -> None:
        """Take what a presenter's page shows now, of the run with this id."""
        self._leader = leader
        pointer = command.pointer and PresenterPointer(**command.pointer.model_dump())
        self._take(
            PresenterMessage(
                run=run, iteration=command.iteration, pointer=pointer, tour=command.tour, calls=self._calls
            )
        )

    def call(self) -> None:
        """Call all back to what the presenter shows, wherever they are."""
        self._calls += 1
        now = self._current() or PresenterMessage(run=MAIN)
        self._to_all = True
        self._take(now.model_copy(update={"calls": self._calls}))

    @contextmanager
    def attended_by(self, viewer: Viewer) -> Iterator[None]:
        """Tell a viewer what is shown, and take the pointer away when it was the leader's and they leave."""
        if not viewer.person.presents and (now := self._current()) is not None:
            viewer.follow(now.model_dump_json())
        try:
            yield
        finally:
            if viewer is self._leader:
                self._leader = None
                if self.shown is not None:
                    self._take(self.shown.model_copy(update={"pointer": None}))

    def _current(self) -> PresenterMessage | None:
        """What is shown, unless its run was deleted."""
        if self.shown is not None and not self._exists(self.shown.run):
            self.shown = None
        return self.shown

    def _take(self, news: PresenterMessage) -> None:
        if news == self.shown:
            return
        self._to_all |= self.shown is None or news.run != self.shown.run
        self.shown = news
        if self._timer is None:
            wait = max(0.0, self._due - time.monotonic())
            self._timer = asyncio.get_running_loop().call_later(wait, self._tell)

    def _tell(self) -> None:
        self._timer = None
        self._due = time.monotonic() + PAUSE_SECONDS
        now, to_all, self._to_all = self._current(), self._to_all, False
        if now is None:
            return
        text = now.model_dump_json()
        for run, viewers in self._watched().items():
            if to_all or run == now.run:
                for viewer in viewers:
                    if not viewer.person.presents:
                        viewer.follow(text)
