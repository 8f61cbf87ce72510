"""Settings from the environment: what is not understood is told, with what is allowed."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from app.cli import app
from app.config import Settings

NAMES = 'it must be names with commas between, as in a.example,b.example, or a JSON array, as in ["a.example"].'


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("port", "eighty", 'RNN_ADDER_PORT is "eighty": it must be a whole number.'),
        ("port", "70000", 'RNN_ADDER_PORT is "70000": it must be less than or equal to 65535.'),
        ("store", "perhaps", 'RNN_ADDER_STORE is "perhaps": it must be true or false.'),
        ("send_deadline", "soon", 'RNN_ADDER_SEND_DEADLINE is "soon": it must be a number.'),
        ("store_budget", "5 apples", "it must be a number of bytes, or one with a unit, as in 500MB."),
        ("log_level", "loud", "it must be 'critical', 'error', 'warning', 'info' or 'debug'."),
        ("allowed_hosts", '["a.example"', NAMES),
        ("allowed_hosts", "[a.example]", NAMES),
        ("trusted_proxies", "[10, 11]", NAMES),
    ],
)
def test_what_is_not_understood_is_told_with_what_is_allowed(name: str, text: str, told: str) -> None:
    done = CliRunner().invoke(
        app, ["serve", "--port", "0"] if name != "port" else ["serve"], env={f"RNN_ADDER_{name.upper()}": text}
    )
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"rnn-adder: RNN_ADDER_{name.upper()} is ")
    assert done.stderr.endswith(f"{told}\n")


def test_what_is_given_goes_before_the_environment_and_that_before_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RNN_ADDER_PORT", "9001")
    monkeypatch.setenv("rnn_adder_max_viewers", "7")
    monkeypatch.setenv("RNN_ADDER_STORE_BUDGET", "500MB")
    monkeypatch.setenv("RNN_ADDER_DATA_DIR", "/somewhere")
    found = Settings()
    assert (found.port, found.max_viewers, found.store_budget) == (9001, 7, 500_000_000)
    assert (found.data_dir, found.send_deadline) == (Path("/somewhere"), 10.0)
    assert Settings(port=9002).port == 9002
    with pytest.raises(ValidationError, match="frozen"):
        found.port = 1  # type: ignore[misc]
    with pytest.raises(ValidationError, match="no_such"):
        Settings(no_such=1)


@pytest.mark.parametrize("text", ["[]", " [ ] ", ""])
def test_an_empty_list_is_one(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("RNN_ADDER_ALLOWED_HOSTS", text)
    assert Settings().allowed_hosts == []
