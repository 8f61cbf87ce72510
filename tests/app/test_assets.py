"""What the browser gets of the page's scripts and styles."""

import os
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.assets import Assets
from app.paths import STATIC

FILES = [str(file.relative_to(STATIC)) for file in STATIC.rglob("*") if file.suffix in (".js", ".css")]


def client_of(folder: Path) -> TestClient:
    app = FastAPI()
    app.mount("/static", Assets(directory=folder))
    return TestClient(app)


def test_scripts_and_styles_stay_below_150_kb() -> None:
    client = client_of(STATIC)
    sizes = {name: len(client.get(f"/static/{name}").raise_for_status().content) for name in FILES}
    assert len(sizes) > 30
    assert sum(sizes.values()) < 150_000, f"{sum(sizes.values())} bytes: {sizes}"


def test_it_is_the_same_script_without_comments_and_long_local_names(tmp_path: Path) -> None:
    (tmp_path / "x.js").write_text(
        "/** What it does. */\nexport function twice(number) {\n  return 2 * number; // why\n}\n", encoding="utf-8"
    )
    answer = client_of(tmp_path).get("/static/x.js")
    assert (answer.text, answer.headers["content-type"]) == (
        "export function twice(e){return 2*e}",
        "text/javascript; charset=utf-8",
    )


def test_a_changed_file_is_sent_anew_and_an_unchanged_one_not_again(tmp_path: Path) -> None:
    file, client = tmp_path / "x.css", client_of(tmp_path)
    file.write_text("a { color: red }", encoding="utf-8")
    os.utime(file, (1, 1))
    first = client.get("/static/x.css")
    again = client.get("/static/x.css", headers={"If-None-Match": first.headers["etag"]})
    assert (first.text, again.status_code, again.text) == ("a{color:red}", 304, "")
    file.write_text("a { color: blue }", encoding="utf-8")
    os.utime(file, (2, 2))
    anew = client.get("/static/x.css", headers={"If-None-Match": first.headers["etag"]})
    assert (anew.status_code, anew.text) == (200, "a{color:blue}")


def test_what_others_wrote_is_sent_as_they_made_it() -> None:
    assert client_of(STATIC).get("/static/vendor/uPlot.js").content == (STATIC / "vendor/uPlot.js").read_bytes()


def test_what_cannot_be_minified_is_sent_as_it_is(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "x.js").write_text("let = = ;", encoding="utf-8")
    assert client_of(tmp_path).get("/static/x.js").text == "let = = ;"
    assert "x.js is sent as it is" in caplog.text
