"""Moments as texts, for the log and for the record of commands."""

from datetime import UTC, datetime


def utc(seconds: float) -> str:
    """Seconds since 1970 as ISO 8601 in UTC, to the millisecond: `2026-01-31T12:00:00.125Z`."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
