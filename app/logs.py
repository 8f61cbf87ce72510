"""The log on standard error: the server's own lines and uvicorn's, all in one form, with time and level."""

import logging
import re
import sys
from datetime import UTC, datetime

from .request_ids import current

OURS = ("uvicorn", __name__.partition(".")[0])
"""The loggers whose level people set. Those of libraries tell only warnings: at `debug` they would tell too much."""


TOKEN = re.compile(r"([?&]token=)[^&\s\"']+")
"""The presenter's token in an address. It is never written."""


class Lines(logging.Formatter):
    """One form for all lines: time (UTC, ISO 8601), level, message, and the id of the request if there is one."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (the library's name)
        """A line such as `2026-01-31T12:00:00.123Z WARNING the disk is full [5f2b...]`."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        request, message = current(), TOKEN.sub(r"\1...", record.message)
        return f"{time} {record.levelname} {message}{f' [{request}]' if request else ''}"


def write_log(level: str) -> None:
    """From now on, write the log to standard error. `level` is the name of the least important level to write."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    logging.basicConfig(handlers=[handler], level=max(logging.WARNING, logging.getLevelNamesMapping()[level.upper()]))
    for name in OURS:
        logging.getLogger(name).setLevel(level.upper())
