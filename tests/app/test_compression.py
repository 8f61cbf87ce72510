"""Pages and JSON are compressed, and a page that has not changed is not sent again."""

import gzip
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from fastapi import FastAPI, Response
from fastapi.testclient import TestClient
from starlette.responses import StreamingResponse

from app.compression import LEAST, Compressed, best_encoding
from app.config import Settings
from app.main import create_app


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(store=False, engine="numpy")), base_url="http://127.0.0.1") as client:
        yield client


@pytest.mark.parametrize(
    ("accepted", "offered", "best"),
    [
        ("gzip", ("br", "gzip"), "gzip"),
        ("gzip, br", ("br", "gzip"), "br"),
        ("gzip;q=0.8, br;q=0.2", ("br", "gzip"), "gzip"),
        ("identity, gzip;q=0.5", ("gzip",), "identity"),
        ("identity;q=0.5, gzip", ("gzip",), "gzip"),
        ("*;q=0.1", ("gzip",), "gzip"),
        ("gzip;q=0, *", ("gzip",), "identity"),
        ("gzip;q=nan", ("gzip",), "identity"),
        ("gzip;q=2", ("gzip",), "identity"),
        ("gzip;level=9;q=1", ("gzip",), "gzip"),
        ("", ("gzip",), "identity"),
        ("gzipped", ("gzip",), "identity"),
    ],
)
def test_the_client_decides_about_the_encoding(accepted: str, offered: tuple[str, ...], best: str) -> None:
    assert best_encoding(accepted, offered) == best


@pytest.mark.parametrize("path", ["/", "/runs", "/compare", "/openapi.json", "/static/vendor/swagger-ui.css"])
def test_a_long_answer_is_compressed_for_those_who_accept_it(client: TestClient, path: str) -> None:
    plain = client.get(path, headers={"Accept-Encoding": "gzip;q=0"})
    packed = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text
    assert "Accept-Encoding" in plain.headers["vary"]
    assert "Accept-Encoding" in packed.headers["vary"]
    assert packed.headers["content-encoding"] == "gzip"
    if "content-length" in packed.headers:  # what is sent in pieces has none
        assert LEAST / 10 < int(packed.headers["content-length"]) < len(plain.content) / 2
    head = client.head(path, headers={"Accept-Encoding": "gzip"})
    assert head.headers.get("content-length") == packed.headers.get("content-length")


@pytest.mark.parametrize(
    "path", ["/predict?a=9&b=60", "/healthz", "/api/runs/main", "/api/runs/main/checkpoint", "/api/runs/main/errors"]
)
def test_what_is_short_or_noise_is_left_alone(client: TestClient, path: str) -> None:
    answer = client.get(path, headers={"Accept-Encoding": "gzip, br"})
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/runs", "/compare", "/docs"])
def test_a_page_that_is_the_same_is_not_sent_again(client: TestClient, path: str) -> None:
    first = client.get(path)
    for known in (first.headers["etag"], f'"x", {first.headers["etag"]}', first.headers["etag"][2:], "*"):
        again = client.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert again.headers["cache-control"] == "no-cache"
        assert again.headers["content-security-policy"] == first.headers["content-security-policy"]
    assert client.get(path, headers={"If-None-Match": 'W/"another"'}).status_code == 200


def test_a_page_that_has_changed_is_sent_and_in_another_language_is_another(client: TestClient) -> None:
    tag = client.get("/", headers={"Accept-Language": "en"}).headers["etag"]
    chinese = client.get("/", headers={"Accept-Language": "zh", "If-None-Match": tag})
    assert (chinese.status_code, chinese.headers["content-language"]) == (200, "zh-Hans")
    client.patch("/api/runs/main", json={"name": "Another"})
    assert client.get("/", headers={"Accept-Language": "en", "If-None-Match": tag}).status_code == 200


def test_a_page_that_is_the_same_still_remembers_the_language(client: TestClient) -> None:
    tag = client.get("/compare?lang=zh").headers["etag"]
    client.cookies.clear()
    again = client.get("/compare?lang=zh", headers={"If-None-Match": tag})
    client.cookies.clear()
    assert again.status_code == 304
    assert "language=zh" in again.headers["set-cookie"]


def test_no_page_of_an_unknown_run_is_unchanged(client: TestClient) -> None:
    assert client.get("/runs/nobody", headers={"If-None-Match": "*"}).status_code == 404


def shell(**headers: str) -> TestClient:
    app = FastAPI()

    @app.get("/tagged")
    def tagged() -> Response:
        return Response("x" * 5000, headers={"ETag": '"strong"', "Accept-Ranges": "bytes", **headers})

    @app.get("/events")
    def events() -> Response:
        async def pieces() -> AsyncIterator[Any]:
            for _ in range(3):
                yield b"data: " + 2000 * b"x" + b"\n\n"

        return StreamingResponse(pieces(), media_type="text/event-stream")

    app.add_middleware(Compressed)
    return TestClient(app)


def test_the_tag_of_what_was_compressed_is_weak_and_there_are_no_parts_of_it() -> None:
    answer = shell().get("/tagged", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert (answer.headers["etag"], answer.headers["accept-ranges"]) == ('W/"strong"', "none")
    plain = shell().get("/tagged", headers={"Accept-Encoding": "identity"})
    assert (plain.headers["etag"], plain.headers["accept-ranges"]) == ('"strong"', "bytes")


def test_events_are_not_held_back() -> None:
    answer = shell().get("/events", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in answer.headers
    assert answer.text.count("data: ") == 3


def test_a_long_answer_is_whole() -> None:
    with shell().stream("GET", "/tagged", headers={"Accept-Encoding": "gzip"}) as answer:
        assert gzip.decompress(b"".join(answer.iter_raw())) == 5000 * b"x"
