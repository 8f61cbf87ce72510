"""Bad requests: bodies, media types, methods, paths. Every answer is a problem document."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.app.serving import Server, check_problem, check_status, raw_request

ENGINE = "numpy"

JSON = {"content-type": "application/json"}
WITH_BODY = [
    ("POST", "/predict"),
    ("POST", "/api/runs"),
    ("PATCH", "/api/runs/main"),
    ("POST", "/api/runs/main/start"),
    ("POST", "/api/runs/main/pause"),
    ("POST", "/api/runs/main/step"),
    ("POST", "/api/runs/main/reset"),
]
NO_JSON = {
    "broken": b'{"a": 1',
    "NaN": b'{"a": NaN}',
    "infinity": b'{"a": -Infinity}',
    "not UTF-8": b'{"name": "\xff\xfe"}',
    "a lone surrogate": b'{"name": "\\ud800"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": "{}".encode("utf-16"),
    "white space": b" \r\n\t ",
    "a comment": b"{} // nothing",
    "single quotes": b"{'a': 1}",
    "two values": b"{}{}",
    "a zero byte": b"\x00",
    "deep nesting": b"[" * 30_000 + b"]" * 30_000,
    "deep objects": b'{"config":' * 5_000 + b"1" + b"}" * 5_000,
    "a number of 5000 digits": b'{"a": ' + b"1" * 5000 + b"}",
}


@pytest.mark.parametrize(("method", "path"), WITH_BODY)
@pytest.mark.parametrize("body", NO_JSON.values(), ids=NO_JSON.keys())
def test_a_body_that_is_no_json_is_malformed(http: httpx2.Client, method: str, path: str, body: bytes) -> None:
    detail = check_problem(http.request(method, path, content=body, headers=JSON), 400)["detail"]
    assert len(detail) < 300


@pytest.mark.parametrize(("method", "path"), WITH_BODY)
@pytest.mark.parametrize("value", ["null", "[]", "1", '"{}"', "true", "1e999", "-0"])
def test_a_body_that_is_no_object_is_refused(http: httpx2.Client, method: str, path: str, value: str) -> None:
    check_problem(http.request(method, path, content=value, headers=JSON), 422, "body")


@pytest.mark.parametrize(("method", "path"), WITH_BODY)
def test_an_unknown_member_is_refused_by_name(http: httpx2.Client, method: str, path: str) -> None:
    answer = http.request(method, path, json={"a": 1, "b": 1, "nonsense": None, "\n\u202e": 1})
    assert {"nonsense"} <= {error["field"] for error in answer.json()["errors"]}
    assert answer.status_code == 422
    assert answer.json()["detail"].isprintable()


@pytest.mark.parametrize(("method", "path"), WITH_BODY)
@pytest.mark.parametrize(
    "media_type",
    ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", "multipart/form-data", "", "json"],
)
def test_a_body_of_another_media_type_is_unsupported(
    http: httpx2.Client, method: str, path: str, media_type: str
) -> None:
    answer = http.request(method, path, content=b'{"a":1,"b":1}', headers={"content-type": media_type})
    assert "application/json" in check_problem(answer, 415)["detail"]


def test_a_body_without_a_media_type_is_unsupported(server: Server) -> None:
    data = (
        b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Length: 13\r\n\r\n" % server.port + b'{"a":1,"b":1}'
    )
    assert raw_request(server, data)[0] == 415


@pytest.mark.parametrize("media_type", ["application/json", "Application/JSON; charset=utf-8", "application/json ;x=y"])
def test_json_may_be_called_so_in_any_spelling(http: httpx2.Client, media_type: str) -> None:
    answer = http.post("/predict", content=b'{"a":1,"b":1}', headers={"content-type": media_type})
    assert answer.status_code == 200


def test_an_absent_body_needs_no_media_type(http: httpx2.Client) -> None:
    check_status(http.patch("/api/runs/main"))
    check_status(http.patch("/api/runs/main", headers={"content-type": "text/plain", "content-length": "0"}))


@pytest.mark.parametrize(("method", "path"), WITH_BODY)
def test_64_kib_are_taken_and_a_byte_more_is_too_large(http: httpx2.Client, method: str, path: str) -> None:
    fits = b'{"x":"%s"}' % (b"y" * (65536 - 8))
    assert len(fits) == 65536
    assert http.request(method, path, content=fits, headers=JSON).status_code == 422
    check_problem(http.request(method, path, content=fits + b" ", headers=JSON), 413)


def test_a_body_of_unsaid_length_is_cut_off_at_64_kib(http: httpx2.Client) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(100):
            yield b" " * 1000

    assert "65536" in check_problem(http.post("/predict", content=chunks(), headers=JSON), 413)["detail"]
    assert http.post("/predict", content=iter([b'{"a":1,', b'"b":1}']), headers=JSON).status_code == 200


def test_the_sender_of_50_megabytes_hears_that_they_are_too_many(http: httpx2.Client) -> None:
    check_problem(http.post("/api/runs", content=b"x" * 50_000_000, headers=JSON), 413)
    check_problem(http.post("/api/runs", content=(b"x" * 100_000 for _ in range(500)), headers=JSON), 413)
    assert http.get("/healthz").json() == {"status": "ok"}


def test_a_length_that_is_too_large_is_refused_where_no_body_comes(server: Server) -> None:
    head = b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n" % server.port
    status, _, _ = raw_request(server, head + b"Content-Length: 99999999\r\n\r\n")
    assert status == 413


def test_a_client_that_leaves_in_the_middle_of_its_body_is_no_error(server: Server, http: httpx2.Client) -> None:
    head = b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n" % server.port
    for rest in (b"Content-Length: 100\r\n\r\n{", b"Transfer-Encoding: chunked\r\n\r\n5\r\n{"):
        with socket.create_connection(("127.0.0.1", server.port), 5) as connection:
            connection.sendall(head + rest)
            connection.shutdown(socket.SHUT_WR)
            connection.recv(65536)  # until the server has noticed
    assert http.get("/healthz").status_code == 200
    assert server.complaints() == []


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/predict", {"GET", "HEAD", "POST"}),
        ("DELETE", "/api/runs", {"GET", "HEAD", "POST"}),
        ("POST", "/api/runs/main", {"GET", "HEAD", "PATCH", "DELETE"}),
        ("GET", "/api/runs/main/start", {"POST"}),
        ("GET", "/api/runs/main/pause", {"POST"}),
        ("PUT", "/api/runs/main/step", {"POST"}),
        ("DELETE", "/api/runs/main/reset", {"POST"}),
        ("POST", "/api/runs/main/errors", {"GET", "HEAD"}),
        ("POST", "/api/runs/main/checkpoint", {"GET", "HEAD"}),
        ("OPTIONS", "/healthz", {"GET", "HEAD"}),
        ("POST", "/", {"GET", "HEAD"}),
        ("PATCH", "/docs", {"GET", "HEAD"}),
        ("TRACE", "/api/runs", {"GET", "HEAD", "POST"}),
        ("PROPFIND", "/api/runs/main/start", {"POST"}),
        ("POST", "/static/main.js", {"GET", "HEAD"}),
    ],
)
def test_a_wrong_method_hears_which_are_right(http: httpx2.Client, method: str, path: str, allowed: set[str]) -> None:
    answer = http.request(method, path)
    detail = check_problem(answer, 405)["detail"]
    assert set(answer.headers["allow"].split(", ")) == allowed
    assert all(name in detail for name in allowed)


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/api",
        "/api/runs/main/nothing",
        "/static/nothing.js",
        "/static/../main.py",
        "/static/%2e%2e/main.py",
        "/predict/9/60",
        "/%ff%fe",
        "/api/runs/main/stream",
    ],
)
def test_there_is_nothing_at_other_paths(http: httpx2.Client, path: str) -> None:
    check_problem(http.get(path), 404)


def test_a_request_that_is_no_http_does_not_hurt(server: Server, http: httpx2.Client) -> None:
    for data in (b"\x16\x03\x01\x02\x00\x01\x00", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"A" * 100_000):
        with socket.create_connection(("127.0.0.1", server.port), 5) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            try:
                while connection.recv(65536):
                    pass
            except ConnectionResetError:
                pass
    assert http.get("/healthz").status_code == 200


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.just(float("inf")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from(
    [
        "a",
        "b",
        "run",
        "name",
        "config",
        "speed",
        "learning_rate",
        "iterations",
        "start",
        "stop",
        "points",
        "bits",
        "seed",
        "hidden_size",
        "clip_norm",
        "task",
        "max_iterations",
        "batch_size",
        "activation",
        "value",
        "type",
    ]
)
objects = st.dictionaries(names, json_values | st.dictionaries(names, json_values, max_size=4), max_size=5)
fuzz = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100)


def check_any(answer: httpx2.Response) -> None:
    """Check that the request is done, or refused with a problem of the client."""
    if answer.status_code < 400:
        assert answer.status_code in (200, 201)
        return
    assert answer.status_code < 500 or answer.status_code == 503
    document: dict[str, Any] = answer.json()
    check_problem(answer, answer.status_code, *(error["field"] for error in document.get("errors", [])))
    assert document["detail"].isprintable()


@fuzz
@given(where=st.sampled_from(WITH_BODY), body=objects | json_values)
def test_no_json_makes_a_server_error(http: httpx2.Client, where: tuple[str, str], body: object) -> None:
    text = json.dumps(body)  # with Infinity, with lone surrogates
    answer = http.request(*where, content=text, headers=JSON)
    try:
        check_any(answer)
    finally:
        if answer.status_code == 201:
            http.delete(answer.headers["location"])
        http.post("/api/runs/main/reset", json={"config": {}})


@fuzz
@given(where=st.sampled_from(WITH_BODY), body=st.binary(max_size=60))
def test_no_bytes_make_a_server_error(http: httpx2.Client, where: tuple[str, str], body: bytes) -> None:
    if body:
        answer = http.request(*where, content=body, headers=JSON)
        assert answer.status_code in (400, 422)
        check_any(answer)


@fuzz
@given(
    path=st.sampled_from(["/predict", "/api/runs/main/errors", "/api/runs/main", "/healthz"]),
    query=st.lists(
        st.tuples(names | st.text(max_size=5), st.text(max_size=10) | st.integers(-10, 2**60).map(str)), max_size=4
    ),
)
def test_no_query_makes_a_server_error(http: httpx2.Client, path: str, query: list[tuple[str, str]]) -> None:
    check_any(http.get(path, params=[(name, value.encode(errors="ignore").decode()) for name, value in query]))


@fuzz
@given(raw=st.binary(max_size=40).map(lambda data: data.translate(None, b" \r\n\x00#")))
def test_no_path_makes_a_server_error(server: Server, raw: bytes) -> None:
    request = b"GET /%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n" % (raw, server.port)
    assert raw_request(server, request)[0] in (200, 307, 400, 404, 405, 422)


@pytest.mark.parametrize(("method", "path"), WITH_BODY)
def test_a_refusal_is_short_however_much_is_wrong(http: httpx2.Client, method: str, path: str) -> None:
    answer = http.request(method, path, json={f"f{number}": 1 for number in range(5000)})
    assert len(check_problem(answer, 422, *(f"f{number}" for number in range(20)))["detail"]) < 5000
    assert "; and 4,980 more." in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/api/config", "/api/runs", "/api/runs/main/reset"])
def test_a_refused_configuration_is_told_in_short_too(http: httpx2.Client, path: str) -> None:
    answer = http.post(path, json={"config": {f"f{number}": 1 for number in range(4000)}})
    assert "; and 3,980 more." in check_problem(answer, 422, *(f"config.f{n}" for n in range(20)))["detail"]
    assert len(answer.content) < 10_000


def test_a_long_address_and_a_long_content_type_are_repeated_in_short(http: httpx2.Client) -> None:
    assert len(check_problem(http.get(f"/{'x' * 20_000}"), 404)["detail"]) < 300
    answer = http.post("/predict", content=b"{}", headers={"Content-Type": "x" * 20_000})
    assert len(check_problem(answer, 415)["detail"]) < 300
