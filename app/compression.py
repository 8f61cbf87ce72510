"""Answers are compressed for clients that accept that.

Compressed answers can betray a secret that stands in them beside what an attacker chooses (BREACH). No answer of this
server holds a secret: no token, no password, nothing that the one who asks may not read.
"""

from functools import lru_cache

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LEAST = 1000
"""Bytes. Smaller answers, such as the status of a run, fit into one packet in any case."""

IN_A_THREAD = 64 * 1024
"""Bytes. Compressing an answer of this size takes about a millisecond. A longer one leaves the event loop alone."""

LEVEL = 6

LEFT_ALONE = (*DEFAULT_EXCLUDED_CONTENT_TYPES, "application/octet-stream")
"""The types of answers that hardly get smaller: weights and errors are noise in their lower digits."""

COMPRESSED_ALREADY = "/static/built/"
"""Part of the paths of files that were compressed when the page was built."""

ALWAYS_SMALL = ("/predict", "/healthz")
"""How the paths of answers end that programs ask for again and again. To look at them would cost more than it saves."""


def accepted_by(scope: Scope) -> str:
    """The encodings that a client accepts, as its header says it."""
    return ",".join(Headers(scope=scope).getlist("accept-encoding"))


@lru_cache(maxsize=64)
def best_encoding(accepted: str, offered: tuple[str, ...]) -> str:
    """The encoding that suits a client best (RFC 9110, 12.5.3).

    Args:
        accepted: the value of Accept-Encoding. What is not well formed in it counts as not accepted.
        offered: the encodings there are, the best first.

    Returns:
        one of those offered, or "identity".
    """
    qualities: dict[str, float] = {}
    for part in accepted.lower().split(","):
        name, *parameters = (word.strip() for word in part.split(";"))
        qualities[name.removeprefix("x-")] = _quality(parameters)
    others = qualities.get("*", 0.0)
    best = max(offered, key=lambda name: qualities.get(name, others))
    quality = qualities.get(best, others)
    return best if quality > 0 and quality >= qualities.get("identity", 0.0) else "identity"


def _quality(parameters: list[str]) -> float:
    """The weight in the parameters of an encoding, from 0 to 1; 1 if they name none."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                quality = float(value)
            except ValueError:
                return 0.0
            return quality if 0 <= quality <= 1 else 0.0
    return 1.0


def weaken(headers: MutableHeaders) -> None:
    """Say that an answer has been compressed on its way: its bytes are not those that its tag was made of."""
    if headers.get("etag", "").startswith('"'):
        headers["etag"] = f"W/{headers['etag']}"
    if "accept-ranges" in headers:
        headers["accept-ranges"] = "none"


class Compressed:
    """ASGI shell: compresses answers by gzip, if the client accepts it, unless they are small or compressed already.

    Starlette's middleware does the work. This shell reads the client's header strictly, and makes the tag of a
    compressed answer a weak one: its bytes are not those of the answer that is not compressed.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._gzip = GZipMiddleware(
            app, LEAST, LEVEL, thread_minimum_size=IN_A_THREAD, exclude_content_types=LEFT_ALONE
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on."""
        path = scope.get("path", "")
        if scope["type"] != "http" or path.endswith(ALWAYS_SMALL) or COMPRESSED_ALREADY in path:
            await self.app(scope, receive, send)
            return
        chosen = best_encoding(accepted_by(scope), ("gzip",)).encode()
        headers = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
        read = {**scope, "headers": [*headers, (b"accept-encoding", chosen)]}

        async def send_weakened(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = MutableHeaders(raw=message["headers"])
                if sent.get("content-encoding") == "gzip":
                    weaken(sent)
            await send(message)

        await self._gzip(read, receive, send_weakened)
