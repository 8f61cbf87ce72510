"""The presenter's token, and the key that signs cookies. They lie in the data folder and survive a restart."""

import hmac
import json
import logging
import os
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from filelock import FileLock

from ..storage.files import replace

logger = logging.getLogger(__name__)

FILE = "access.json"

DAYS = 30
LIFETIME = DAYS * 24 * 3600
"""Seconds for which a cookie is valid."""

TOKEN_BYTES = 24


@dataclass(frozen=True)
class Keys:
    """What proves who somebody is. Neither is ever logged or shown, but for the token in the presenter's own link.

    Attributes:
        token: the presenter's. Cookies of presenters are signed with it, so a new token ends them all.
        key: signs the cookies of visitors. It stays when the token is renewed.
    """

    token: str
    key: str

    def __repr__(self) -> str:
        return "Keys()"

    @classmethod
    def new(cls) -> "Keys":
        """Keys that nobody knows."""
        return cls(secrets.token_urlsafe(TOKEN_BYTES), secrets.token_urlsafe(TOKEN_BYTES))

    def renewed(self) -> "Keys":
        """The same with another token."""
        return Keys(secrets.token_urlsafe(TOKEN_BYTES), self.key)

    @property
    def cookie(self) -> str:
        """The name of this server's cookie. Browsers send a cookie to all ports of a host: two labs on one machine have
        two names.
        """
        return f"lab-{sha256(self.key.encode()).hexdigest()[:8]}"

    def is_token(self, text: str) -> bool:
        """Whether this is the token. It takes equally long for all texts of the same length."""
        return hmac.compare_digest(text.encode(), self.token.encode())

    def presenters(self) -> str:
        """What a presenter's cookie holds."""
        return signed("presenter", self.token, "presenter")

    def is_presenters(self, text: str) -> bool:
        """Whether a cookie is a presenter's, and of the last days."""
        return unsigned(text, self.token, "presenter") == "presenter"

    def visitors(self, visitor: str) -> str:
        """What the cookie of this visitor holds."""
        return signed(visitor, self.key, "visitor")

    def visitor_of(self, text: str) -> str | None:
        """The visitor of a cookie; None if it is forged or too old."""
        return unsigned(text, self.key, "visitor")


def signed(value: str, key: str, purpose: str) -> str:
    """A value that a client may keep but not change: with the time, and an HMAC (RFC 2104) of both by SHA-256."""
    content = f"{value}.{int(time.time())}"
    return f"{content}.{_signature(content, key, purpose)}"


def unsigned(text: str, key: str, purpose: str) -> str | None:
    """The value that was signed; None if it was signed by another key or for another purpose, or too long ago."""
    content, _, signature = text.rpartition(".")
    if not hmac.compare_digest(signature.encode(), _signature(content, key, purpose).encode()):
        return None
    value, _, seconds = content.rpartition(".")
    return value if time.time() < int(seconds) + LIFETIME else None


def _signature(content: str, key: str, purpose: str) -> str:
    return hmac.new(key.encode(), f"rnn-adder {purpose}.{content}".encode(), sha256).hexdigest()


def new_visitor() -> str:
    """The id of a visitor that nobody has had."""
    return secrets.token_hex(8)


class KeyFile:
    """The keys of a data folder."""

    def __init__(self, folder: Path) -> None:
        """Nothing is read or written yet."""
        self._folder = folder
        self.file = folder / FILE

    def read(self) -> Keys | None:
        """The keys that are there; None if there are none, or none that make sense.

        Raises:
            OSError: the file can't be read.
        """
        try:
            found = json.loads(self.file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except ValueError:
            found = None
        texts = [found.get(name) for name in ("token", "key")] if isinstance(found, dict) else []
        token, key = texts or (None, None)
        return Keys(token, key) if isinstance(token, str) and isinstance(key, str) and token and key else None

    def keys(self) -> Keys:
        """The keys. If there are none yet, they are made.

        Raises:
            OSError: they can't be read or written.
        """
        return self.read() or self._change(lambda found: found or Keys.new())

    def renew(self) -> Keys:
        """Make a new token. The old one, and all cookies of presenters, are of no use from now on.

        Raises:
            OSError: it can't be written.
        """
        return self._change(lambda found: found.renewed() if found else Keys.new())

    def _change(self, change: Callable[[Keys | None], Keys]) -> Keys:
        self._folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self._folder / f"{FILE}.lock"):
            found = self.read()
            if found is None and self.file.exists():
                logger.warning("%s makes no sense and is written anew: all links and cookies are new", self.file)
            keys = change(found)
            new = self.file.with_name(f"{FILE}.new")
            new.unlink(missing_ok=True)
            with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                json.dump(asdict(keys), file)
            replace(new, self.file)
        return keys
