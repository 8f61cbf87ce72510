"""Hosts and ports, as Host headers, origins and settings write them."""

import re
import socket
from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}

_AUTHORITY_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-_:[]")


class Place(NamedTuple):
    """A host, as a name or an address, and a port; None if none was given."""

    host: str
    port: int | None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"


def parse_authority(text: str) -> Place | None:
    """`host`, `host:port`, `[v6]:port`; None for anything else."""
    try:
        parts = urlsplit(f"//{text}")
        port = parts.port
    except ValueError:
        return None
    if parts.netloc != text or not parts.hostname or not _AUTHORITY_CHARACTERS.issuperset(text.lower()):
        return None
    if text.rpartition("]")[2][:1] not in ("", ":") and "]" in text:
        return None  # urlsplit ignores text between the bracket and the port
    host = normal(parts.hostname)
    return Place(host, port) if host else None


def parse_origin(text: str) -> Place | None:
    """`http://host:port`, with the default port if none is given; None for `null` and anything else."""
    scheme, separator, authority = text.partition("://")
    place = parse_authority(authority)
    if not separator or scheme.lower() not in ("http", "https") or place is None:
        return None
    return Place(place.host, place.port or DEFAULT_PORTS[scheme.lower()])


def scheme_of(origin: str) -> str:
    """`http` or `https`, from a valid origin."""
    return origin.partition("://")[0].lower()


def normal(host: str) -> str:
    """A host in the form in which it is compared: of all ways to write an address there is one."""
    host = host.lower().removesuffix(".")
    try:
        address = ip_address(host)
    except ValueError:
        return host
    # A server that listens on all IPv6 addresses sees IPv4 ones mapped into them (RFC 4291, 2.5.5.2).
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


def is_loopback(host: str) -> bool:
    """Whether a normal host is this machine itself, as seen from itself."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def only_here(host: str) -> bool:
    """Whether a server that listens on this host, as a setting names it, is reached from this machine alone."""
    named = normal(host)
    if is_loopback(named):
        return True
    try:
        ip_address(named)
    except ValueError:
        pass
    else:
        return False
    try:  # a name: where `bind` would listen
        found = socket.getaddrinfo(host or None, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        return False
    return is_loopback(normal(str(found[0][4][0])))


_STAR = "*."


class Names:
    """The names that a setting gives this server: `lab.example`, `lab.example:8443`, or a pattern as in
    `*.app.github.dev`, for all names below that one.
    """

    def __init__(self, texts: Iterable[str] = ()) -> None:
        """Read them.

        Raises:
            ValueError: one of them is not a name, or a pattern so wide that anybody has a name that fits.
        """
        self._exact: set[Place] = set()
        self._below: set[Place] = set()
        for text in texts:
            place = parse_authority(text.removeprefix(_STAR))
            pattern = text.startswith(_STAR)
            if place is None or (pattern and "." not in place.host):
                raise ValueError(
                    f'allowed_hosts must hold names such as "lab.example:8000" or "*.lab.example", not "{text}"'
                )
            (self._below if pattern else self._exact).add(place)

    def have(self, place: Place) -> bool:
        """Whether a host and port are named, one by one or by a pattern."""
        if self.have_exactly(place):
            return True
        labels = place.host.split(".")
        above = (".".join(labels[k:]) for k in range(1, len(labels)))
        return bool(self._below) and any(
            not self._below.isdisjoint({Place(name, place.port), Place(name, None)}) for name in above
        )

    def have_exactly(self, place: Place) -> bool:
        """Whether a host and port are named without a pattern."""
        return place in self._exact or Place(place.host, None) in self._exact


ORIGIN = re.compile(r"\*|https?://[A-Za-z0-9.*:\[\]-]+")
"""An origin as settings write it, in the form of Content-Security-Policy."""
