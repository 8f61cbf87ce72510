"""The record of who did what: what counts as one line, what is kept, and what survives."""

import json
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.services import audit
from app.services.audit import KEPT, TOGETHER_SECONDS, Audit

NOON = 1_769_860_800.125


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def opened(file: Path) -> AsyncIterator[Audit]:
    record = Audit(file, Clock())
    await record.open()
    try:
        yield record
    finally:
        await record.close()


def told(record: Audit) -> list[str]:
    return [f"{line.actor} {line.command} {line.run} x{line.times}" for line in record.latest()]


def test_a_line_says_who_did_what_when_and_what_came_of_it() -> None:
    record = Audit(None, Clock())
    record.note("local", "reset", "main", 200, {"edits", "config"})
    record.note("192.0.2.7", "delete", "main", 409)
    record.note("192.0.2.7", "start", "main", 500)
    failed, refused, done = record.latest()
    assert done.model_dump() == {
        "number": 1,
        "time": "2026-01-31T12:00:00.125Z",
        "until": "2026-01-31T12:00:00.125Z",
        "times": 1,
        "actor": "local",
        "command": "reset",
        "run": "main",
        "given": ["config", "edits"],
        "result": "done",
        "status": 200,
    }
    assert (refused.actor, refused.result, refused.status) == ("192.0.2.7", "refused", 409)
    assert failed.result == "failed"
    assert record.latest(1) == [failed]


def test_the_same_command_in_a_row_is_one_line_with_both_times() -> None:
    clock = Clock()
    record = Audit(None, clock)
    for _ in range(3):
        record.note("a", "step", "main", 200, ["iterations"])
        clock.now += 1.0
    (line,) = record.latest()
    assert (line.times, line.time, line.until) == (3, "2026-01-31T12:00:00.125Z", "2026-01-31T12:00:02.125Z")
    clock.now += TOGETHER_SECONDS
    record.note("a", "step", "main", 200, ["iterations"])
    assert told(record) == ["a step main x1", "a step main x3"]


@pytest.mark.parametrize(
    "other",
    [("b", "start", "main", 200), ("a", "pause", "main", 200), ("a", "start", "x", 200), ("a", "start", "main", 403)],
)
def test_another_command_is_another_line(other: tuple[str, str, str, int]) -> None:
    record = Audit(None, Clock())
    record.note("a", "start", "main", 200)
    record.note(*other)
    assert len(record.latest()) == 2


def test_a_command_of_another_actor_in_between_does_not_part_a_line() -> None:
    record = Audit(None, Clock())
    for _ in range(5):
        record.note("a", "start", "main", 200)
        record.note("b", "pause", "main", 200)
    assert sorted(told(record)) == ["a start main x5", "b pause main x5"]


def test_one_actor_pushes_out_nothing_of_another() -> None:
    record = Audit(None, Clock())
    record.note("quiet", "delete", "run-7", 204)
    for number in range(3 * KEPT):
        record.note("loud", "start", f"run-{number}", 404)
    lines = record.latest()
    assert len(lines) == KEPT
    assert lines[-1].actor == "quiet"
    assert lines[0].run == f"run-{3 * KEPT - 1}"


def test_any_number_of_actors_is_bounded() -> None:
    record = Audit(None, Clock())
    for number in range(3 * KEPT):
        record.note(f"actor {number}", "start", "main", 403)
    assert len(record.latest()) == KEPT
    assert len(record._lines) == len(record._latest_at) == KEPT


async def test_lines_are_there_after_a_restart_and_go_on_being_counted(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    async with opened(file) as record:
        record.note("a", "start", "main", 200)
        record.note("a", "start", "main", 200)
        record.note("b", "reset", "main", 200)
        before = record.latest()
    async with opened(file) as record:
        assert record.latest() == before
        record.note("b", "reset", "main", 200)
        assert [line.number for line in record.latest()] == [3, 2, 1]
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("rest", [b'{"number": 3, "ti', b"\xff\xfe\x00 nonsense\n", b'{"number": 9}\n\n[]\n'])
async def test_what_is_damaged_is_left_out_and_written_anew(tmp_path: Path, rest: bytes) -> None:
    file = tmp_path / "audit.jsonl"
    async with opened(file) as record:
        record.note("a", "start", "main", 200)
        record.note("b", "reset", "main", 200)
    with file.open("ab") as broken:
        broken.write(rest)
    async with opened(file) as record:
        assert sorted(told(record)) == ["a start main x1", "b reset main x1"]
        record.note("c", "pause", "main", 200)
    rows = [json.loads(row) for row in file.read_text(encoding="utf-8").splitlines()]
    assert [row["actor"] for row in rows] == ["a", "b", "c"]


async def test_the_file_stays_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "KEPT", 10)
    monkeypatch.setattr(audit, "MOST_ROWS", 20)
    file = tmp_path / "audit.jsonl"
    for number in range(50):
        async with opened(file) as record:
            record.note("a", "start", f"run-{number}", 200)
            record.note("b", "start", f"run-{number}", 200)
        assert len(file.read_text(encoding="utf-8").splitlines()) <= 20
    async with opened(file) as record:
        assert sorted(line.run or "" for line in record.latest()) == sorted(2 * [f"run-{n}" for n in range(45, 50)])


async def test_what_can_not_be_written_is_kept_and_written_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "gone" / "audit.jsonl"
    async with opened(file) as record:
        record.note("a", "start", "main", 200)
        await record._write()
        await record._write()
        assert caplog.text.count("who did what can't be written to") == 1
        assert told(record) == ["a start main x1"]
        file.parent.mkdir()
        record.note("b", "pause", "main", 200)
    async with opened(file) as record:
        assert sorted(told(record)) == ["a start main x1", "b pause main x1"]


async def test_a_file_that_can_not_be_read_stops_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "audit.jsonl"
    file.mkdir()
    async with opened(file) as record:
        record.note("a", "start", "main", 200)
        assert told(record) == ["a start main x1"]
    assert "who did what can't be read from" in caplog.text
