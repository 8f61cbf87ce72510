"""The viewers of a run: the statuses and frames that they get."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..access.people import asked_by_person
from ..frames import Form
from ..languages import speaking
from .viewer import Farewell, Viewer

FRAME_SECONDS = 1 / 30
"""Seconds between two frames, in the mean, at least."""

WHOLE_SECONDS = 0.09
"""Seconds between two frames that are not light, for viewers that asked for small frames: with every third frame it is
ten a second. The page draws weights about as often.
"""


class Audience:
    """The viewers of a run. A frame is made once for all of them. A message is made once per language, and once for
    those who command the run and once for those who watch. Without viewers, neither is made.

    Attributes:
        viewers: all of them.
        shown: the iteration of the last published frame. Errors from there on are new to the viewers.
    """

    def __init__(
        self, message: Callable[[], str], frame: Callable[[int | None, Form], bytes], owner: str | None = None
    ) -> None:
        """Begin without viewers.

        Args:
            message: makes the status message.
            frame: makes a frame of the run in this form, with the errors from an iteration on, or without errors for
                None.
            owner: the visitor whose copy the run is; None if all share it.
        """
        self.viewers: set[Viewer] = set()
        self.shown = 0
        self._message = message
        self._frame = frame
        self._due = 0.0
        self._whole_due = 0.0
        self._owner = owner

    @contextmanager
    def joined_by(self, viewer: Viewer, iteration: int) -> Iterator[None]:
        """Have a viewer for as long as the context lasts, and tell it where the run stands, at `iteration`."""
        if not self.viewers:  # errors before this are sent to nobody
            self.shown = iteration
        self.viewers.add(viewer)
        viewer.tell(self._made_for(viewer, self._message))
        form = viewer.wants(light=False)
        viewer.show(self._frame(None, form), form)
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
        if iteration > self.shown and time.monotonic() >= self._due:
            self.publish(iteration, light=time.monotonic() < self._whole_due)

    def publish(self, iteration: int, *, light: bool = False) -> None:
        """Send all viewers a frame, encoded once for each form: a light one, if this is one of those between, to those
        who asked for small frames.
        """
        if self.viewers:
            frames: dict[Form, bytes] = {}
            for viewer in self.viewers:
                form = viewer.wants(light=light)
                if form not in frames:
                    frames[form] = self._frame(self.shown, form)
                viewer.show(frames[form], form)
            self.shown = iteration
            now = time.monotonic()
            if not light:
                self._whole_due = now + WHOLE_SECONDS
            late = now - self._due
            # If this one is a little late, the next one need not be: else slices of training would set the pace.
            self._due = now + FRAME_SECONDS - (min(late, FRAME_SECONDS / 2) if 0 < late < FRAME_SECONDS else 0.0)

    def close(self, why: Farewell, reason: str) -> None:
        """Close the sockets of all viewers."""
        for viewer in self.viewers:
            viewer.close(why, reason)
