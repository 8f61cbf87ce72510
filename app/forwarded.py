"""What proxies say of a request that they pass on: whose it is, and by which address the browser asked for it.

Uvicorn has a shell for this, too. It reads the client and the scheme from X-Forwarded-*. This one also reads the host
and the prefix, and the header of RFC 7239, because the checks of Host and Origin need them.
"""

import re
from collections.abc import Collection, Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from starlette.types import ASGIApp, Receive, Scope, Send

from .addresses import PREFIX, PREFIXES
from .places import Place, normal, parse_authority

Network: TypeAlias = IPv4Network | IPv6Network

ANYBODY = "*"
EVERYWHERE = ("0.0.0.0/0", "::/0")
THIS_MACHINE = ("127.0.0.0/8", "::1")
"""Without a setting, proxies on this machine are believed. Most of them are: nginx, Jupyter, ssh, Codespaces."""

TOLD_HOST = "rnn_adder.told_host"
"""The member of a request's scope that holds the host and port which a proxy says that the browser asked for."""

BY_SETTING = "rnn_adder.told_by_setting"
"""The member that says whether the settings name that proxy."""

_X = {b"x-forwarded-for": "for", b"x-forwarded-proto": "proto", b"x-forwarded-host": "host"}
_PAIR = re.compile(r"""\s*([!#$%&'*+.^_`|~\w-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*))\s*""", re.ASCII)
"""A parameter of the Forwarded header, `for="[2001:db8::1]:4711"` (RFC 7239, 4)."""

Hop: TypeAlias = dict[str, str]
"""What one proxy says: "for", "proto", "host"."""

Headers: TypeAlias = Collection[tuple[bytes, bytes]]
"""A request's headers, with names in small letters."""


def check_proxies(texts: Iterable[str]) -> list[Network]:
    """The networks of trusted proxies, as the setting names them.

    Raises:
        ValueError: one of them is neither an address nor a network.
    """
    networks = []
    for text in texts:
        for part in EVERYWHERE if text == ANYBODY else (text,):
            try:
                networks.append(ip_network(part))
            except ValueError:
                raise ValueError(
                    'trusted_proxies must hold addresses such as "10.0.0.5", networks such as "10.0.0.0/8", or "*", '
                    f'not "{text}"'
                ) from None
    return networks


class Proxies:
    """The proxies that are believed, and what they say of a request."""

    def __init__(self, trusted: Collection[str] = ()) -> None:
        """Name them.

        Args:
            trusted: their addresses and networks; without any, proxies on this machine are believed.

        Raises:
            ValueError: one of them is neither an address nor a network.
        """
        named = check_proxies(trusted)
        self.by_setting = bool(named)
        self._only_last = ANYBODY in trusted  # what came before it may be anybody's claim
        self._networks = named or check_proxies(THIS_MACHINE)

    def trust(self, address: str) -> bool:
        """Whether a connection from this address, in its normal form, is a proxy's."""
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._networks)

    def tell(self, headers: Headers) -> Hop:
        """What the outermost trusted proxy says. Each proxy adds to the right what it knows of the one before it."""
        hops = _x_hops(headers) or _rfc_hops(_joined(headers, b"forwarded"))
        if self._only_last:
            return hops[-1] if hops else {}
        for hop in reversed(hops):
            address = _address(hop.get("for", ""))
            if address is None or not self.trust(address):
                return hop
        return hops[0] if hops else {}

    def client(self, headers: Headers) -> str | None:
        """The address of the client that they name, in its normal form; None if they name none."""
        return _address(self.tell(headers).get("for", ""))


class Forwarded:
    """ASGI shell: a request from a trusted proxy gets the client, the scheme and the prefix that the proxy tells.

    The host goes into `TOLD_HOST`: the guard decides what it is good for. Addresses are in their normal form inside.
    """

    def __init__(self, app: ASGIApp, trusted: Collection[str] = ()) -> None:
        """Wrap `app`.

        Args:
            app: the application.
            trusted: addresses and networks of proxies; without any, proxies on this machine are believed.

        Raises:
            ValueError: one of them is neither an address nor a network.
        """
        self.app = app
        self._proxies = Proxies(trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on."""
        if scope["type"] in ("http", "websocket"):
            for end in ("client", "server"):
                if scope.get(end) is not None:
                    scope[end] = (normal(scope[end][0]), scope[end][1])
            if scope.get("client") and self._proxies.trust(scope["client"][0]):
                self._believe(scope)
        await self.app(scope, receive, send)

    def _believe(self, scope: Scope) -> None:
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        hop = self._proxies.tell(headers)
        proto = hop.get("proto", "").lower()
        if proto in ("http", "https"):
            scope["scheme"] = proto.replace("http", "ws") if scope["type"] == "websocket" else proto
        if (client := _address(hop.get("for", ""))) is not None:
            scope["client"] = (client, 0)
        if (host := parse_authority(hop.get("host", ""))) is not None:
            scope[TOLD_HOST] = _with_port(host, _joined(headers, b"x-forwarded-port"))
            scope[BY_SETTING] = self._proxies.by_setting
        prefix = _joined(headers, b"x-forwarded-prefix").rstrip("/")
        if prefix and PREFIXES.fullmatch(prefix):
            scope[PREFIX] = prefix


def _joined(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str:
    """A header's values as one list (RFC 9110, 5.3)."""
    return ",".join(value.decode("latin-1") for key, value in headers if key == name).strip()


def _x_hops(headers: Iterable[tuple[bytes, bytes]]) -> list[Hop]:
    """What X-Forwarded-* say, proxy by proxy. A proxy that replaces a list, and does not add to it, says it of all."""
    lists = {
        name: [part.strip() for part in text.split(",")] for key, name in _X.items() if (text := _joined(headers, key))
    }
    longest = max(map(len, lists.values()), default=0)
    return [{name: parts[max(0, len(parts) - longest + k)] for name, parts in lists.items()} for k in range(longest)]


def _rfc_hops(text: str) -> list[Hop]:
    """What Forwarded says, proxy by proxy; nothing if it is not as RFC 7239 has it."""
    hops: list[Hop] = [{}] if text else []
    place = 0
    while place < len(text):
        pair = _PAIR.match(text, place)
        if pair is None:
            return []
        name, quoted, plain = pair.groups()
        hops[-1].setdefault(name.lower(), plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted))
        place = pair.end()
        if place < len(text):
            if text[place] not in ",;":
                return []
            if text[place] == ",":
                hops.append({})
            place += 1
    return hops


def _address(node: str) -> str | None:
    """The address in `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:80`; None for names
    that a proxy made up, such as `unknown` and `_secret`.
    """
    bracketed = re.fullmatch(r"\[([^\]]*)\](?::\w+)?|([^:]*):\w+", node)
    text = node if bracketed is None else bracketed[1] or bracketed[2] or ""
    try:
        ip_address(text)
    except ValueError:
        return None
    return normal(text)


def _with_port(host: Place, port: str) -> Place:
    """A host without a port gets the one that X-Forwarded-Port names."""
    return host if host.port is not None or not re.fullmatch("[0-9]{1,5}", port) else Place(host.host, int(port))
