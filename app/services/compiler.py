"""The engine that trains: compiled ahead of its use, in a process of its own.

Compiling holds the interpreter for seconds. So a child process fills the cache, and this one only loads from there,
while it goes on answering. Whoever wants to train waits for that; when nothing is left to compile, nobody waits.
"""

import asyncio
import json
import logging
import secrets
import sys
from typing import Literal

from app.messages import EngineStatus
from rnn_core import TrainingConfig
from rnn_core.compiled_engine import form_of
from rnn_core.engine import compiled_is_missing
from rnn_core.prediction import Forward
from rnn_core.text import Text

logger = logging.getLogger(__name__)

COMMAND = (sys.executable, "-m", "rnn_core.kernels.warm")

EngineName = Literal["compiled", "numpy"]


class Compiler:
    """Prepares the engine for one configuration after the other.

    Attributes:
        default: the engine that runs begin with; a run whose kernels can't be had goes on with numpy.
    """

    def __init__(self, engine: str | None) -> None:
        """Choose the engine: the named one, or the fastest there is."""
        missing = None if engine == "numpy" else compiled_is_missing()
        self.default: EngineName = "numpy" if engine == "numpy" or missing else "compiled"
        self._trouble = (
            Text("{missing}, so the numpy engine computes, a hundred times slower.", missing=missing)
            if missing
            else None
        )
        self._prepared: dict[tuple[object, ...], asyncio.Task[EngineName]] = {}
        self._forwards: dict[tuple[object, ...], Forward | None] = {}
        self._one_at_a_time = asyncio.Lock()

    def status(self) -> EngineStatus:
        """Which engine computes, and whether it is still being compiled."""
        if any(not task.done() for task in self._prepared.values()):
            detail = Text("The engine is being compiled, which takes some seconds, once for each shape of network.")
            return EngineStatus(name=self.default, state="compiling", detail=detail)
        if self._trouble is not None:
            return EngineStatus(name="numpy", state="fallback", detail=self._trouble)
        return EngineStatus(name=self.default, state="ready", detail=None)

    def prepare(self, config: TrainingConfig) -> asyncio.Task[EngineName]:
        """The engine to train `config` with, once it is ready. Never fails: numpy always can."""
        key = form_of(config)
        if key not in self._prepared:
            self._prepared[key] = asyncio.create_task(self._prepare(config), name="prepare the engine")
        return self._prepared[key]

    def ready(self, config: TrainingConfig) -> EngineName | None:
        """The engine that trains `config`, where nobody has to wait for it; None where it has to be prepared first."""
        task = self._prepared.get(form_of(config))
        return task.result() if task is not None and task.done() and not task.cancelled() else None

    def forward(self, config: TrainingConfig) -> Forward | None:
        """The compiled network for predictions, once it is loaded; until then, and where there is none, None."""
        return self._forwards.get(form_of(config))

    async def _prepare(self, config: TrainingConfig) -> EngineName:
        if self.default == "numpy":
            return "numpy"
        async with self._one_at_a_time:
            try:
                await self._compile(config)
                self._forwards[form_of(config)] = await asyncio.to_thread(_load, config)
            except Exception:
                log_id = secrets.token_hex(4)
                logger.exception("%s: the engine could not be compiled for %s", log_id, config)
                self._trouble = Text(
                    "The engine could not be compiled, so the numpy engine computes, a hundred times slower; "
                    "the server's log tells more under {log_id}.",
                    log_id=log_id,
                )
                return "numpy"
        return "compiled"

    async def _compile(self, config: TrainingConfig) -> None:
        child = await asyncio.create_subprocess_exec(
            *COMMAND,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            _, complaint = await child.communicate(json.dumps(config.to_dict()).encode())
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
        if child.returncode != 0:
            raise RuntimeError(f"the compiling process ended with {child.returncode}: {complaint.decode()[-2000:]}")

    async def close(self) -> None:
        """Stop compiling; for the server's end."""
        for task in self._prepared.values():
            task.cancel()
        await asyncio.gather(*self._prepared.values(), return_exceptions=True)


def _load(config: TrainingConfig) -> Forward | None:
    """Bring what the child compiled from the cache into this process."""
    from rnn_core.kernels.warm import warm  # noqa: PLC0415 (imports Numba, which is why this runs in a thread)

    return warm(config)
