"""Files that clients upload: a few at a time, and one at a time from each address."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

AT_A_TIME = 4
"""Files of all clients that are read and decoded at a time. Each may take 16 MB, and twice that while it is decoded."""


class Intake:
    """Lets clients upload their files, in turn."""

    def __init__(self) -> None:
        """Begin without clients."""
        self._places = asyncio.Semaphore(AT_A_TIME)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def turn(self, address: str) -> AsyncIterator[None]:
        """Wait until a client at this address may upload a file. Hold its place for as long as the context lasts."""
        turn = self._turns.get(address)
        if turn is None:
            turn = self._turns[address] = asyncio.Lock()
        async with turn, self._places:
            yield
