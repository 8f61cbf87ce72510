"""Processes that prove. Few at a time, at a low priority, and gone when nobody wants their answer any more."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

from safetensors.numpy import save

from rnn_core.snapshot import Snapshot
from rnn_core.text import Text

from .. import children
from ..refusals import Busy
from ..scheduling import LEAST, lower_priority

COMMAND = children.command(f"{__name__.partition('.')[0]}.proving")

MOST = 2
"""The most proofs at a time."""

MOST_SECONDS = 3600.0
"""Seconds after which a proof is given up."""

AGAIN_SECONDS = 30
"""Seconds after which one of them may have ended."""

END_SECONDS = 5.0
"""Seconds that a process has to end when it has said all."""

LINE = 2**22
"""The most bytes of a message's first line. A picture has about 40,000."""

COMPLAINT = 2000
"""How many bytes of what a process said last go to the log if it fails."""

Hear = Callable[[dict[str, Any]], None]

Found = tuple[dict[str, Any], bytes]
"""The last message of a process, and the certificate."""


class Unproved(RuntimeError):
    """A process failed; says why, in words."""


class Prover:
    """Starts the processes, and counts them."""

    def __init__(self, command: tuple[str, ...] = COMMAND) -> None:
        """Prove with this command. See `app.proving` for what it reads and writes."""
        self._command = command
        self._busy = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place for one proof, as long as the context lasts.

        Raises:
            Refusal: `Busy` if there is none.
        """
        if self._busy >= MOST:
            detail = Text("The server proves {n} networks at a time, and it has these already.", n=MOST)
            raise Busy(detail, again_in=AGAIN_SECONDS)
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1

    async def prove(self, moment: Snapshot, hear: Hear) -> Found:
        """What a process finds out about a network. If this call is cancelled,
        the process is ended.

        Args:
            moment: the network.
            hear: gets each message before the last one.

        Raises:
            Unproved: the process failed.
            TimeoutError: it took too long.
        """
        async with asyncio.timeout(MOST_SECONDS), self._process(moment) as (child, complaint):
            assert child.stdout is not None
            while True:
                try:
                    message = json.loads(await child.stdout.readuntil())
                    data = await child.stdout.readexactly(message.pop("bytes"))
                except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
                    await _gone(child)
                    if child.returncode is None:
                        raise Unproved(f"{error} (it goes on)") from None
                    words = (await complaint)[-COMPLAINT:].decode(errors="replace").strip()
                    raise Unproved(f"{error} {words} (it ended with {child.returncode})") from None
                if message["kind"] == "end":
                    await _gone(child)
                    return message, data
                hear(message)

    @asynccontextmanager
    async def _process(self, moment: Snapshot) -> AsyncIterator[tuple[asyncio.subprocess.Process, asyncio.Task[bytes]]]:
        """A process that has got the network, and what it writes to standard error. It ends with the context."""
        child = await children.begin(*self._command, limit=LINE)
        assert child.stdin is not None
        assert child.stderr is not None
        complaint = asyncio.create_task(child.stderr.read())
        try:
            lower_priority(child.pid, LEAST)
            parameters = save({name: values.copy() for name, values in moment.parameters.items()})
            head = {"config": moment.config.to_dict(), "bytes": len(parameters)}
            child.stdin.write(json.dumps(head).encode() + b"\n" + parameters)
            with suppress(ConnectionError):  # it failed already, and says why
                await child.stdin.drain()
            yield child, complaint
        finally:
            if child.returncode is None:
                with suppress(ProcessLookupError):
                    child.kill()
            await asyncio.shield(_end_of(child))
            complaint.cancel()


async def _end_of(child: asyncio.subprocess.Process) -> None:
    """Wait until a process has ended. What it says meanwhile is dropped: with a full pipe it would never end."""
    assert child.stdout is not None
    await asyncio.gather(child.wait(), child.stdout.read())


async def _gone(child: asyncio.subprocess.Process) -> None:
    """Wait until a process that has nothing more to say has ended, but not for ever. One that ends by itself should not
    be signalled at the same time: Python would lose its exit status.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(END_SECONDS):
            await _end_of(child)
