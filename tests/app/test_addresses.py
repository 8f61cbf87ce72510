"""The lab under a prefix: what is relative, and what is known of the prefix."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from fastapi.testclient import TestClient

from app.addresses import up
from app.config import Settings
from app.main import create_app

HTML = {"accept": "text/html"}


@contextmanager
def lab(**settings: Any) -> Iterator[TestClient]:
    app = create_app(Settings(store=False, engine="numpy", **settings))
    with TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False) as found:
        yield found


@pytest.mark.parametrize(
    ("path", "way"),
    [("/", ""), ("/runs", ""), ("/runs/", "../"), ("/runs/main", "../"), ("/a/b/c", "../../"), ("//", "../"), ("", "")],
)
def test_the_way_up_is_as_long_as_the_page_is_deep(path: str, way: str) -> None:
    assert up(path) == way


PAGES = ["/", "/runs", "/compare", "/runs/main", "/runs/nobody", "/docs", "/no/such/page", "/runs/a%2Fb", "//"]


ARTICLE = "https://iamtrask.github.io/"
"""Where the article is from which the lab grew: a link that a reader may follow, not a part of the page."""


def test_every_address_of_a_page_stays_below_the_prefix() -> None:
    with lab() as found:
        for page in PAGES:
            check_links(found, page)


def check_links(found: TestClient, page: str) -> None:
    text = found.get(page, headers=HTML).text
    links = re.findall(r'(?:href|src|data-up)="([^"]*)"', text)
    assert links
    for link in (link for link in links if not link.startswith(("data:", ARTICLE))):
        assert not link.startswith("/"), link
        seen = urlsplit(urljoin(f"http://proxy.example/user/ada/lab{page}", link))
        assert (seen.netloc, seen.path.startswith("/user/ada/lab/")) == ("proxy.example", True), link
        if "/static/" in link or link.endswith("swagger-ui.css"):
            below = seen.path.removeprefix("/user/ada/lab")
            assert found.get(below).status_code == 200, link


def test_redirects_are_relative() -> None:
    with lab() as found:
        for path, where in (("/runs/", "/runs"), ("/runs/main/?lang=zh", "/runs/main?lang=zh"), ("/docs/", "/docs")):
            answer = found.get(path)
            assert answer.status_code == 307
            location = answer.headers["location"]
            assert not location.startswith(("/", "http"))
            assert urljoin(f"http://proxy.example/lab{path}", location) == f"http://proxy.example/lab{where}"


@pytest.mark.parametrize("prefix", ["/lab", "/lab/", "/user/ada/proxy/absolute/8000"])
def test_a_prefix_that_the_proxy_leaves_is_taken_off(prefix: str) -> None:
    with lab(root_path=prefix) as found:
        root = prefix.rstrip("/")
        for path in ("/", "/runs/main", "/healthz", "/predict?a=1&b=2", "/static/main.js", "/openapi.json"):
            assert found.get(f"{root}{path}").status_code == 200
            assert found.get(path).status_code == 200, "a proxy may take it off"
        assert found.get(f"{root}x/healthz").status_code == 404
        answer = found.get(root, params={"lang": "zh"})
        assert urljoin(f"http://h{root}", answer.headers["location"]) == f"http://h{root}/?lang=zh"
        assert f"path={root}/;" in found.get(f"{root}/?lang=zh").headers["set-cookie"].lower()
        made = found.post(f"{root}/api/runs", json={})
        assert made.headers["location"] == f"{root}/api/runs/{made.json()['id']}"
        assert found.get(made.headers["location"]).json()["id"] == made.json()["id"]
        with found.websocket_connect(f"{root}/api/runs/main/stream") as socket:
            assert socket.receive_json()["type"] == "status"


def test_a_prefix_that_the_proxy_tells_is_that_of_the_cookie() -> None:
    app = create_app(Settings(store=False, engine="numpy"))
    with TestClient(app, base_url="http://127.0.0.1:8000", client=("127.0.0.1", 1)) as found:
        assert (
            "path=/lab/;"
            in found.get("/?lang=zh", headers={"x-forwarded-prefix": "/lab"}).headers["set-cookie"].lower()
        )
        assert "path=/;" in found.get("/?lang=zh").headers["set-cookie"].lower()


def test_the_documentation_calls_the_server_where_it_is() -> None:
    with lab() as found:
        assert [server["url"] for server in found.get("/openapi.json").json()["servers"]] == ["."]
