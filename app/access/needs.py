"""What each call needs: who may do it. The one place that says so; SECURITY.md has the same as a table."""

from enum import Enum


class Need(Enum):
    """Who may make a call. The values are the words of the table in SECURITY.md."""

    WATCH = "everybody"
    COPY = "presenter; visitor: a copy of their own"
    COMMAND = "presenter; visitor: their own copies"
    PRESENT = "presenter"


NEEDS = {
    "POST /predict": Need.WATCH,
    "POST /api/config": Need.WATCH,
    "POST /api/runs": Need.COPY,
    "PATCH /api/runs/{run_id}": Need.COMMAND,
    "DELETE /api/runs/{run_id}": Need.COMMAND,
    "POST /api/runs/{run_id}/start": Need.COMMAND,
    "POST /api/runs/{run_id}/pause": Need.COMMAND,
    "POST /api/runs/{run_id}/step": Need.COMMAND,
    "POST /api/runs/{run_id}/reset": Need.COMMAND,
    "POST /api/runs/{run_id}/reset/undo": Need.COMMAND,
    "POST /api/runs/{run_id}/restore": Need.COMMAND,
    "POST /api/runs/{run_id}/proof": Need.COMMAND,
    "DELETE /api/runs/{run_id}/proof": Need.COMMAND,
    "POST /api/runs/import": Need.PRESENT,
    "GET /metrics": Need.PRESENT,
    "GET /api/class": Need.PRESENT,
    "GET /api/audit": Need.PRESENT,
}
"""What is not as `need_of` has it for its method."""

SOCKET_NEEDS = {
    **dict.fromkeys(("start", "pause", "step", "reset", "speed"), Need.COMMAND),
    "show": Need.PRESENT,
}
"""The same for the messages that a client sends over the socket."""


def need_of(method: str, path: str) -> Need:
    """What a call needs. Unless `NEEDS` says otherwise, everybody may read, and only the presenter may do more."""
    reads = method in ("GET", "HEAD", "OPTIONS")
    return NEEDS.get(f"{method} {path}", Need.WATCH if reads else Need.PRESENT)
