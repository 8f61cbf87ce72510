"""Those who watch a run: what they are told, and which frames they are shown."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.languages import speaking, told_in
from app.services.viewer import Farewell, Viewer

FRAME_SECONDS = 1 / 30
"""Frames are published at most this often."""


class Audience:
    """The viewers of a run. A frame is made once for all of them, a message once a language, and neither where
    nobody watches.

    Attributes:
        viewers: who watches.
        shown: the iteration of the frame published last: errors from there on are new to the viewers.
    """

    def __init__(self, message: Callable[[], str], frame: Callable[[int | None], bytes]) -> None:
        """Begin without viewers.

        Args:
            message: makes a status of where the run stands.
            frame: makes a frame of that, with the errors from an iteration on, or without errors for None.
        """
        self.viewers: set[Viewer] = set()
        self.shown = 0
        self._message = message
        self._frame = frame
        self._shown_at = 0.0

    @contextmanager
    def joined_by(self, viewer: Viewer, iteration: int) -> Iterator[None]:
        """Count a viewer in for as long as the context lasts, and tell it where the run stands, at `iteration`."""
        if not self.viewers:  # nobody was sent what happened meanwhile, nor will be
            self.shown = iteration
        self.viewers.add(viewer)
        with speaking(viewer.language):
            viewer.tell(self._message())
        viewer.show(self._frame(None))
        try:
            yield
        finally:
            self.viewers.discard(viewer)

    def announce(self) -> None:
        """Tell all viewers the status."""
        if self.viewers:
            messages = told_in({viewer.language for viewer in self.viewers}, self._message)
            for viewer in self.viewers:
                viewer.tell(messages[viewer.language])

    def publish_if_due(self, iteration: int) -> None:
        """Show a frame, where there is something new and the last one was long enough ago."""
        if iteration > self.shown and time.monotonic() - self._shown_at >= FRAME_SECONDS:
            self.publish(iteration)

    def publish(self, iteration: int) -> None:
        """Show all viewers a frame, encoded once."""
        if self.viewers:
            frame = self._frame(self.shown)
            for viewer in self.viewers:
                viewer.show(frame)
            self.shown = iteration
            self._shown_at = time.monotonic()

    def close(self, why: Farewell, reason: str) -> None:
        """Have all sockets closed."""
        for viewer in self.viewers:
            viewer.close(why, reason)
