"""The log on standard error: the server's own lines and uvicorn's, all in one form, with time and level. A line is a
text for people or, if the settings say so, a JSON object for programs.
"""

import json
import logging
import re
import sys
from typing import Any, Literal
from urllib.parse import unquote_plus

from .moments import utc
from .request_ids import current

OURS = ("uvicorn", __name__.partition(".")[0])
"""The loggers whose level people set. Those of libraries tell only warnings: at `debug` they would tell too much."""

HIDDEN = "(hidden)"
"""What stands in the log in the place of a secret."""

_QUERY = re.compile(r"\?[^\s\"'<>]+")
_HEADER = re.compile(r"^([<>] (?:proxy-)?(?:authorization|cookie|set-cookie): ).*", re.IGNORECASE | re.DOTALL)
"""A header as the log of sockets writes it at `debug`."""

_BEARER = re.compile(r"\b(bearer|basic) +[\w.~+/=-]+", re.IGNORECASE)

ACCESS = "uvicorn.access"
ACCESS_FIELDS = ("client", "method", "path", "http_version", "status")
"""What a line of uvicorn's log of requests consists of."""


def without_secrets(text: str) -> str:
    """A text of the log without tokens: neither in a query, nor in a header."""
    text = _QUERY.sub(lambda query: f"?{HIDDEN}" if "token" in unquote_plus(query[0]).lower() else query[0], text)
    return _BEARER.sub(rf"\1 {HIDDEN}", _HEADER.sub(rf"\g<1>{HIDDEN}", text))


class Lines(logging.Formatter):
    """One form for all lines: time (UTC, ISO 8601), level, message, and the id of the request if there is one."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (the library's name)
        """A line such as `2026-01-31T12:00:00.123Z WARNING the disk is full [5f2b...]`."""
        request = current()
        message = without_secrets(record.message)
        return f"{utc(record.created)} {record.levelname} {message}{f' [{request}]' if request else ''}"

    def formatException(self, ei: Any) -> str:  # noqa: N802
        """The traceback."""
        return without_secrets(super().formatException(ei))


class JsonLines(logging.Formatter):
    """The same as JSON objects: `time`, `level`, `event` and, where there are any, `request_id`, `fields` and
    `exception`. The event is a short name, if the line has one, and then `message` holds its words; else it is the
    words.
    """

    def format(self, record: logging.LogRecord) -> str:
        """A line such as `{"time": "2026-01-31T12:00:00.123Z", "level": "warning", "event": "the disk is full"}`."""
        words = without_secrets(record.getMessage())
        line: dict[str, Any] = {"time": utc(record.created), "level": record.levelname.lower(), "event": words}
        fields = getattr(record, "fields", None)
        if record.name == ACCESS and isinstance(record.args, tuple) and len(record.args) == len(ACCESS_FIELDS):
            line["event"], fields = "request", dict(zip(ACCESS_FIELDS, record.args, strict=True))
        elif event := getattr(record, "event", None):
            line |= {"event": event, "message": words}
        if request := current():
            line["request_id"] = request
        if fields:
            line["fields"] = {
                name: without_secrets(value) if isinstance(value, str) else value for name, value in fields.items()
            }
        if record.exc_info:
            line["exception"] = without_secrets(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)


def write_log(level: str, form: Literal["text", "json"] = "text") -> None:
    """From now on, write the log to standard error, in this form. `level` is that of the least important lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else Lines())
    logging.basicConfig(handlers=[handler], level=max(logging.WARNING, logging.getLevelNamesMapping()[level.upper()]))
    for name in OURS:
        logging.getLogger(name).setLevel(level.upper())
