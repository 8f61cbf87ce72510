import subprocess
import sys

import pytest

from rnn_core.engines.room import MEGABYTE, too_little_memory

resource = pytest.importorskip("resource")


def in_a_process_with(megabytes: int | str, code: str) -> str:
    command = ["sh", "-c", f'ulimit -v {megabytes} && exec "$@"', "sh", sys.executable, "-W", "ignore", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_without_a_limit_there_is_room_for_everything() -> None:
    code = "from rnn_core.engines.room import *; print(room(), too_little_memory(2**60))"
    assert in_a_process_with("unlimited", code) == "None None"


def test_the_room_is_what_the_limit_leaves() -> None:
    code = f"from rnn_core.engines.room import *; a = room(); b = bytearray({64 * MEGABYTE}); print(a, room())"
    before, after = map(int, in_a_process_with(900_000, code).split())
    assert 0 < after <= before - 64 * MEGABYTE < before < 900_000 * 1024


def test_where_there_is_too_little_for_the_compiler_the_reference_computes() -> None:
    code = "from rnn_core import Trainer; t = Trainer(); t.advance(5); print(t.engine, t.iteration)"
    assert in_a_process_with(500_000, code) == "numpy 5"


def test_it_is_said_how_much_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnn_core.engines.room.room", lambda: 100 * MEGABYTE)
    assert too_little_memory(100 * MEGABYTE) is None
    assert too_little_memory(101 * MEGABYTE) == (
        "The compiled engine needs 101 MB of memory, and this process may take only 100 MB more"
    )
