"""Begins servers for tests: as people do, or by a fork of a process that has loaded the lab.

Loading takes a second of processor time, of which a server that is ready takes a tenth, and tests begin some hundred of
them. A fork is a process of its own in everything else: it gets the same arguments and environment, writes to files of
its own, is signalled, killed, and ends with the same status.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parent.parent
COMMAND = (sys.executable, "-m", "rnn_adder")

LOADED = (
    *("rnn_adder.cli", "rnn_adder.main", "rnn_adder.server"),
    *("rnn_adder.storage.opening", "rnn_adder.storage.upgrading", "uvicorn.lifespan.on"),
)
"""What a server loads before it answers, without the compiler."""

OURS = ("RNN_ADDER_", "PYTEST_", "NO_PROXY", "no_proxy")
"""The beginnings of names of the environment that nothing reads while it is loaded."""


class Forked:
    """A server in a fork, with what tests use of `subprocess.Popen`.

    Attributes:
        pid: of the process.
        stdout: what it prints.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        errors: IO[str],
        first: Callable[[], None] | None = None,
    ) -> None:
        """Call `rnn-adder` with these arguments, after `first`; its standard error goes to the file `errors`."""
        reader, writer = multiprocessing.Pipe(duplex=False)
        with reader, writer, Connection(os.dup(errors.fileno()), readable=False) as log:
            self._process = _forks().Process(
                target=_become, args=(list(arguments), dict(environment), writer, log, first), daemon=True
            )
            self._process.start()
            self.stdout: IO[str] = os.fdopen(os.dup(reader.fileno()))
        assert self._process.pid is not None
        self.pid = self._process.pid

    def poll(self) -> int | None:
        """The exit status; minus the number of the signal that killed it; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the exit status.

        Raises:
            subprocess.TimeoutExpired: it still runs.
        """
        self._process.join(timeout)
        status = self.poll()
        if status is None:
            raise subprocess.TimeoutExpired("rnn-adder", timeout or 0.0)
        return status

    def send_signal(self, number: int) -> None:
        """Signal the process, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


Process = subprocess.Popen[str] | Forked


def can_fork(environment: Mapping[str, str]) -> bool:
    """Whether a fork would find what it has loaded as if it had just been loaded: whatever it was told then is told
    again.
    """
    return sys.platform == "linux" and _foreign(environment) == _foreign(os.environ) == _at_first()


def begin(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    errors: IO[str],
    first: Callable[[], None] | None = None,
) -> Process:
    """Call `rnn-adder` with these arguments in the project's folder, in a fork if that makes no difference. Its
    standard error goes to the file `errors`. A fork calls `first` before; elsewhere nobody does.
    """
    if can_fork(environment):
        return Forked(arguments, environment, errors, first)
    return begin_command([*COMMAND, *arguments], environment, errors, ROOT)


def begin_command(
    command: Sequence[str], environment: Mapping[str, str], errors: IO[str], folder: Path
) -> "subprocess.Popen[str]":
    """Begin a program whose first line says the address."""
    return subprocess.Popen(
        command, cwd=folder, env=dict(environment), stdout=subprocess.PIPE, stderr=errors, text=True
    )


def _foreign(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not name.startswith(OURS)}


@cache
def _at_first() -> dict[str, str]:
    """What stood in the environment when the process that is forked began."""
    return _foreign(os.environ)


@cache
def _forks() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*LOADED, __name__])
    return context


def _become(
    arguments: list[str],
    environment: dict[str, str],
    output: Connection,
    errors: Connection,
    first: Callable[[], None] | None,
) -> None:
    """Be the server, in the fork."""
    for number, connection in ((1, output), (2, errors)):
        os.dup2(connection.fileno(), number)
        connection.close()
    sys.stdout = os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace", closefd=False)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["rnn-adder", *arguments]
    if first is not None:
        first()
    import_module("rnn_adder.cli").main()
