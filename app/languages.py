"""The languages of the lab: which one a request gets, and how a text is translated.

Texts are English in the code. They are also their own keys in the catalogues under app/locales: `server` for texts of
the server and its pages, `page` for texts of the pages' scripts. scripts/messages updates the catalogues, and the
build makes JSON of them, which is what the server reads.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Annotated, TypeAlias, TypeVar

from pydantic import BeforeValidator
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from rnn_core.text import Joined, Text

LOCALES = Path(__file__).parent / "locales"

ENGLISH, SIMPLIFIED, TRADITIONAL = "en", "zh", "zh-Hant"


def folder_of(language: str) -> Path:
    """Where a language's catalogues are."""
    return LOCALES / language.replace("-", "_")


NAMES = {ENGLISH: "English", SIMPLIFIED: "简体", TRADITIONAL: "繁體"}

LANGUAGES = {
    name: itself for name, itself in NAMES.items() if name == ENGLISH or (folder_of(name) / "page.json").is_file()
}
"""Each language by its name in an address: its own name for itself. The first is the language of the code. Translations
are made when the package is built; without a build they are missing.
"""

TAGS = {ENGLISH: "en", SIMPLIFIED: "zh-Hans", TRADITIONAL: "zh-Hant"}
"""Their names in HTML."""

TRADITIONAL_SUBTAGS = {"hant", "tw", "hk", "mo"}
"""The script, and the regions that use it."""

COOKIE = "language"
"""The cookie in which a browser keeps the chosen language until it is closed."""

FOR_PROGRAMS = ("/api/", "/predict")
"""The beginnings of paths that are not pages."""

APART = ("tour", "inside", "visitor")
"""What the lab fetches when it is first opened, with texts of its own."""

Catalogue: TypeAlias = dict[str, str | list[str]]
"""The translation of each English text, or, for a text that counts something, one for each plural form."""

R = TypeVar("R")

_spoken: ContextVar[str] = ContextVar("spoken", default=ENGLISH)


def spoken() -> str:
    """The current language: that of the request that is being answered."""
    return _spoken.get()


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Make it the current language until the context ends."""
    token = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(token)


@lru_cache
def catalogue(language: str, domain: str) -> Catalogue:
    """The translations of a language; none for English.

    Args:
        language: one of `LANGUAGES`.
        domain: "server"; "page" for the texts of all scripts, "lab" for those that the lab begins with, or "sweeps" for
            those of the page of sweeps; or one of `APART` for those that come with this part of the lab.
    """
    if language == ENGLISH:
        return {}
    made: Catalogue = json.loads((folder_of(language) / f"{domain}.json").read_text(encoding="utf-8"))
    return made


def say(text: str) -> str:
    """A text in the current language; in English if there is no translation."""
    language = spoken()
    if language == ENGLISH:
        return str.__str__(text)
    if isinstance(text, Joined):
        return say(text.separator).join(map(told, text.parts))
    values = text.values if isinstance(text, Text) else {}
    template = text.template if isinstance(text, Text) else text
    found = catalogue(language, "server").get(template)
    if not isinstance(found, str):
        return str.__str__(text)
    said = {name: told(value) if isinstance(value, str) else value for name, value in values.items()}
    return found.format(**said) if isinstance(text, Text) else found


def told(written: str) -> str:
    """A text in the current language. What a person wrote, such as a name, stays as it is."""
    return say(written) if isinstance(written, Text) else written


def say_some(one: str, many: str, number: int) -> str:
    """A text that counts something, in the current language, in the form that templates call."""
    forms = catalogue(spoken(), "server").get(one)
    return (forms if isinstance(forms, list) else [one, many])[0 if number == 1 else -1]


def _say_if_any(text: object) -> object:
    return say(text) if isinstance(text, str) else text


Words = Annotated[str, BeforeValidator(_say_if_any)]
"""A string for people in a message. It is translated to the current language when the message is made."""


def language_of(tag: str) -> str | None:
    """The language of a tag (BCP 47) such as "zh-TW" or "en-GB"; None for a language that the lab does not speak.

    Simplified and Traditional Chinese do not replace each other: if one is missing, English is used.
    """
    primary, *others = tag.lower().replace("_", "-").split("-")
    if primary == "zh":
        found = TRADITIONAL if "hans" not in others and TRADITIONAL_SUBTAGS.intersection(others) else SIMPLIFIED
    elif primary == "en":
        found = ENGLISH
    else:
        return None
    return found if found in LANGUAGES else ENGLISH


@lru_cache(maxsize=256)
def preferred(accepted: str) -> str:
    """The first language in the order of an Accept-Language header (RFC 9110) that the lab speaks."""
    ranges = [part.partition(";") for part in accepted.split(",")]
    wanted = [(_quality(weight), tag.strip()) for tag, _, weight in ranges]
    wanted.sort(key=lambda each: -each[0])  # equal ones stay in their order
    return next((language for quality, tag in wanted if quality > 0 and (language := language_of(tag))), ENGLISH)


def _quality(weight: str) -> float:
    """How much a language is wanted, from `q=0.8`: 1 if nothing is said, 0 if that is not a number from 0 to 1."""
    if not weight.strip():
        return 1.0
    found = QUALITY.fullmatch(weight.strip())
    return float(found[1]) if found else 0.0


def asked_for(connection: HTTPConnection) -> str | None:
    """The language in a page's address, `?lang=zh`, or else the one that was chosen before; None if there is none."""
    names = connection.query_params.get("lang"), connection.cookies.get(COOKIE)
    return next((language for name in names if name and (language := language_of(name))), None)


def told_in(languages: set[str], make: Callable[[], R]) -> dict[str, R]:
    """The results of `make` in each of these languages."""
    told = {}
    for language in languages:
        with speaking(language):
            told[language] = make()
    return told


QUALITY = re.compile(r"[qQ] *= *(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")
"""A weight in an Accept-Language header (RFC 9110)."""

LOOKED_AT = 1000
"""The number of bytes of an Accept-Language header that are read. Browsers send fewer than a hundred."""


class Languages:
    """ASGI shell: a page is in the language that was asked for. All other answers, and pages for which no language was
    asked, are in the one that Accept-Language prefers. There a page's script names the language of its page.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on."""
        language = None
        if scope["type"] == "websocket" or (scope["type"] == "http" and not scope["path"].startswith(FOR_PROGRAMS)):
            language = asked_for(HTTPConnection(scope))
        if language is None:
            accepted = next((value for name, value in scope.get("headers", ()) if name == b"accept-language"), b"")
            language = preferred(accepted[:LOOKED_AT].decode("latin-1")) if accepted else ENGLISH
        with speaking(language):
            await self.app(scope, receive, send)
