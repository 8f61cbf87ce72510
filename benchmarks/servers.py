"""More servers to measure, set up by the code of `rnn-adder serve`: `python -m benchmarks.servers empty | probed`.

- `empty`: a bare FastAPI application with one endpoint, `GET /`, that returns a small dictionary.
- `probed`: the lab itself, with one more task in its event loop. The task asks to be woken every 5 ms and notes how
  late
  it is. `GET /lag` returns the notes since the last call.
"""

import asyncio
import sys
import time

from fastapi import FastAPI

from app.config import Settings
from app.main import create_app
from app.server import address_of, bind, serve
from app.underway import Underway

PERIOD = 0.005


class NoRuns:
    """What the server closes when it ends, for an application without runs."""

    async def close(self) -> None:
        """There is nothing to close."""

    async def loaded(self) -> None:
        """There is nothing to load."""


def empty() -> FastAPI:
    """One endpoint that does nothing."""
    app = FastAPI()
    app.state.registry = NoRuns()
    app.state.underway = Underway()

    @app.get("/")
    async def nothing() -> dict[str, str]:
        return {"status": "ok"}

    return app


class Probe:
    """Measures how late the event loop wakes a task that asked to be woken."""

    def __init__(self) -> None:
        self._lags: list[float] = []
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to measure. Call this in the loop."""
        self._task = asyncio.create_task(self._sample())

    async def _sample(self) -> None:
        while True:
            due = time.perf_counter() + PERIOD
            await asyncio.sleep(PERIOD)
            self._lags.append(time.perf_counter() - due)

    async def take(self) -> list[float]:
        """The delays since the last call, in seconds."""
        lags, self._lags = self._lags, []
        return lags


def main() -> None:
    settings = Settings()
    probe = Probe()
    if sys.argv[1] == "empty":
        app = empty()
    else:
        app = create_app(settings)
        app.get("/lag")(probe.take)
    listener = bind("127.0.0.1", 0)
    address = address_of(listener, "127.0.0.1")

    def ready() -> None:
        probe.start()
        print(address, flush=True)

    serve(app, settings, listener, ready)


if __name__ == "__main__":
    main()
