"""A real server for tests: a process of its own, on a port of its own."""

import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.patience import PATIENCE
from tests.ports import own_port
from tests.starting import Process, begin

ROOT = Path(__file__).parent.parent


@dataclass
class RunningServer:
    """A server that answers.

    Attributes:
        process: the server's.
        url: its address, without a slash at the end.
        port: its port.
    """

    process: Process
    url: str
    port: int


@contextmanager
def run_server(
    *arguments: str, port: int | None = None, first: Callable[[], None] | None = None, **environment: str
) -> Iterator[RunningServer]:
    """Serve as a user would, wait for the printed address, and end the server with SIGTERM. What `first` changes in the
    server's process, it changes where processes can be forked.

    Runs are not stored, unless a folder is named for them.
    """
    if "--data-dir" not in arguments and "RNN_ADDER_DATA_DIR" not in environment:
        environment["RNN_ADDER_STORE"] = "false"
    arguments = ("serve", "--port", str(port or own_port()), *arguments)
    chosen = {**os.environ, **environment}
    with tempfile.TemporaryFile("w+") as log:
        process = begin(arguments, chosen, log, first)
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            match = re.search(r"(http://\S+):(\d+)/", line)
            log.seek(0)
            assert match, f"no address: {line!r} {log.read()}"
            yield RunningServer(process, f"{match[1]}:{match[2]}", int(match[2]))
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            assert process.stdout is not None
            process.stdout.close()
