"""The application as a whole: pages, documentation, headers."""

import re
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx2
import pytest

from app.config import Settings
from app.main import create_app
from rnn_core import EngineError
from tests.app.serving import Server, check_problem

ENGINE = "numpy"

PATHS = [
    "/",
    "/runs/main",
    "/compare",
    "/docs",
    "/healthz",
    "/openapi.json",
    "/api/runs",
    "/api/runs/main",
    "/predict?a=9&b=60",
    "/api/runs/main/errors",
    "/api/runs/main/checkpoint",
    "/static/main.js",
]


class References(HTMLParser):
    """Everything that a page loads, and whether it has inline scripts or styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.inline: list[str] = []
        self._within = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self._within = tag if tag in ("script", "style") and "src" not in values else ""
        self.loads += [
            value for name, value in attrs if value and (name == "src" or (tag == "link" and name == "href"))
        ]
        self.inline += [name for name in values if name.startswith("on") or name == "style"]

    def handle_endtag(self, tag: str) -> None:
        self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within and data.strip():
            self.inline.append(f"<{self._within}>")


@pytest.mark.parametrize("path", ["/", "/runs/main", "/compare?runs=main,%3Cb%3E", "/docs", "/runs/nope"])
def test_a_page_loads_nothing_from_elsewhere_and_runs_nothing_inline(http: httpx2.Client, path: str) -> None:
    page = http.get(path)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    references = References(page.text)
    assert references.inline == []
    assert references.loads
    for reference in references.loads:
        if not reference.startswith("data:"):
            address = urljoin(path, reference)
            assert re.match(r"/(?!/)", address), reference
            assert http.get(address).status_code == 200, reference


def test_the_page_is_for_the_run_in_its_address(http: httpx2.Client, run: str) -> None:
    assert http.get("/").status_code == 200
    assert run in http.get(f"/runs/{run}").text
    unknown = http.get("/runs/nope")
    assert (unknown.status_code, unknown.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "nope" in unknown.text


@pytest.mark.parametrize(
    "name", ["<script>alert(1)<script>", '"><img src=x onerror=alert(1)>', "{{1234*4321}}", "'&\""]
)
def test_names_and_addresses_are_text_on_the_page(http: httpx2.Client, run: str, name: str) -> None:
    assert http.patch(f"/api/runs/{run}", json={"name": name}).json()["name"] == name
    for page in (http.get(f"/runs/{run}"), http.get(f"/runs/{name}")):
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "<" not in name or name not in page.text
        assert "5332114" not in page.text
        assert References(page.text).inline == []


def test_the_api_describes_itself(http: httpx2.Client) -> None:
    schema = http.get("/openapi.json").json()
    assert schema["openapi"].startswith("3.")
    calls = {(path, method) for path, methods in schema["paths"].items() for method in methods}
    assert calls >= {
        ("/healthz", "get"),
        ("/predict", "get"),
        ("/predict", "post"),
        ("/api/runs", "get"),
        ("/api/runs", "post"),
        ("/api/runs/{run_id}", "get"),
        ("/api/runs/{run_id}", "patch"),
        ("/api/runs/{run_id}", "delete"),
        ("/api/runs/{run_id}/start", "post"),
        ("/api/runs/{run_id}/pause", "post"),
        ("/api/runs/{run_id}/step", "post"),
        ("/api/runs/{run_id}/reset", "post"),
        ("/api/runs/{run_id}/errors", "get"),
        ("/api/runs/{run_id}/checkpoint", "get"),
    }

    def references(value: object) -> list[str]:
        if isinstance(value, dict):
            own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            return own + [ref for inner in value.values() for ref in references(inner)]
        return [ref for inner in value for ref in references(inner)] if isinstance(value, list) else []

    for reference in references(schema):
        place = schema
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]  # a dangling reference is a KeyError
    operations = [call["operationId"] for methods in schema["paths"].values() for call in methods.values()]
    assert len(set(operations)) == len(operations)


@pytest.mark.parametrize("path", [*PATHS, "/nothing", "/api/runs/nope", "/runs/nope"])
def test_every_answer_carries_the_security_headers(http: httpx2.Client, server: Server, path: str) -> None:
    headers = http.get(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert "unsafe-eval" not in headers["content-security-policy"]
    if path != "/docs":
        assert "unsafe-inline" not in headers["content-security-policy"]
    assert f"ws://127.0.0.1:{server.port}" in policy["connect-src"]
    assert headers["x-content-type-options"] == "nosniff"
    assert "server" not in headers


@pytest.mark.parametrize(
    ("path", "tagged"),
    [
        *((path, False) for path in ("/runs/nope", "/api/runs/main/errors")),
        *((path, True) for path in ("/", "/runs", "/runs/main", "/compare", "/docs")),
        ("/static/main.js", True),
        ("/static/vendor/uPlot.js", True),
        ("/static/favicon.svg", True),
        ("/static/styles/tokens.css", True),
        ("/static/vendor/swagger-ui.css", True),
    ],
)
def test_what_a_browser_keeps_it_checks_with_the_server_before_each_use(
    http: httpx2.Client, path: str, tagged: bool
) -> None:
    answer = http.get(path)
    assert answer.headers["cache-control"] == "no-cache"
    assert ("etag" in answer.headers) == tagged
    if tagged:
        again = http.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content, again.headers["cache-control"]) == (304, b"", "no-cache")


def test_refusals_carry_the_security_headers_and_repeat_no_foreign_host(http: httpx2.Client) -> None:
    for headers in ({"host": "evil.example; script-src *"}, {"origin": "null"}):
        answer = http.post("/api/runs", headers=headers)
        assert answer.status_code in (403, 421)
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        assert "*" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", PATHS)
def test_head_is_get_without_the_body(http: httpx2.Client, path: str) -> None:
    head, get = http.head(path), http.get(path)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "content-length"):
        assert head.headers.get(name) == get.headers.get(name)


def test_head_of_what_only_takes_post_is_refused(http: httpx2.Client) -> None:
    assert http.head("/api/runs/main/start").status_code == 405
    assert http.head("/nothing").status_code == 404


def test_the_server_says_that_it_answers(http: httpx2.Client) -> None:
    assert http.get("/healthz").json() == {"status": "ok"}
    check_problem(http.get("/healthz/more"), 404)


def test_an_application_with_settings_that_can_not_be_is_not_made() -> None:
    with pytest.raises(ValueError, match="allowed_hosts"):
        create_app(Settings(allowed_hosts=["http://lab.example/"]))
    assert issubclass(EngineError, ValueError)
