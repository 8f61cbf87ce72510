import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from app.places import Place, parse_authority, parse_origin
from app.security import Guard, check_ancestors
from tests.app.asgi import nothing


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("127.0.0.1", Place("127.0.0.1", None)),
        ("127.0.0.1:8000", Place("127.0.0.1", 8000)),
        ("LocalHost:80", Place("localhost", 80)),
        ("localhost.:80", Place("localhost", 80)),
        ("[::1]:8000", Place("::1", 8000)),
        ("[0:0:0:0:0:0:0:1]", Place("::1", None)),
        ("lab.example:", Place("lab.example", None)),
        ("my_lab-1.example", Place("my_lab-1.example", None)),
    ],
)
def test_an_authority_is_a_host_and_perhaps_a_port(text: str, place: Place) -> None:
    assert parse_authority(text) == place


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        ".:80",
        ":",
        ":80",
        "a b",
        "user@localhost",
        "localhost@evil.example",
        "localhost:80@evil.example",
        "localhost/x",
        "localhost?x",
        "localhost#x",
        "localhost\\x",
        "localhost:port",
        "localhost:99999",
        "localhost:-1",
        "[::1",
        "::1]",
        "[::1]x:80",
        "[localhost]:80",
        "local%68ost",
        "localhost\t",
        "localhost\n",
        "l\u00f6calhost",
        "localhost,evil.example",
        "localhost:80:80",
        "[::1%25lo]:80",
        "*",
    ],
)
def test_anything_else_is_no_authority(text: str) -> None:
    assert parse_authority(text) is None


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("http://localhost", Place("localhost", 80)),
        ("https://localhost", Place("localhost", 443)),
        ("HTTP://LOCALHOST:8000", Place("localhost", 8000)),
        ("http://[::1]:8000", Place("::1", 8000)),
    ],
)
def test_an_origin_is_a_place_with_its_port(text: str, place: Place) -> None:
    assert parse_origin(text) == place


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "NULL",
        "localhost:8000",
        "//localhost:8000",
        "http:localhost",
        "http://",
        "http:///",
        "file://",
        "http://localhost:8000/",
        "http://localhost:8000/path",
        "http://user@localhost:8000",
        "ftp://localhost:8000",
        "ws://localhost:8000",
        "chrome-extension://localhost",
        "http://localhost:8000 http://evil.example",
        " http://localhost:8000",
        "http://localhost:8000,http://localhost:8000",
        "javascript://localhost",
    ],
)
def test_anything_else_is_no_origin(text: str) -> None:
    assert parse_origin(text) is None


@given(st.text())
def test_no_text_breaks_the_parsers(text: str) -> None:
    for place in (parse_authority(text), parse_origin(text), parse_origin(f"http://{text}")):
        assert place is None or place.host


@pytest.mark.parametrize("host", ["", "http://lab.example", "lab.example/x", "a b", "*.example"])
def test_an_allowed_host_that_is_none_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match="allowed_hosts"):
        Guard(nothing, allowed_hosts=[host])


@pytest.mark.parametrize("origin", ["https://a b", "javascript:x", "https://a;script-src *", "", "a.example", "'none'"])
def test_a_frame_ancestor_that_is_no_origin_is_refused(origin: str) -> None:
    with pytest.raises(ValueError, match="frame_ancestors"):
        Guard(nothing, frame_ancestors=[origin])


def test_only_the_page_made_for_it_may_be_embedded_and_only_by_those_named() -> None:
    assert check_ancestors([]) == "'none'"
    assert check_ancestors(["https://a.example", "http://b.example:8080"]) == "https://a.example http://b.example:8080"
    for ancestors, query, expected in (
        ([], "?embed=1", "'none'"),
        (["https://a.example"], "?embed=1", "https://a.example"),
        (["https://a.example"], "", "'none'"),
        (["https://a.example"], "?embed=1&x", "'none'"),
        (["*"], "?embed=1", "*"),
    ):
        app = Starlette(routes=[Route("/", lambda _: PlainTextResponse("x"))])
        client = TestClient(
            Guard(app, allowed_hosts=["lab.example"], frame_ancestors=ancestors), base_url="http://lab.example"
        )
        policy = client.get(f"/{query}").headers["content-security-policy"]
        assert f"frame-ancestors {expected}" in policy.split("; ")


@pytest.mark.parametrize(
    ("path", "framed"),
    [
        ("/", True),
        ("/runs/run-7", True),
        ("/runs", False),
        ("/runs/", False),
        ("/runs/nobody", False),
        ("/compare", False),
        ("/docs", False),
        ("/api/runs", False),
        ("/predict", False),
        ("/static/main.js", False),
        ("//", False),
        ("/runs/run-7/", False),
    ],
)
def test_only_the_lab_of_a_run_that_exists_may_be_embedded(path: str, framed: bool) -> None:
    async def page(request: Request) -> PlainTextResponse:
        return PlainTextResponse("x", 404 if "nobody" in request.url.path else 200)

    app = Starlette(routes=[Route("/{path:path}", page)])
    guard = Guard(app, allowed_hosts=["lab.example"], frame_ancestors=["*"])
    client = TestClient(guard, base_url="http://lab.example", follow_redirects=False)
    policy = client.get(f"http://lab.example{path}?embed=1").headers["content-security-policy"].split("; ")
    assert ("frame-ancestors *" in policy, "frame-ancestors 'none'" in policy) == (framed, not framed)
    # What a browser asks for in order to show it in a frame is not even made elsewhere.
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"}
    allowed = framed or "nobody" in path
    answer = client.get(f"http://lab.example{path}?embed=1", headers=headers)
    assert (answer.status_code == 403) != allowed
