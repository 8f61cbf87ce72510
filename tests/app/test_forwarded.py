"""What proxies say, in its usual forms, in odd ones, and forged."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send

from app.addresses import PREFIX
from app.forwarded import BY_SETTING, TOLD_HOST, Forwarded, check_proxies


def told(
    headers: list[tuple[str, str]], peer: str = "127.0.0.1", trusted: tuple[str, ...] = (), kind: str = "http"
) -> Any:
    """The scope that is inside, for a request with these headers."""
    seen: dict[str, Any] = {}

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        seen.update(scope)

    scope = {
        "type": kind,
        "scheme": {"http": "http", "websocket": "ws"}[kind],
        "client": (peer, 5000),
        "server": ("::ffff:127.0.0.1", 8000),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers],
    }
    asyncio.run(Forwarded(inner, trusted)(scope, None, None))  # type: ignore[arg-type]
    return seen


@pytest.mark.parametrize(
    ("headers", "client"),
    [
        ([("x-forwarded-for", "203.0.113.7")], "203.0.113.7"),
        ([("x-forwarded-for", "203.0.113.7:4711")], "203.0.113.7"),
        ([("x-forwarded-for", "2001:DB8::1")], "2001:db8::1"),
        ([("x-forwarded-for", "[2001:db8::1]:4711")], "2001:db8::1"),
        ([("x-forwarded-for", "::ffff:203.0.113.7")], "203.0.113.7"),
        ([("x-forwarded-for", "1.1.1.1, 203.0.113.7")], "203.0.113.7"),  # the first is what the client claims
        ([("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "203.0.113.7")], "203.0.113.7"),
        ([("x-forwarded-for", "203.0.113.7, 127.0.0.1")], "203.0.113.7"),  # through two proxies on this machine
        ([("x-forwarded-for", "unknown")], "127.0.0.1"),
        ([("x-forwarded-for", "")], "127.0.0.1"),
        ([("x-forwarded-for", ",,,")], "127.0.0.1"),
        ([("x-forwarded-for", "203.0.113.7, nonsense")], "127.0.0.1"),
        ([("forwarded", "for=203.0.113.7")], "203.0.113.7"),
        ([("forwarded", 'for="[2001:db8::1]:4711";by=x')], "2001:db8::1"),
        ([("forwarded", "for=1.1.1.1, for=203.0.113.7")], "203.0.113.7"),
        ([("forwarded", "for=_hidden")], "127.0.0.1"),
        ([("forwarded", 'for="203.0.113.7')], "127.0.0.1"),
        ([("forwarded", "for=1.1.1.1"), ("x-forwarded-for", "203.0.113.7")], "203.0.113.7"),
    ],
)
def test_the_client_is_the_one_that_the_proxy_saw(headers: list[tuple[str, str]], client: str) -> None:
    assert told(headers)["client"][0] == client


@pytest.mark.parametrize("peer", ["203.0.113.9", "10.0.0.5", "::2"])
def test_nobody_else_is_believed(peer: str) -> None:
    everything = [
        ("x-forwarded-for", "1.1.1.1"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "lab.example"),
        ("x-forwarded-prefix", "/lab"),
        ("forwarded", "for=1.1.1.1;host=lab.example;proto=https"),
    ]
    scope = told(everything, peer)
    assert (scope["client"][0], scope["scheme"]) == (peer, "http")
    assert not {TOLD_HOST, BY_SETTING, PREFIX} & set(scope)
    assert told(everything, "127.0.0.1", ("10.0.0.5",))["scheme"] == "http", "named proxies replace the default"


def test_two_proxies_that_the_settings_name_are_seen_through() -> None:
    headers = [
        ("x-forwarded-for", "9.9.9.9, 203.0.113.7, 10.0.0.6"),
        ("x-forwarded-proto", "http, https, http"),
        ("x-forwarded-host", "evil.example, lab.example, inner.example"),
    ]
    scope = told(headers, "10.0.0.5", ("10.0.0.0/8",))
    assert (scope["client"][0], scope["scheme"], str(scope[TOLD_HOST])) == ("203.0.113.7", "https", "lab.example")
    assert scope[BY_SETTING]


def test_a_socket_has_the_scheme_of_sockets() -> None:
    assert told([("x-forwarded-proto", "https")], kind="websocket")["scheme"] == "wss"
    for odd in ("gopher", "", "https http", "javascript:"):
        assert told([("x-forwarded-proto", odd)])["scheme"] == "http"


def test_an_address_mapped_into_ipv6_is_the_ipv4_one() -> None:
    scope = told([("x-forwarded-for", "203.0.113.7")], "::ffff:127.0.0.1")
    assert (scope["client"][0], scope["server"]) == ("203.0.113.7", ("127.0.0.1", 8000))


@pytest.mark.parametrize("prefix", ["/lab", "/lab/", "/user/ada@x.example/proxy/8000"])
def test_a_prefix_is_told(prefix: str) -> None:
    assert told([("x-forwarded-prefix", prefix)])[PREFIX] == prefix.rstrip("/")


@pytest.mark.parametrize("prefix", ["lab", "//evil.example", "/a;b", "/a b", '/a"b', "https://evil.example", "/"])
def test_an_odd_prefix_is_none(prefix: str) -> None:
    assert PREFIX not in told([("x-forwarded-prefix", prefix)])


names = st.sampled_from(
    ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port", "x-forwarded-prefix"]
)
values = st.text(st.characters(max_codepoint=255), max_size=60) | st.text('for=host;,"\\:[]. 127', max_size=60)


@given(st.lists(st.tuples(names, values), max_size=5))
def test_nothing_that_is_told_breaks_the_server(headers: list[tuple[str, str]]) -> None:
    scope = told(headers)
    assert scope["scheme"] in ("http", "https")
    assert scope["client"][0]


def test_a_long_header_takes_no_long_time() -> None:
    told([("forwarded", "for=1.1.1.1," * 5000 + '"' + "\\" * 5000)])
    told([("x-forwarded-for", "1.1.1.1," * 5000)])


def test_proxies_are_addresses_and_networks() -> None:
    assert len(check_proxies(["10.0.0.5", "fd00::/8", "*"])) == 4
    with pytest.raises(ValueError, match="trusted_proxies"):
        check_proxies(["proxy.example"])
