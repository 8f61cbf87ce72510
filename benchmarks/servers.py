"""More servers to measure, set up by the code of `rnn-adder serve`: `python -m benchmarks.servers empty | probed |
watched`.

- `empty`: a bare FastAPI application with one endpoint, `GET /`, that returns a small dictionary.
- `probed`: the lab itself, with one more task in its event loop. The task asks to be woken every 5 ms and notes how
  late
  it is. `GET /lag` returns the notes since the last call.
- `watched`: the lab itself, which stores runs as the settings say, and notes when it publishes which iteration.
  `GET /published` returns the notes since the last call.
"""

import asyncio
import sys
import time
from contextlib import ExitStack

from fastapi import FastAPI

from app.config import Settings
from app.main import create_app
from app.metrics import Metrics
from app.server import address_of, bind, serve
from app.services.audience import Audience
from app.storage.opening import opened
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
    app.state.metrics = Metrics(most_viewers=0)

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


def note_published(app: FastAPI) -> None:
    """Note each frame that is published: its iteration, and when (s, on the system's monotonic clock)."""
    notes: list[tuple[int, float]] = []
    publish = Audience.publish

    def noting(audience: Audience, iteration: int, *, light: bool = False) -> None:
        notes.append((iteration, time.monotonic()))
        publish(audience, iteration, light=light)

    async def take() -> list[tuple[int, float]]:
        taken = list(notes)
        notes.clear()
        return taken

    Audience.publish = noting  # type: ignore[method-assign, assignment]
    app.get("/published")(take)


def main() -> None:
    settings = Settings()
    probe = Probe()
    with ExitStack() as stack:
        if sys.argv[1] == "empty":
            app = empty()
        elif sys.argv[1] == "watched":
            app = create_app(settings, *stack.enter_context(opened(settings)))
            note_published(app)
        else:
            app = create_app(settings)
            app.get("/lag")(probe.take)
        serve_it(app, settings, probe)


def serve_it(app: FastAPI, settings: Settings, probe: Probe) -> None:
    """Serve on a free port, and print its address when ready."""
    listener = bind("127.0.0.1", 0)
    address = address_of(listener, "127.0.0.1")

    def ready() -> None:
        probe.start()
        print(address, flush=True)

    serve(app, settings, listener, ready)


if __name__ == "__main__":
    main()
