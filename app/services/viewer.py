"""One browser that watches a run: what still has to be sent to it."""

import asyncio
from collections import deque
from enum import Enum, auto

from ..access.people import PRESENTER, Person
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


class Traffic:
    """What all viewers got since the server began.

    Attributes:
        sent: frames that were handed to the network.
        sent_bytes: their bytes.
        dropped: frames that a newer one replaced before they were sent.
    """

    def __init__(self) -> None:
        self.sent = self.sent_bytes = self.dropped = 0


class Viewer:
    """A mailbox between a run and one socket: texts in order, and one slot for a frame. A new frame replaces the old.

    Filling it never waits. The socket's sender empties it at the speed of the network.
    """

    def __init__(self, language: str = ENGLISH, person: Person = PRESENTER, traffic: Traffic | None = None) -> None:
        """Begin with an empty mailbox. The viewer's language is `language`, and `person` who watches; `traffic` counts
        its frames.
        """
        self.language = language
        self.person = person
        self._traffic = traffic or Traffic()
        self._texts: deque[str] = deque()
        self._characters = 0
        self._frame: bytes | None = None
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

    def show(self, frame: bytes) -> None:
        """Put a new frame into the slot."""
        if self._frame is not None:
            self._traffic.dropped += 1
        self._frame = frame
        self._filled.set()

    def close(self, why: Farewell, reason: str) -> None:
        """Close the socket when everything that waits has been sent, with a reason in words."""
        self._close = self._close or (why, reason)
        self._filled.set()

    async def next(self) -> str | bytes | tuple[Farewell, str]:
        """The next thing to send: a text, else the frame, else why to close the socket, and the same in words."""
        while True:
            if self._texts:
                text = self._texts.popleft()
                self._characters -= len(text)
                return text
            if self._frame is not None:
                frame, self._frame = self._frame, None
                self._traffic.sent += 1
                self._traffic.sent_bytes += len(frame)
                return frame
            if self._close is not None:
                return self._close
            self._filled.clear()
            await self._filled.wait()
