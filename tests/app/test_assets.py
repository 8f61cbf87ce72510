"""The page's scripts and styles as the browser gets them."""

import gzip
import os
import posixpath
import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.assets import Assets, modules_of, shrunk
from app.config import Settings
from app.main import create_app
from app.paths import STATIC


def client_of(folder: Path) -> TestClient:
    app = FastAPI()
    app.mount("/static", Assets(directory=folder))
    return TestClient(app)


LINKED = re.compile(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"')
IMPORTED = re.compile(r'(?:from|import)"(\.[^"]+)"')


def loaded(client: TestClient, page: str) -> dict[str, int]:
    """What a page loads of scripts and styles, those included that others import, and the bytes of each as they travel
    where the way compresses: what stands in the sources for their readers costs nothing.
    """
    sizes: dict[str, int] = {}
    wanted = LINKED.findall(client.get(page).text)
    while wanted:
        name = wanted.pop()
        if name not in sizes:
            answer = client.get(name).raise_for_status()
            sizes[name] = len(gzip.compress(answer.content))
            if name.endswith(".js"):
                wanted += [
                    posixpath.normpath(f"{posixpath.dirname(name)}/{path}") for path in IMPORTED.findall(answer.text)
                ]
    return sizes


@pytest.mark.parametrize(
    ("page", "least", "most"), [("/", 40, 76_000), ("/runs", 12, 20_000), ("/compare", 12, 45_000)]
)
def test_what_travels_of_scripts_and_styles_stays_within_the_budget_of_a_page(page: str, least: int, most: int) -> None:
    with TestClient(create_app(Settings(store=False, engine="numpy")), base_url="http://127.0.0.1") as client:
        sizes = loaded(client, page)
    assert len(sizes) > least
    assert sum(sizes.values()) < most, f"{sum(sizes.values())} bytes: {sizes}"


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


def test_style_sheets_come_joined_each_once_in_the_order_asked_for(tmp_path: Path) -> None:
    for name, color in [("a", "red"), ("b", "blue")]:
        (tmp_path / f"{name}.css").write_text(f"{name} {{ color: {color} }}", encoding="utf-8")
    client = client_of(tmp_path)
    answer = client.get("/static/b+a+b.css")
    assert (answer.text, answer.headers["content-type"]) == (
        "b{color:blue}a{color:red}",
        "text/css; charset=utf-8",
    )
    tagged = {"If-None-Match": answer.headers["etag"]}
    again = client.get("/static/b+a+b.css", headers=tagged)
    assert (again.status_code, again.text, again.headers["etag"]) == (304, "", answer.headers["etag"])
    (tmp_path / "a.css").write_text("a { color: green }", encoding="utf-8")
    os.utime(tmp_path / "a.css", (2, 2))
    anew = client.get("/static/b+a+b.css", headers=tagged)
    assert (anew.status_code, anew.text) == (200, "b{color:blue}a{color:green}")
    assert client.get("/static/b+missing.css").status_code == 404
    assert client.get("/static/..+a.css").status_code == 404
    assert client.post("/static/a+b.css").status_code == 405


@pytest.mark.parametrize("name", ["x.css", "x+x.css"])
def test_two_versions_are_told_apart_though_they_are_as_old_and_as_long(tmp_path: Path, name: str) -> None:
    file = tmp_path / "x.css"
    tags = []
    for color in ("red", "tan"):
        file.write_text(f"a {{ color: {color} }}", encoding="utf-8")
        os.utime(file, (1, 1))
        shrunk.cache_clear()  # as another version's server begins
        tags.append(client_of(tmp_path).get(f"/static/{name}").headers["etag"])
    anew = client_of(tmp_path).get(f"/static/{name}", headers={"If-None-Match": tags[0]})
    assert (anew.status_code, anew.headers["etag"]) == (200, tags[1])


def test_what_others_wrote_still_names_where_it_is_from() -> None:
    sent, file = client_of(STATIC).get("/static/vendor/uPlot.js").text, STATIC / "vendor" / "uPlot.js"
    assert sent.startswith(file.read_text(encoding="utf-8").partition("\n")[0])
    assert len(sent) < file.stat().st_size


def test_what_cannot_be_minified_is_sent_as_it_is(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "x.js").write_text("let = = ;", encoding="utf-8")
    assert client_of(tmp_path).get("/static/x.js").text == "let = = ;"
    assert "x.js is sent as it is" in caplog.text


@pytest.mark.parametrize("entry", ["main.js", "runs.js", "compare.js"])
def test_a_page_names_every_module_that_it_will_load(entry: str) -> None:
    modules = modules_of(entry)
    assert len(modules) == len(set(modules)) > 10
    assert all((STATIC / module).is_file() for module in modules)
    page = {"main.js": "/", "runs.js": "/runs", "compare.js": "/compare"}[entry]
    with TestClient(create_app(Settings(store=False, engine="numpy")), base_url="http://127.0.0.1") as client:
        sizes = loaded(client, page)
        text = client.get(page).text
    scripts = {name.removeprefix("/static/") for name in sizes if name.endswith(".js")} - {entry}
    assert scripts == set(modules)
    assert re.findall(r'<link rel="modulepreload" fetchpriority="low" href="/static/([^"]+)">', text) == modules
