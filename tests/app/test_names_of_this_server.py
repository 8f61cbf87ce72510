"""Names, proxies and other sites that settings name: who gets in by them, and what is said to those who do not."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import WebSocketDenialResponse

from app.config import Settings, misspelt
from app.forwarded import Forwarded
from app.main import create_app
from app.security import Guard

HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@contextmanager
def lab(client: str = "127.0.0.1", **settings: Any) -> Iterator[TestClient]:
    """The lab, asked from this address."""
    app = create_app(Settings(store=False, engine="numpy", **settings))
    with TestClient(app, base_url="http://127.0.0.1:8000", client=(client, 5000), follow_redirects=False) as found:
        yield found


def guarded(client: str = "127.0.0.1", trusted_proxies: Sequence[str] = (), **settings: Any) -> TestClient:
    """What guards the lab, around an application that says yes to everything."""
    yes = Starlette(routes=[Route("/{path:path}", lambda _: PlainTextResponse("yes"), methods=["GET", "PATCH"])])
    app = Forwarded(Guard(yes, **settings), trusted_proxies)
    return TestClient(app, base_url="http://127.0.0.1:8000", client=(client, 5000))


def asked(lab: TestClient, host: str, origin: str | None = None, **headers: str) -> int:
    """The status of a command that a page under this address gives, or a program without an Origin."""
    named = {"host": host, **headers, **({"origin": origin} if origin else {})}
    return lab.patch("/api/runs/main", headers=named).status_code


def test_a_pattern_names_all_hosts_below_it_and_none_beside_it() -> None:
    codespace = guarded(allowed_hosts=["*.app.github.dev", "*.example.org:8443"])
    for host in ("ada-8000.app.github.dev", "a.b.app.github.dev:443", "x.example.org:8443"):
        assert asked(codespace, host) == 200
    for host in ("app.github.dev", "evilapp.github.dev", "app.github.dev.evil.example", "x.example.org"):
        assert asked(codespace, host) == 421


def test_a_name_that_fits_a_pattern_may_be_somebody_elses() -> None:
    ours = "ada-8000.app.github.dev"
    codespace = guarded(allowed_hosts=["*.app.github.dev"])
    assert asked(codespace, ours, f"https://{ours}") == 200
    assert asked(codespace, ours, "https://eve-8000.app.github.dev") == 403
    # Codespaces asks by a loopback name, and tells the other one.
    told = {"x-forwarded-host": ours, "x-forwarded-proto": "https"}
    assert asked(codespace, "localhost:8000", f"https://{ours}", **told) == 200
    assert asked(codespace, "localhost:8000", "https://eve-8000.app.github.dev", **told) == 403
    assert asked(codespace, "localhost:8000", f"https://{ours}") == 403


FORMS = [
    {"x-forwarded-host": "lab.example"},
    {"x-forwarded-host": "lab.example", "x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.7"},
    {"x-forwarded-host": "evil.example, lab.example"},  # a proxy adds to what it gets
    {"x-forwarded-host": "lab.example", "x-forwarded-port": "443"},
    {"forwarded": "for=203.0.113.7;host=lab.example;proto=https"},
    {"forwarded": 'For="[2001:db8::1]:4711" ; Host="lab.example" ;Proto=HTTPS'},
    {"forwarded": "host=evil.example, for=203.0.113.7;host=lab.example"},
]


@pytest.mark.parametrize("told", FORMS)
def test_a_proxy_on_this_machine_tells_by_which_name_browsers_ask(told: dict[str, str]) -> None:
    behind = guarded()
    assert asked(behind, "127.0.0.1:8000", "https://lab.example", **told) == 200
    assert asked(behind, "127.0.0.1:8000", "https://evil.example", **told) == 403
    assert asked(behind, "127.0.0.1:8000", "https://lab.example") == 403
    # A page whose name leads here can send such headers itself, but not without its own name as the Host.
    assert asked(behind, "lab.example", "https://lab.example", **told) == 421


@pytest.mark.parametrize("told", FORMS)
def test_a_proxy_that_the_settings_name_decides_by_which_name(told: dict[str, str]) -> None:
    for trusted in ("10.0.0.5", "10.0.0.0/8", "*"):
        behind = guarded("10.0.0.5", trusted_proxies=[trusted])
        assert asked(behind, "backend", "https://lab.example", **told) == 200
        assert asked(behind, "lab.example", "https://lab.example", **told) == 200
        assert asked(behind, "backend", "https://evil.example", **told) == 403
        assert asked(behind, "backend") == 421
    other = guarded("10.0.0.6", trusted_proxies=["10.0.0.5"])
    assert asked(other, "127.0.0.1:8000", "https://lab.example", **told) == 403


def test_what_scripts_may_connect_to_has_the_name_in_the_address_bar() -> None:
    behind = guarded()
    told = {"x-forwarded-host": "lab.example", "x-forwarded-proto": "https"}
    assert "wss://lab.example" in behind.get("/", headers=told).headers["content-security-policy"]
    forged = {**told, "x-forwarded-host": "lab.example; script-src *"}
    assert "script-src *" not in behind.get("/", headers=forged).headers["content-security-policy"]


def test_a_plain_name_or_commas_will_do_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for text, names in (
        ("lab.example", ["lab.example"]),
        ("lab.example,*.app.github.dev", ["lab.example", "*.app.github.dev"]),
        (" lab.example , other.example:8443,", ["lab.example", "other.example:8443"]),
        ('["lab.example"]', ["lab.example"]),
        ("", []),
    ):
        monkeypatch.setenv("RNN_ADDER_ALLOWED_HOSTS", text)
        assert Settings(store=False).allowed_hosts == names
    monkeypatch.setenv("RNN_ADDER_ALLOWED_HOSTS", '["lab.example"')
    with pytest.raises(ValueError, match="commas"):
        Settings(store=False)


def test_a_misspelt_setting_is_pointed_out() -> None:
    known = ["RNN_ADDER_PORT", "rnn_adder_host", "RNN_ADDER_ALLOWED_HOSTS", "RNN_ADDER_LOOKS", "PATH"]
    assert misspelt(known) == []
    assert misspelt([*known, "RNN_ADDER_ALOWED_HOST", "RNN_ADDER_XYZZY"]) == [
        "RNN_ADDER_ALOWED_HOST is no setting and is ignored: did you mean RNN_ADDER_ALLOWED_HOSTS?",
        "RNN_ADDER_XYZZY is no setting and is ignored: the README lists all settings.",
    ]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("allowed_hosts", "*"),
        ("allowed_hosts", "*.org"),
        ("allowed_hosts", "a*.example.org"),
        ("trusted_proxies", "proxy.example"),
        ("trusted_proxies", "10.0.0.5/8"),
        ("cors_origins", "blog.example"),
        ("cors_origins", "https://blog.example/"),
        ("cors_origins", "https://Blog.example"),
        ("root_path", "lab"),
        ("root_path", "//evil.example"),
        ("root_path", "/lab?x"),
    ],
)
def test_a_value_that_can_not_be_is_refused_by_name(setting: str, value: str) -> None:
    given: dict[str, Any] = {setting: value if setting == "root_path" else [value]}
    with pytest.raises(ValueError, match=setting):
        create_app(Settings(store=False, **given))


def refusals(lab: TestClient, headers: dict[str, str]) -> Iterator[tuple[int, httpx2.Response]]:
    yield 421, lab.get("/runs/a/b", headers={"host": "evil.example", **headers})
    cross = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"}
    yield 403, lab.get("/", headers={**cross, **headers})
    yield 404, lab.get("/no/such/page", headers=headers)


@pytest.mark.parametrize(("language", "word"), [("en", "This"), ("zh-CN", "此"), ("zh-TW", "此")])
def test_a_refusal_is_a_page_for_people_and_a_problem_for_programs(language: str, word: str) -> None:
    with lab() as found:
        for status, page in refusals(found, {**HTML, "accept-language": language}):
            assert (page.status_code, page.headers["content-type"]) == (status, "text/html; charset=utf-8")
            assert "<style>" in page.text
            assert "/static/" not in page.text, "files are refused as well"
            assert "<script" not in page.text
            assert f"{status} " in page.text
            if status != 404:
                assert "RNN_ADDER_" in page.text
                assert word in page.text
            assert "script-src" not in page.headers["content-security-policy"]
        for status, answer in refusals(found, {"accept-language": language}):
            assert answer.headers["content-type"] == "application/problem+json"
            assert set(answer.json()) == {"type", "title", "status", "detail"}
            assert answer.json()["status"] == status
            if status != 404:
                assert "RNN_ADDER_" in answer.json()["detail"]


def test_a_refused_page_repeats_no_markup() -> None:
    with lab() as found:
        for name in ("<script>", '"><b>', "'{{ up }}'"):
            page = found.get(f"/{name}", headers=HTML)
            assert name not in page.text.replace("{{ up }}", "")
            assert found.get("/", headers={**HTML, "host": name}).status_code == 421


def test_a_refused_page_offers_the_other_languages_at_the_same_place() -> None:
    with lab() as found:
        page = found.get("/no/such/page?x=%3C&lang=zh", headers=HTML)
        assert page.headers["content-language"] == "zh-Hans"
        assert 'href="?x=%3C&amp;lang=en"' in page.text


def test_other_sites_read_and_predict_where_settings_name_them_and_do_nothing_else() -> None:
    blog = {"origin": "https://blog.example", "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"}
    with lab(cors_origins=["https://blog.example"]) as found:
        for answer in (
            found.get("/api/runs/main", headers=blog),
            found.get("/predict?a=1&b=2", headers=blog),
            found.post("/predict", json={"a": 1, "b": 2}, headers=blog),
        ):
            assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "https://blog.example")
            assert "access-control-allow-credentials" not in answer.headers
        asking = {**blog, "access-control-request-method": "POST", "access-control-request-headers": "content-type"}
        assert found.options("/predict", headers=asking).status_code == 200
        assert found.options("/api/runs", headers=asking).status_code == 400
        assert found.post("/api/runs", json={}, headers=blog).status_code == 403
        assert found.delete("/api/runs/main", headers=blog).status_code == 403
        for origin in ("https://evil.example", "http://blog.example", "null"):
            other = {**blog, "origin": origin}
            assert found.get("/api/runs/main", headers=other).status_code == 403
            assert found.post("/predict", json={"a": 1, "b": 2}, headers=other).status_code == 403
            assert found.options("/predict", headers={**asking, "origin": origin}).status_code == 403
    with lab(cors_origins=["*"]) as found:
        assert found.get("/predict?a=1&b=2", headers=blog).headers["access-control-allow-origin"] == "*"
        assert found.post("/api/runs", json={}, headers=blog).status_code == 403
    with lab() as found:
        assert found.get("/predict?a=1&b=2", headers=blog).status_code == 403
        assert "access-control-allow-origin" not in found.get("/predict?a=1&b=2", headers={"origin": "x"}).headers


def test_a_site_that_may_read_gets_no_socket() -> None:
    with (
        lab(cors_origins=["https://blog.example"]) as found,
        pytest.raises(WebSocketDenialResponse) as refusal,
        found.websocket_connect("/api/runs/main/stream", headers={"origin": "https://blog.example"}),
    ):
        pass
    assert refusal.value.status_code == 403
