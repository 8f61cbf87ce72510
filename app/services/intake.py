"""Files that clients bring in: a few at a time, and of those one from each address."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

AT_A_TIME = 4
"""Files that are read and decoded at a time, over all clients: each may take 16 MB, and as much again while decoded."""


class Intake:
    """Lets clients bring their files in, in turn."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._places = asyncio.Semaphore(AT_A_TIME)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def turn(self, address: str) -> AsyncIterator[None]:
        """Wait until a client at this address may bring a file in, and take up the place meanwhile."""
        turn = self._turns.get(address)
        if turn is None:
            turn = self._turns[address] = asyncio.Lock()
        async with turn, self._places:
            yield
