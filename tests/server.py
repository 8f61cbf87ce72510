"""A real server for tests: a process of its own, on a port of its own."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.patience import PATIENCE
from tests.ports import own_port

ROOT = Path(__file__).parent.parent


@dataclass
class RunningServer:
    """A server that answers.

    Attributes:
        process: the server's.
        url: its address, without a slash at the end.
        port: its port.
    """

    process: subprocess.Popen[str]
    url: str
    port: int


@contextmanager
def run_server(*arguments: str, port: int | None = None, **environment: str) -> Iterator[RunningServer]:
    """Serve as a user would, wait for the printed address, and end the server with SIGTERM.

    Runs are not stored, unless a folder is named for them.
    """
    if "--data-dir" not in arguments and "RNN_ADDER_DATA_DIR" not in environment:
        environment["RNN_ADDER_STORE"] = "false"
    command = [sys.executable, "-m", "rnn_adder", "serve", "--port", str(port or own_port()), *arguments]
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        match = re.search(r"(http://\S+):(\d+)/", line)
        assert match, f"no address: {line!r} {process.stderr.read() if process.poll() is not None else ''}"
        yield RunningServer(process, f"{match[1]}:{match[2]}", int(match[2]))
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
