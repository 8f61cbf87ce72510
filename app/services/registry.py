"""All runs of the server, by id. `main` always exists."""

import asyncio
import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

from app.config import Settings
from app.problems import Problem
from app.scheduling import yield_to_others
from app.services.compiler import Compiler
from app.services.live_run import LiveRun
from rnn_core import TrainingConfig
from rnn_core.config import shown

MAX_RUNS = 32
MAIN = "main"


class Registry:
    """Creates, finds and deletes runs, and owns the threads that train them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # A thread a core: more would only take turns.
        self._executor = ThreadPoolExecutor(
            os.cpu_count() or 1, thread_name_prefix="trainer", initializer=yield_to_others
        )
        self.compiler = Compiler(settings.engine)
        self.compiler.prepare(TrainingConfig())
        self._numbers = itertools.count(2)
        self._runs: dict[str, LiveRun] = {}
        self._add(MAIN, "Main", TrainingConfig(), 300.0)

    async def loaded(self) -> None:
        """Wait until the engine of the default configuration is ready."""
        await asyncio.shield(self.compiler.prepare(TrainingConfig()))

    def _add(self, run_id: str, name: str, config: TrainingConfig, speed: float | None) -> LiveRun:
        run = LiveRun(run_id, name, config, speed=speed, executor=self._executor, compiler=self.compiler)
        self._runs[run_id] = run
        return run

    def all(self) -> list[LiveRun]:
        """The runs in the order of their creation."""
        return list(self._runs.values())

    def find(self, run_id: str) -> LiveRun | None:
        """A run, or None."""
        return self._runs.get(run_id)

    def get(self, run_id: str) -> LiveRun:
        """A run.

        Raises:
            Problem: 404 where there is none of that id.
        """
        run = self.find(run_id)
        if run is None:
            raise Problem(HTTPStatus.NOT_FOUND, f"There is no run {shown(run_id)}.")
        return run

    def create(self, name: str | None, config: TrainingConfig, speed: float | None) -> LiveRun:
        """A new run, ready.

        Raises:
            Problem: 503 where there are as many as there may be.
        """
        if len(self._runs) >= MAX_RUNS:
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"There are {MAX_RUNS} runs already, which is as many as there may be. Delete one first.",
                headers={"Retry-After": "60"},
            )
        number = next(self._numbers)
        return self._add(f"run-{number}", name or f"Run {number}", config, speed)

    async def delete(self, run_id: str) -> None:
        """Stop a run and forget it.

        Raises:
            Problem: 404 where there is none of that id, 409 for `main`.
        """
        run = self.get(run_id)
        if run_id == MAIN:
            raise Problem(HTTPStatus.CONFLICT, f"{MAIN} can't be deleted. Reset it instead.")
        del self._runs[run_id]
        await run.shut_down(1008, "This run has been deleted.")

    async def close(self) -> None:
        """Stop all runs; for the server's end."""
        for run in self.all():
            await run.shut_down(1012, "The server is shutting down.")
        await self.compiler.close()
        self._executor.shutdown(wait=False, cancel_futures=True)

    def viewers(self) -> int:
        """How many browsers watch, over all runs."""
        return sum(len(run.audience.viewers) for run in self._runs.values())
