"""The viewers of a run: the statuses and frames that they get."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..access.people import asked_by_person
from ..languages import speaking
from .viewer import Farewell, Viewer

FRAME_SECONDS = 1 / 30
"""Minimum seconds between two frames."""


class Audience:
    """The viewers of a run. A frame is made once for all of them. A message is made once per language, and once for
    those who command the run and once for those who watch. Without viewers, neither is made.

    Attributes:
        viewers: all of them.
        shown: the iteration of the last published frame. Errors from there on are new to the viewers.
    """

    def __init__(
        self, message: Callable[[], str], frame: Callable[[int | None], bytes], owner: str | None = None
    ) -> None:
        """Begin without viewers.

        Args:
            message: makes the status message.
            frame: makes a frame of the run, with the errors from an iteration on, or without errors for None.
            owner: the visitor whose copy the run is; None if all share it.
        """
        self.viewers: set[Viewer] = set()
        self.shown = 0
        self._message = message
        self._frame = frame
        self._owner = owner
        self._shown_at = 0.0

    @contextmanager
    def joined_by(self, viewer: Viewer, iteration: int) -> Iterator[None]:
        """Have a viewer for as long as the context lasts, and tell it where the run stands, at `iteration`."""
        if not self.viewers:  # errors before this are sent to nobody
            self.shown = iteration
        self.viewers.add(viewer)
        viewer.tell(self._made_for(viewer, self._message))
        viewer.show(self._frame(None))
        try:
            yield
        finally:
            self.viewers.discard(viewer)

    def announce(self) -> None:
        """Send all viewers the status."""
        self.tell(self._message)

    def tell(self, message: Callable[[], str]) -> None:
        """Send all viewers a message."""
        messages: dict[tuple[str, bool], str] = {}
        for viewer in self.viewers:
            kind = viewer.language, viewer.person.commands(self._owner)
            if kind not in messages:
                messages[kind] = self._made_for(viewer, message)
            viewer.tell(messages[kind])

    @staticmethod
    def _made_for(viewer: Viewer, message: Callable[[], str]) -> str:
        with speaking(viewer.language), asked_by_person(viewer.person):
            return message()

    def publish_if_due(self, iteration: int) -> None:
        """Publish a frame if there is something new and the last frame was long enough ago."""
        if iteration > self.shown and time.monotonic() - self._shown_at >= FRAME_SECONDS:
            self.publish(iteration)

    def publish(self, iteration: int) -> None:
        """Send all viewers a frame, encoded once."""
        if self.viewers:
            frame = self._frame(self.shown)
            for viewer in self.viewers:
                viewer.show(frame)
            self.shown = iteration
            self._shown_at = time.monotonic()

    def close(self, why: Farewell, reason: str) -> None:
        """Close the sockets of all viewers."""
        for viewer in self.viewers:
            viewer.close(why, reason)
