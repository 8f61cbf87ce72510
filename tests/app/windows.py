"""Runs the command line with what Windows lacks taken away: `python -m tests.app.windows serve ...`.

What comes from elsewhere is imported before, since it would look for the modules of a real Windows. The engine has to
be numpy for the same reason.
"""

import asyncio
import importlib
import os
import signal
import socket
import sys
from importlib.abc import MetaPathFinder
from typing import Any

LIBRARIES = (
    *(
        "alembic.command",
        "click.testing",
        "filelock",
        "httptools",
        "jinja2",
        "numpy",
        "platformdirs",
        "pydantic",
    ),
    *(
        "safetensors.numpy",
        "sqlalchemy.dialects.sqlite",
        "tempfile",
    ),
    *("uvicorn.lifespan.on", "uvicorn.protocols.http.httptools_impl", "websockets.frames", "uuid", "sqlite3", "minify"),
    *("uvicorn.protocols.websockets.websockets_sansio_impl", "email.parser", "multiprocessing"),
)

MODULES = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "termios", "tty", "uvloop"}
"""Modules that Windows does not have."""

FUNCTIONS = {
    *(
        "fork",
        "getegid",
        "geteuid",
        "getgid",
        "getloadavg",
        "getpgid",
        "getpriority",
        "getuid",
        "killpg",
        "mkfifo",
        "nice",
    ),
    *(
        "setpriority",
        "setsid",
        "sync",
        "sysconf",
        "SCHED_BATCH",
        "SCHED_IDLE",
        "SCHED_RESET_ON_FORK",
        "sched_getaffinity",
    ),
    *("sched_getscheduler", "sched_param", "sched_setaffinity", "sched_setscheduler", "sched_yield"),
}
"""Names of the module os that it does not have."""

SIGNALS = ("SIGALRM", "SIGCHLD", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGUSR1", "SIGUSR2")


class Missing(MetaPathFinder):
    """Finds none of `MODULES`."""

    def find_spec(self, name: str, *_: Any) -> None:
        if name in MODULES:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def refuse(*_: Any) -> None:
    raise NotImplementedError


def pretend() -> None:
    """Take away what Windows lacks."""
    for name in LIBRARIES:
        try:
            importlib.import_module(name)
        except ModuleNotFoundError:
            continue
    for name in MODULES:
        sys.modules.pop(name, None)
    sys.meta_path.insert(0, Missing())
    for name in FUNCTIONS:
        if hasattr(os, name):
            delattr(os, name)
    for name in SIGNALS:
        delattr(signal, name)
    loop: Any = asyncio.SelectorEventLoop
    loop.add_signal_handler = loop.remove_signal_handler = refuse
    socket.SO_EXCLUSIVEADDRUSE = socket.SO_KEEPALIVE  # type: ignore[attr-defined]  # any option that Linux has
    sys.platform = "win32"


if __name__ == "__main__":
    assert not {name.partition(".")[0] for name in sys.modules} & {"app", "rnn_core"}
    pretend()
    for part in ("app.main", "app.cli", "app.sweep_command", "rnn_core", "benchmarks.siege", "benchmarks.attacks"):
        importlib.import_module(part)
    importlib.import_module("app.cli").main()
