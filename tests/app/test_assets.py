"""The page's scripts and styles as a browser gets them."""

import gzip
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.assets import SUFFIXES, Assets, PageFiles, modules_of, native_files
from app.built import FOLDER, MANIFEST, Files, built_pages, manifest_of
from app.config import Settings
from app.main import create_app
from app.paths import STATIC

PAGES = {
    "main": "/",
    "runs": "/runs",
    "compare": "/compare",
    "sweeps": "/sweeps",
    "lost": "/runs/nobody",
    "docs": "/docs",
}

PLAIN = {"styles/reference.css", "vendor/swagger-ui.css", "vendor/swagger-ui-bundle.js"}
"""What no page has bundled: what shows the documentation."""

FOR_EVER = "public, max-age=31536000, immutable"


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(store=False, engine="numpy")), base_url="http://127.0.0.1") as client:
        del client.headers["accept-encoding"]
        yield client


@pytest.fixture(scope="module")
def built() -> dict[str, Files]:
    pages = built_pages()
    assert pages is not None, "the page is not built from these sources: run scripts/setup"
    return dict(pages)


def named(files: Files) -> list[str]:
    return [name for name in (files.script, files.style, files.early, *files.preloads) if name]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_its_built_files_by_their_content(client: TestClient, built: dict[str, Files], page: str) -> None:
    text = client.get(PAGES[page]).text
    asked = re.findall(r'(?:href|src)="(?:\.\./)*static/([^"]+)"', text)
    asked = [name for name in asked if name not in PLAIN]
    assert sorted(asked) == sorted(named(built[page]))
    assert all(re.fullmatch(rf"{FOLDER}/\w+-[A-Z0-9]{{8}}\.(js|css)", name) for name in asked)


def test_bundles_refer_to_each_other_relatively_and_to_nothing_else(built: dict[str, Files]) -> None:
    names = {file.name for file in (STATIC / FOLDER).glob("*.*s")}
    assert {Path(name).name for files in built.values() for name in named(files)} < names
    for name in names:
        text = (STATIC / FOLDER / name).read_text(encoding="utf-8")
        assert "/static/" not in text
        imported = re.findall(r'(?:\bfrom|\bimport\(?)"(\.[^"]+)"', text)
        assert all(path.removeprefix("./") in names for path in imported), name


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        (None, None),
        ("", None),
        ("identity", None),
        ("gzip", "gzip"),
        ("br", "br"),
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0, gzip", "gzip"),
        ("BR ; Q=0.1", "br"),
        ("gzip;q=0, br;q=0.000", None),
        ("*", "br"),
        ("*;q=0", None),
        ("br;q=0, *", "gzip"),
        ("gzip;q=x, ;;,=", None),
        ("x-gzip", "gzip"),
    ],
)
def test_a_built_file_comes_in_the_best_encoding_that_is_accepted(
    client: TestClient, built: dict[str, Files], accepted: str | None, encoding: str | None
) -> None:
    address = f"/static/{built['main'].script}"
    headers = {} if accepted is None else {"Accept-Encoding": accepted}
    answer = client.get(address, headers=headers)
    sent = STATIC / (built["main"].script + (SUFFIXES[encoding] if encoding else ""))
    assert answer.status_code == 200
    assert answer.headers.get("content-encoding") == encoding
    assert int(answer.headers["content-length"]) == sent.stat().st_size
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["cache-control"] == FOR_EVER
    if encoding != "br":  # the client reads gzip
        assert answer.content == (STATIC / built["main"].script).read_bytes()
    head = client.head(address, headers=headers)
    assert (head.status_code, head.content) == (200, b"")
    assert [head.headers[name] for name in ("content-length", "etag")] == [
        answer.headers[name] for name in ("content-length", "etag")
    ]


def test_each_encoding_has_a_tag_of_its_own_by_which_a_copy_is_confirmed(
    client: TestClient, built: dict[str, Files]
) -> None:
    address = f"/static/{built['main'].script}"
    tags = []
    for encoding in ("br", "gzip", "identity"):
        headers = {"Accept-Encoding": encoding}
        tags.append(client.get(address, headers=headers).headers["etag"])
        again = client.get(address, headers={**headers, "If-None-Match": f'"another", {tags[-1]}'})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["cache-control"] == FOR_EVER
        assert again.headers["vary"] == "Accept-Encoding"
    assert len(set(tags)) == 3


def test_a_part_is_a_part_of_what_is_sent_in_this_encoding(client: TestClient, built: dict[str, Files]) -> None:
    address = f"/static/{built['main'].script}"
    whole = (STATIC / f"{built['main'].script}.gz").read_bytes()
    headers = {"Accept-Encoding": "gzip", "Range": "bytes=0-9"}
    with client.stream("GET", address, headers=headers) as part:
        assert (part.status_code, b"".join(part.iter_raw())) == (206, whole[:10])
        assert part.headers["content-range"] == f"bytes 0-9/{len(whole)}"
        assert part.headers["content-encoding"] == "gzip"
    tag = client.get(address, headers={"Accept-Encoding": "identity"}).headers["etag"]
    assert client.get(address, headers={**headers, "If-Range": tag}).status_code == 200, "not of another encoding"


@pytest.mark.parametrize("name", ["main-00000000.js", "main-00000000.js.br", "manifest.json.gz"])
def test_what_is_gone_is_not_found_and_not_kept(client: TestClient, built: dict[str, Files], name: str) -> None:
    for path in (f"/static/{FOLDER}/{name}", f"/static/{built['main'].script}.br"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-cache")


def test_the_licence_of_what_others_wrote_ships_beside_it(client: TestClient, built: dict[str, Files]) -> None:
    answer = client.get(f"/static/{FOLDER}/uPlot.LICENSE", headers={"Accept-Encoding": "br"})
    assert "Permission is hereby granted" in answer.text
    assert "content-encoding" not in answer.headers
    scripts = [file.read_text(encoding="utf-8") for file in (STATIC / FOLDER).glob("*.js")]
    assert any("https://github.com/leeoniya/uPlot" in text for text in scripts)


@pytest.fixture
def copy(tmp_path: Path, built: dict[str, Files]) -> Path:
    """A copy of the static files, whose page is built."""
    static = tmp_path / "static"
    shutil.copytree(STATIC, static)
    assert built_pages(static) == built
    return static


def test_a_page_is_not_the_built_one_once_a_source_has_changed(copy: Path) -> None:
    with (copy / "styles" / "page.css").open("a", encoding="utf-8") as file:
        file.write("a { color: red }\n")
    assert built_pages(copy) is None


def test_a_source_that_is_new_or_gone_is_a_change(copy: Path) -> None:
    (copy / "another.js").touch()
    assert built_pages(copy) is None
    (copy / "another.js").unlink()
    assert built_pages(copy) is not None
    (copy / "speed.js").unlink()
    assert built_pages(copy) is None


def test_a_page_of_which_a_file_is_missing_or_cut_off_is_not_built(copy: Path) -> None:
    manifest = manifest_of(copy)
    assert manifest is not None
    os.truncate(copy / FOLDER / next(iter(manifest["sizes"])), 10)
    assert built_pages(copy) is None
    shutil.rmtree(copy / FOLDER)
    assert built_pages(copy) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"pages": {}}', json.dumps({"sizes": 1, "sources": ""})])
def test_a_broken_manifest_is_none(copy: Path, text: str) -> None:
    (copy / FOLDER / MANIFEST).write_text(text, encoding="utf-8")
    assert built_pages(copy) is None


def test_where_the_page_is_not_built_its_modules_are_served_and_one_line_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("app.assets.built_pages", lambda: None)
    files = PageFiles()
    assert [files(page).script for page in ("main", "runs")] == ["main.js", "runs.js"]
    assert len(caplog.messages) == 1
    assert "modules are served as they are" in caplog.text


def test_a_page_that_is_built_anew_while_the_server_runs_names_its_new_files(
    copy: Path, built: dict[str, Files], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.assets.STATIC", copy)
    monkeypatch.setattr("app.assets.built_pages", lambda: built_pages(copy))
    files, manifest = PageFiles(), copy / FOLDER / MANIFEST
    assert files("main") == built["main"]
    old = Path(built["main"].script).name
    (copy / FOLDER / old).rename(copy / FOLDER / "main-ANOTHER0.js")
    manifest.write_text(manifest.read_text(encoding="utf-8").replace(f'"{old}"', '"main-ANOTHER0.js"'))
    os.utime(manifest, (1, 1))
    assert files("main").script == f"{FOLDER}/main-ANOTHER0.js"
    manifest.unlink()
    assert files("main").script == "main.js"


def test_for_developers_a_page_names_its_modules_as_they_stand(caplog: pytest.LogCaptureFixture) -> None:
    settings = Settings(store=False, engine="numpy", dev=True)
    with TestClient(create_app(settings), base_url="http://127.0.0.1") as client:
        for page, path in PAGES.items():
            asked = re.findall(r'(?:href|src)="(?:\.\./)*static/([^"]+)"', client.get(path).text)
            assert sorted(name for name in asked if name not in PLAIN) == sorted(named(native_files(page)))
            for name in asked:
                answer = client.get(f"/static/{name}").raise_for_status()
                assert answer.text == (STATIC / name).read_text(encoding="utf-8")
                assert answer.headers["cache-control"] == "no-cache"
    assert caplog.messages == []


@pytest.mark.parametrize("page", ["main", "runs", "compare", "sweeps"])
def test_a_page_names_every_module_that_it_will_load(page: str) -> None:
    modules = modules_of(f"{page}.js")
    assert len(modules) == len(set(modules)) > 10
    assert all((STATIC / module).is_file() for module in modules)
    imported = {
        os.path.normpath(os.path.join(os.path.dirname(name), path)).replace(os.sep, "/")
        for name in [f"{page}.js", *modules]
        for path in re.findall(r'^(?:import|}).*"(\.[^"]+)"', (STATIC / name).read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert imported == set(modules)


def test_two_versions_are_told_apart_though_they_are_as_old_and_as_long(tmp_path: Path) -> None:
    app = FastAPI()
    app.mount("/static", Assets(directory=tmp_path))
    client, file, tags = TestClient(app), tmp_path / "x.css", []
    for color in ("red", "tan"):
        file.write_text(f"a {{ color: {color} }}", encoding="utf-8")
        os.utime(file, (1, 1))
        tags.append(client.get("/static/x.css").headers["etag"])
    assert client.get("/static/x.css", headers={"If-None-Match": tags[1]}).status_code == 304
    assert client.get("/static/x.css", headers={"If-None-Match": tags[0]}).text == "a { color: tan }"
    assert client.post("/static/x.css").status_code == 405
    assert client.get("/static/y.css").status_code == 404


def test_what_is_built_is_compressed_well(built: dict[str, Files]) -> None:
    for name in named(built["main"]):
        plain = (STATIC / name).read_bytes()
        assert gzip.decompress((STATIC / f"{name}.gz").read_bytes()) == plain
        assert (STATIC / f"{name}.br").stat().st_size <= (STATIC / f"{name}.gz").stat().st_size < len(plain)
