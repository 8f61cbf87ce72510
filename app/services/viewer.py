"""One browser that watches a run: what still has to be sent to it."""

import asyncio
from collections import deque
from collections.abc import Callable
from enum import Enum, auto
from typing import TypeAlias

from ..access.people import PRESENTER, Person
from ..frames import Form
from ..languages import ENGLISH


class Farewell(Enum):
    """Why a viewer's socket is closed."""

    DELETED = auto()
    """The run was deleted."""
    ENDING = auto()
    """The server is about to end."""
    NONSENSE = auto()
    """It sent too many messages that are not commands or change nothing."""
    BINARY = auto()
    """It sent a message that is not text."""
    OUR_FAULT = auto()
    """The server made a mistake."""


MAX_TEXTS = 64
"""Maximum number of waiting messages. If there are more, the oldest are dropped: every status is complete."""

MAX_CHARACTERS = 128 * 1024
"""Maximum number of characters of all waiting messages together. The newest message is always kept."""


OUTLET = "rnn_adder.outlet"
"""The ASGI extension of a socket to which frames can be written at once: `write` is an `Outlet`."""

Outlet: TypeAlias = Callable[[bytes], bool]
"""Sends a binary message at once, or returns False, because the client still has to read earlier ones."""


class Traffic:
    """What all viewers got since the server began.

    Attributes:
        sent: frames that were handed to the network.
        sent_bytes: their bytes.
        dropped: frames that a newer one replaced before they were sent.
    """

    def __init__(self) -> None:
        self.sent = self.sent_bytes = self.dropped = 0

    def handed_over(self, frame: bytes) -> None:
        """Count a frame that was handed to the network."""
        self.sent += 1
        self.sent_bytes += len(frame)


class Viewer:
    """A mailbox between a run and one socket: texts in order, a slot for what the presenter shows, and one for a frame.
    What is new in a slot replaces the old.

    Filling it never waits. The socket's sender empties it at the speed of the network. While the sender has nothing to
    do, frames need no sender: they go through the outlet.
    """

    def __init__(
        self,
        language: str = ENGLISH,
        person: Person = PRESENTER,
        traffic: Traffic | None = None,
        outlet: Outlet | None = None,
        *,
        small: bool = False,
    ) -> None:
        """Begin with an empty mailbox.

        Args:
            language: that of the viewer.
            person: who watches.
            traffic: counts its frames.
            outlet: writes frames to its socket; None if there is no such way.
            small: whether it asked for small frames.
        """
        self.language = language
        self.person = person
        self._traffic = traffic or Traffic()
        self._small = small
        self._outlet = outlet
        self._idle = False
        self._texts: deque[str] = deque()
        self._characters = 0
        self._presenter: str | None = None
        self._frame: bytes | None = None
        self._form = Form.LIGHT
        self._close: tuple[Farewell, str] | None = None
        self._filled = asyncio.Event()

    @property
    def leaves(self) -> bool:
        """Whether its socket will be closed."""
        return self._close is not None

    def tell(self, text: str) -> None:
        """Add a message. It is sent before the frame in the slot."""
        self._texts.append(text)
        self._characters += len(text)
        while len(self._texts) > MAX_TEXTS or (self._characters > MAX_CHARACTERS and len(self._texts) > 1):
            self._characters -= len(self._texts.popleft())
        self._filled.set()

    def follow(self, text: str) -> None:
        """Put what the presenter shows into its own slot: only the newest counts. It is sent after other messages."""
        self._presenter = text
        self._filled.set()

    def wants(self, *, light: bool) -> Form:
        """The form of its next frame, if small viewers may get a light one. A light frame must not replace another one
        that waits in the slot, because that shows more.
        """
        if not self._small:
            return Form.PLAIN
        waits = self._frame is not None and self._form is not Form.LIGHT
        return Form.LIGHT if light and not waits else Form.SMALL

    def show(self, frame: bytes, form: Form = Form.PLAIN) -> None:
        """Send a new frame at once, or put it into the slot if something else has to be sent first."""
        if self._outlet is not None and self._idle and not self._filled.is_set() and self._outlet(frame):
            self._traffic.handed_over(frame)
            return
        if self._frame is not None:
            self._traffic.dropped += 1
        self._frame, self._form = frame, form
        self._filled.set()

    def close(self, why: Farewell, reason: str) -> None:
        """Close the socket when everything that waits has been sent, with a reason in words."""
        self._close = self._close or (why, reason)
        self._filled.set()

    async def next(self) -> str | bytes | tuple[Farewell, str]:
        """The next thing to send: a text, else what is in a slot, else why to close the socket, also in words."""
        while True:
            if self._texts:
                text = self._texts.popleft()
                self._characters -= len(text)
                return text
            if self._presenter is not None:
                text, self._presenter = self._presenter, None
                return text
            if self._frame is not None:
                frame, self._frame = self._frame, None
                self._traffic.handed_over(frame)
                return frame
            if self._close is not None:
                return self._close
            self._filled.clear()
            self._idle = True
            try:
                await self._filled.wait()
            finally:
                self._idle = False
