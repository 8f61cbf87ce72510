"""The token and the cookies: what proves who somebody is, and what does not."""

import json
import stat
import sys
import time
from pathlib import Path

import pytest

from app.access.keys import FILE, LIFETIME, KeyFile, Keys


def test_a_token_is_itself_and_nothing_else(tmp_path: Path) -> None:
    keys = Keys.new()
    assert keys.is_token(keys.token)
    for other in ("", keys.token[:-1], f"{keys.token}x", keys.token.swapcase(), keys.key, "\xff", "é" * 32):
        assert not keys.is_token(other), other
    assert Keys.new().token != keys.token
    assert len(keys.token) >= 32


def test_cookies_prove_who_somebody_is_and_forged_ones_nothing() -> None:
    keys, others = Keys.new(), Keys.new()
    visitor, presenter = keys.visitors("0123456789abcdef"), keys.presenters()
    assert keys.visitor_of(visitor) == "0123456789abcdef"
    assert keys.is_presenters(presenter)
    for forged in ("", "presenter", visitor[:-1], f"x{visitor}", others.visitors("0123456789abcdef"), "é.é.é", "a.b.c"):
        assert keys.visitor_of(forged) is None, forged
        assert not keys.is_presenters(forged), forged
    assert not keys.is_presenters(visitor)
    assert not keys.is_presenters(keys.visitors("presenter")), "a visitor can't be called so and be it"
    assert keys.visitor_of(presenter) is None
    assert not others.is_presenters(presenter)


def test_cookies_end_after_thirty_days(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = Keys.new()
    visitor, presenter = keys.visitors("ada"), keys.presenters()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + LIFETIME - 60)
    assert keys.visitor_of(visitor) == "ada"
    assert keys.is_presenters(presenter)
    monkeypatch.setattr(time, "time", lambda: now + LIFETIME + 60)
    assert keys.visitor_of(visitor) is None
    assert not keys.is_presenters(presenter)


def test_a_new_token_ends_the_cookies_of_presenters_and_not_those_of_visitors() -> None:
    keys = Keys.new()
    renewed = keys.renewed()
    assert renewed.cookie == keys.cookie
    assert renewed.visitor_of(keys.visitors("ada")) == "ada"
    assert not renewed.is_presenters(keys.presenters())
    assert not renewed.is_token(keys.token)


def test_keys_do_not_show_what_they_are() -> None:
    keys = Keys.new()
    assert not any(secret in f"{keys} {keys!r} {[keys]}" for secret in (keys.token, keys.key))


def test_a_file_keeps_them_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "not yet there"
    keys = KeyFile(folder).keys()
    assert KeyFile(folder).keys() == keys
    if sys.platform != "win32":
        assert stat.S_IMODE((folder / FILE).stat().st_mode) == 0o600
    renewed = KeyFile(folder).renew()
    assert (renewed.key, renewed.token == keys.token) == (keys.key, False)
    assert KeyFile(folder).read() == renewed


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"token": "x"}', '{"token": 1, "key": 2}', '{"token": "", "key": "k"}']
)
def test_a_file_that_makes_no_sense_is_written_anew(
    tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    file = KeyFile(tmp_path)
    file.file.write_text(text, encoding="utf-8")
    assert file.read() is None
    keys = file.keys()
    assert json.loads(file.file.read_text(encoding="utf-8")) == {"token": keys.token, "key": keys.key}
    assert [record.getMessage() for record in caplog.records] == [
        f"{file.file} makes no sense and is written anew: all links and cookies are new"
    ]
