"""One browser that watches: what it has yet to be sent."""

import asyncio
from collections import deque
from enum import Enum, auto

from app.languages import ENGLISH


class Farewell(Enum):
    """Why a viewer has to leave."""

    DELETED = auto()
    """The run is gone."""
    ENDING = auto()
    """The server is about to end."""
    NONSENSE = auto()
    """What it says makes no sense, or changes nothing."""
    BINARY = auto()
    """What it says is no text."""
    OUR_FAULT = auto()
    """The server made a mistake."""


MAX_TEXTS = 64
"""Messages that may wait; of more, the oldest are dropped: every status carries the whole truth."""

MAX_CHARACTERS = 128 * 1024
"""Of all of them together, but for the newest."""


class Viewer:
    """A mailbox between a run and one socket: texts in order, and one slot that the newest frame overwrites.

    Whoever fills it never waits; the socket's sender empties it at the pace of the network.
    """

    def __init__(self, language: str = ENGLISH) -> None:
        """Nothing waits for somebody who is spoken to in `language`."""
        self.language = language
        self._texts: deque[str] = deque()
        self._characters = 0
        self._frame: bytes | None = None
        self._close: tuple[Farewell, str] | None = None
        self._filled = asyncio.Event()

    @property
    def leaves(self) -> bool:
        """Whether its socket is to be closed."""
        return self._close is not None

    def tell(self, text: str) -> None:
        """Leave a message; it will be sent ahead of the frame in the slot."""
        self._texts.append(text)
        self._characters += len(text)
        while len(self._texts) > MAX_TEXTS or (self._characters > MAX_CHARACTERS and len(self._texts) > 1):
            self._characters -= len(self._texts.popleft())
        self._filled.set()

    def show(self, frame: bytes) -> None:
        """Put the newest frame into the slot."""
        self._frame = frame
        self._filled.set()

    def close(self, why: Farewell, reason: str) -> None:
        """Have the socket closed once what waits has been sent, with a reason in words."""
        self._close = self._close or (why, reason)
        self._filled.set()

    async def next(self) -> str | bytes | tuple[Farewell, str]:
        """The next thing to send: a text, else the frame, else why to close it, and in words."""
        while True:
            if self._texts:
                text = self._texts.popleft()
                self._characters -= len(text)
                return text
            if self._frame is not None:
                frame, self._frame = self._frame, None
                return frame
            if self._close is not None:
                return self._close
            self._filled.clear()
            await self._filled.wait()
