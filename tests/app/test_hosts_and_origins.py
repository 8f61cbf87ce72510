"""Who may talk to the server, over real sockets."""

import socket
from collections.abc import Iterator

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.app.serving import Server, check_problem, raw_request, run_server
from tests.patience import PATIENCE

ENGINE = "numpy"

OURS = [
    "127.0.0.1:{port}",
    "localhost:{port}",
    "LOCALHOST:{port}",
    "localhost.:{port}",
    "[::1]:{port}",
    "127.0.0.2:{port}",
]
OTHER_PORTS = ["127.0.0.1", "localhost:1", "localhost:9000", "[::1]:9000", "[::ffff:127.0.0.1]:9000"]
FOREIGN = [
    "evil.example",
    "evil.example:{port}",
    "127.0.0.1:{port}.evil.example",
    "127.0.0.1.evil.example:{port}",
    "localhost.evil.example:{port}",
    "evil.example@127.0.0.1:{port}",
    "127.0.0.1:{port}@evil.example",
    "127.0.0.1:{port}/",
    "127.0.0.1:{port}#",
    "2130706433:{port}",
    "127.1:{port}",
    "0.0.0.0:{port}",
    "[::]:{port}",
    "[::2]:{port}",
    "10.0.0.1:{port}",
    "localhost:{port}, evil.example",
    "*",
    "",
]
FOREIGN_ORIGINS = [
    "null",
    "",
    "file://",
    "http://evil.example",
    "http://evil.example:{port}",
    "http://127.0.0.1",
    "http://127.0.0.1:1",
    "https://127.0.0.1",
    "https://127.0.0.1:{port}",
    "https://localhost:{port}",
    "http://127.0.0.1:{port}.evil.example",
    "http://127.0.0.1.evil.example:{port}",
    "http://localhost.evil.example:{port}",
    "http://127.0.0.1:{port}@evil.example",
    "http://evil.example@127.0.0.1:{port}",
    "http://127.0.0.1:{port}/",
    "http://evil.example/http://127.0.0.1:{port}",
    "http://evil.example http://127.0.0.1:{port}",
    "127.0.0.1:{port}",
    "ftp://127.0.0.1:{port}",
]
UPGRADE = (
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


def ask(server: Server, head: bytes, host: str | None, extra: bytes = b"") -> int:
    line = b"" if host is None else b"Host: %s\r\n" % host.format(port=server.port).encode()
    return raw_request(server, head + b" HTTP/1.1\r\n" + line + extra + b"\r\n")[0]


@pytest.mark.parametrize("host", OURS)
def test_the_server_goes_by_every_name_of_this_machines_loopback(server: Server, host: str) -> None:
    assert ask(server, b"GET /healthz", host) == 200
    assert ask(server, b"PATCH /api/runs/main", host) == 200
    assert ask(server, b"GET /api/runs/main/stream", host, UPGRADE) == 101


@pytest.mark.parametrize("host", OTHER_PORTS)
def test_on_loopback_a_container_or_ssh_may_lead_another_port_here(server: Server, host: str) -> None:
    own = b"Origin: http://%s\r\n" % host.encode()
    assert ask(server, b"GET /healthz", host) == 200
    assert ask(server, b"PATCH /api/runs/main", host, own) == 200
    assert ask(server, b"GET /api/runs/main/stream", host, UPGRADE + own) == 101
    # Other programs on this machine have pages, too.
    other = b"Origin: http://localhost:{port}\r\n".replace(b"{port}", b"%d" % server.port)
    assert ask(server, b"PATCH /api/runs/main", host, other) == 403
    assert ask(server, b"PATCH /api/runs/main", "localhost:{port}", own) == 403


@pytest.mark.parametrize("host", FOREIGN)
@pytest.mark.parametrize(
    "head", [b"GET /healthz", b"GET /", b"GET /static/main.js", b"POST /api/runs", b"GET /nothing"]
)
def test_a_foreign_host_is_misdirected_everywhere(server: Server, host: str, head: bytes) -> None:
    assert ask(server, head, host) in ((400, 421) if not host else (421,))


@pytest.mark.parametrize("host", [host for host in FOREIGN if host])
def test_a_foreign_host_gets_no_websocket(server: Server, host: str) -> None:
    assert ask(server, b"GET /api/runs/main/stream", host, UPGRADE) == 421


def test_a_request_needs_exactly_one_host(server: Server) -> None:
    assert ask(server, b"GET /healthz", None) in (400, 421)
    assert raw_request(server, b"GET /healthz HTTP/1.0\r\n\r\n")[0] in (400, 421)
    twice = b"GET /healthz HTTP/1.1\r\nHost: localhost:%d\r\nHost: evil.example\r\n\r\n" % server.port
    assert raw_request(server, twice)[0] in (400, 421)
    assert raw_request(server, b"GET http://evil.example/healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n")[0] == 421


def test_a_misdirected_client_hears_what_to_do(http: httpx2.Client) -> None:
    problem = check_problem(http.get("/healthz", headers={"host": "evil.example"}), 421)
    assert "RNN_ADDER_ALLOWED_HOSTS" in problem["detail"]


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/runs"),
        ("POST", "/predict"),
        ("PATCH", "/api/runs/main"),
        ("DELETE", "/api/runs/main"),
        ("POST", "/api/runs/main/start"),
        ("PUT", "/nothing"),
        ("OPTIONS", "/api/runs"),
    ],
)
def test_a_foreign_origin_may_change_nothing(
    http: httpx2.Client, server: Server, origin: str, method: str, path: str
) -> None:
    check_problem(http.request(method, path, headers={"origin": origin.format(port=server.port)}), 403)
    assert http.get("/api/runs/main").json()["state"] == "ready"


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
def test_a_foreign_origin_may_look(http: httpx2.Client, server: Server, origin: str) -> None:
    for method in ("GET", "HEAD"):
        answer = http.request(method, "/api/runs", headers={"origin": origin.format(port=server.port)})
        assert answer.status_code == 200
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("origin", [f"http://{host}" for host in OURS] + ["HTTP://127.0.0.1:{port}"])
def test_our_own_pages_may(http: httpx2.Client, server: Server, origin: str) -> None:
    assert http.patch("/api/runs/main", headers={"origin": origin.format(port=server.port)}).status_code == 200


def test_two_origins_must_both_be_ours(server: Server) -> None:
    origins = b"Origin: http://127.0.0.1:%d\r\nOrigin: http://evil.example\r\n" % server.port
    assert ask(server, b"PATCH /api/runs/main", "127.0.0.1:{port}", origins) == 403


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
async def test_a_foreign_origin_gets_no_websocket(server: Server, origin: str) -> None:
    for run in ("main", "nope"):
        with pytest.raises(InvalidStatus) as refusal:
            async with connect(
                server.stream_url.format(run),
                additional_headers={"Origin": origin.format(port=server.port)},
                proxy=None,
            ):
                pass
        assert refusal.value.response.status_code == 403
        assert b'"status":403' in (refusal.value.response.body or b"")


@pytest.mark.parametrize("origin", [None, *(f"http://{host}" for host in OURS)])
async def test_our_own_pages_and_programs_get_a_websocket(server: Server, origin: str | None) -> None:
    headers = {} if origin is None else {"Origin": origin.format(port=server.port)}
    async with connect(server.stream_url.format("main"), additional_headers=headers, proxy=None) as websocket:
        assert isinstance(await websocket.recv(), str)


CROSS = {"sec-fetch-site": "cross-site"}


@pytest.mark.parametrize(
    "path",
    [
        "/api/runs/main/iterations/0",
        "/api/runs/main/accuracy",
        "/api/runs/main/errors",
        "/api/runs/main/overview",
        "/api/runs/main/checkpoint",
        "/predict?a=1&b=2&iteration=0",
        "/runs/main",
        "/?embed=1",
        "/static/main.js",
    ],
)
def test_a_page_of_another_site_can_not_have_the_server_work(http: httpx2.Client, path: str) -> None:
    for mode, destination in (("no-cors", "image"), ("cors", "empty"), ("navigate", "iframe"), ("no-cors", "script")):
        headers = {**CROSS, "sec-fetch-mode": mode, "sec-fetch-dest": destination}
        for origin in ({}, {"origin": "http://evil.example"}, {"origin": "null"}):
            problem = check_problem(http.get(path, headers={**headers, **origin}), 403)
            assert problem["detail"].startswith("A page of another site can't have this server work.")
    # It may lead people here.
    visit = {**CROSS, "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert http.get(path, headers=visit).status_code == 200


@pytest.mark.parametrize("site", ["same-origin", "same-site", "none"])
def test_others_may_have_it_work(http: httpx2.Client, site: str) -> None:
    headers = {"sec-fetch-site": site, "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"}
    assert http.get("/api/runs/main/accuracy", headers=headers).status_code == 200


def test_a_page_of_another_of_our_names_may(http: httpx2.Client, server: Server) -> None:
    headers = {**CROSS, "sec-fetch-mode": "cors", "origin": f"http://localhost:{server.port}"}
    assert http.get("/api/runs/main/accuracy", headers=headers).status_code == 200
    assert http.patch("/api/runs/main", headers=headers).status_code == 200


def test_a_request_of_another_site_that_changes_something_is_refused_without_an_origin_too(
    http: httpx2.Client,
) -> None:
    headers = {**CROSS, "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    check_problem(http.delete("/api/runs/nobody", headers={**headers, "sec-fetch-mode": "cors"}), 403)


def test_behind_a_proxy_that_speaks_tls_its_origin_is_ours_and_no_other(http: httpx2.Client, server: Server) -> None:
    behind = {"x-forwarded-proto": "https"}
    for scheme, status in (("https", 200), ("http", 403)):
        origin = {"origin": f"{scheme}://127.0.0.1:{server.port}"}
        assert http.patch("/api/runs/main", headers={**behind, **origin}).status_code == status


def test_headers_of_a_proxy_do_not_open_doors(http: httpx2.Client) -> None:
    for name, value in (
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "gopher"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-for", "1.2.3.4"),
        ("forwarded", "host=evil.example"),
    ):
        assert http.get("/healthz", headers={name: value}).status_code == 200
        check_problem(http.get("/healthz", headers={name: value, "host": "evil.example"}), 421)


@pytest.fixture(scope="module")
def open_server() -> Iterator[Server]:
    with run_server(
        "--host", "0.0.0.0", engine="numpy", access="open", allowed_hosts='["lab.example", "Other.Example:8443"]'
    ) as server:
        yield server
        assert server.end() == 0
        assert server.complaints() == []


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:{port}", 200),
        ("localhost:{port}", 200),
        ("lab.example", 200),
        ("LAB.example.:1234", 200),
        ("other.example:8443", 200),
        ("other.example", 421),
        ("other.example:{port}", 421),
        ("evil.lab.example", 421),
        ("lab.example.evil", 421),
        ("evil.example:{port}", 421),
        ("192.0.2.1:{port}", 421),
    ],
)
def test_a_server_open_to_others_goes_by_its_addresses_and_allowed_names(
    open_server: Server, host: str, status: int
) -> None:
    assert ask(open_server, b"GET /healthz", host) == status
    origin = b"Origin: http://%s\r\n" % host.format(port=open_server.port).encode()
    allowed = ask(open_server, b"PATCH /api/runs/main", "127.0.0.1:{port}", origin)
    assert allowed == {200: 200, 421: 403}[status]


@pytest.mark.parametrize(
    ("origin", "status"),
    [("https://lab.example:1234", 200), ("https://other.example:8443", 200), ("https://127.0.0.1:{port}", 403)],
)
def test_only_allowed_names_may_be_those_of_a_proxy_that_does_not_say_that_it_speaks_tls(
    open_server: Server, origin: str, status: int
) -> None:
    header = b"Origin: %s\r\n" % origin.format(port=open_server.port).encode()
    assert ask(open_server, b"PATCH /api/runs/main", "127.0.0.1:{port}", header) == status


def test_a_server_open_to_others_goes_by_this_machines_name(open_server: Server) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing; tells the address others see
        except OSError:
            pytest.skip("this machine has no address but loopback")
        address = probe.getsockname()[0]
    outside = httpx2.Client(base_url=f"http://{address}:{open_server.port}", trust_env=False, timeout=PATIENCE)
    with outside:
        assert outside.get("/healthz").status_code == 200
        assert (
            outside.get("/healthz", headers={"host": f"{socket.gethostname()}:{open_server.port}"}).status_code == 200
        )
        check_problem(outside.get("/healthz", headers={"host": f"evil.example:{open_server.port}"}), 421)
        assert outside.get("/healthz", headers={"host": "127.0.0.1:9000"}).status_code == 200  # as in a container
        own = {"origin": f"http://{address}:{open_server.port}"}
        assert outside.patch("/api/runs/main", headers=own).status_code == 200
