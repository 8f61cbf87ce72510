"""The HTML pages, and the checks of health and readiness."""

import asyncio
from base64 import b64encode
from functools import cache
from hashlib import sha256
from http import HTTPStatus
from itertools import groupby
from typing import Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from starlette.types import Scope

from rnn_core import TrainingConfig
from rnn_core.config import BRANCHABLE, OPTIONS, RULES
from rnn_core.network.parts import make_task
from rnn_core.text import Text, in_a_row

from ..about import ARTICLE, AUTHORS, LICENCE, VERSION
from ..access.gate import person_of
from ..addresses import prefix_of, up_from
from ..freshness import unless_unchanged
from ..glossary import OF_FIELDS
from ..languages import (
    COOKIE,
    LANGUAGES,
    TAGS,
    Catalogue,
    asked_for,
    catalogue,
    language_of,
    say,
    say_some,
    spoken,
    told,
)
from ..messages.outgoing import Health, Readiness, StorageStatus
from ..names import CHOICES, COMPARED, FIELDS, IN_SENTENCES, MAIN, READ
from ..operators import is_operator
from ..paths import STATIC, TEMPLATES
from ..presets import PRESETS
from ..problems import Problem
from ..refusals import Busy, Refusal
from ..requests import unless_gone
from ..storage.room import in_words
from ..sweep_presets import SWEEP_PRESETS
from .common import PROBLEMS, Runs
from .options import options
from .past import MAX_CHECKPOINT

DISK_SECONDS = 10.0
"""Seconds to wait for the disk until the lab counts as not ready."""

router = APIRouter()
environment = Environment(
    loader=FileSystemLoader(TEMPLATES), autoescape=True, extensions=["jinja2.ext.i18n"], auto_reload=False
)
environment.policies["ext.i18n.trimmed"] = True
environment.policies["json.dumps_kwargs"] = {"sort_keys": True, "ensure_ascii": False}
environment.install_gettext_callables(say, say_some, newstyle=True)  # type: ignore[attr-defined]
environment.filters["say"] = say


def in_language(request: Request, language: str) -> str:
    """The query that leads to the same page in another language."""
    others = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
    return f"?{urlencode([*others, ('lang', language)])}"


environment.globals |= {
    "icon": (STATIC / "favicon.svg").read_text(encoding="utf-8").strip(),
    "in_language": in_language,
    "languages": LANGUAGES,
    "spoken": spoken,
    "tag": lambda language=None: TAGS[language or spoken()],
    "names": FIELDS,
    "choices": CHOICES,
    "rules": RULES,
    "groups": {title: list(names) for title, names in groupby(OPTIONS, lambda name: OPTIONS[name].group)},
    "branchable": BRANCHABLE,
    "presets": PRESETS,
    "words_of_fields": OF_FIELDS,
    "about": {"version": VERSION, "authors": AUTHORS, "licence": LICENCE, "article": ARTICLE},
}


def places(request: Request) -> dict[str, Any]:
    """What a page needs to name its files: the way up to the root, and the function that says which they are."""
    return {"up": up_from(request.scope), "files_of": request.app.state.page_files}


templates = Jinja2Templates(env=environment, context_processors=[places])


DOMAINS = {"index.html": "lab", "sweeps.html": "sweeps"}
"""The texts of the scripts of those pages that have some of their own."""


def page(request: Request, template: str, context: dict[str, Any], status: HTTPStatus = HTTPStatus.OK) -> Response:
    """A page, in the current language. If the address named the language, it is remembered for other pages."""
    language = spoken()
    words = {
        "page_words": page_words(DOMAINS.get(template, "page")),
        "chosen": asked_for(request) is not None,
    }
    headers = {
        "Cache-Control": "no-cache",
        "Content-Language": TAGS[language],
        "Vary": "Accept-Language, Cookie",
    }
    response = templates.TemplateResponse(request, template, {**context, **words}, status, headers)
    if language_of(request.query_params.get("lang", "")) == language:
        response.set_cookie(COOKIE, language, path=f"{prefix_of(request.scope)}/", httponly=True, samesite="lax")
    return response if status != HTTPStatus.OK else unless_unchanged(request, response)


HEADINGS = {
    HTTPStatus.FORBIDDEN: Text("This is not allowed"),
    HTTPStatus.NOT_FOUND: Text("There is nothing here"),
    HTTPStatus.MISDIRECTED_REQUEST: Text("The server has another name"),
}
"""What people read above a refusal, in place of the title that HTTP has for it."""

REFUSED = ("tokens", "page", "controls", "media")
"""The style sheets of the page for refusals."""


@cache
def _refused_styles() -> tuple[Markup, str]:
    """These style sheets, and the policy that lets a page hold them."""
    text = "".join((STATIC / "styles" / f"{name}.css").read_text(encoding="utf-8") for name in REFUSED)
    digest = b64encode(sha256(text.encode()).digest()).decode()
    return Markup(text), f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; frame-ancestors 'none'"


def refused(problem: Problem, scope: Scope) -> Response:
    """A refusal as a page. It holds its styles: a browser that is refused a page is refused every file, too."""
    styles, policy = _refused_styles()
    headers = {
        **(problem.headers or {}),
        "Cache-Control": "no-store",
        "Content-Language": TAGS[spoken()],
        "Content-Security-Policy": policy,
        "Vary": "Accept, Accept-Language, Cookie",
    }
    heading = say(HEADINGS[problem.status]) if problem.status in HEADINGS else problem.title
    context = {"problem": problem, "status": problem.status.value, "heading": heading, "styles": styles}
    return templates.TemplateResponse(Request(scope), "refused.html", context, problem.status, headers)


def page_words(domain: str = "page") -> Catalogue:
    """The texts of a page's scripts in the current language; nothing if it is the scripts' own language. The domain
    "lab" has only those that the lab begins with, and "sweeps" those of the page of sweeps.
    """
    found = catalogue(spoken(), domain)
    return found and {**found, **{name: say(name) for name in IN_SENTENCES}}


@router.get("/api/words/{part}", include_in_schema=False)
async def words(part: Literal["tour", "inside", "visitor", "class"]) -> Catalogue:
    """The texts of what the lab fetches when it is first opened, in the current language."""
    return catalogue(spoken(), part)


@router.get("/", include_in_schema=False)
async def main_page(request: Request, runs: Runs) -> Response:
    """The page for the run `main`."""
    return await run_page(request, MAIN, runs)


@router.get("/runs", include_in_schema=False)
async def runs_page(request: Request, runs: Runs) -> Response:
    """The page of all runs."""
    storage = await runs.keeper.look()
    context = {
        "storage": storage,
        "stored": how_much(storage),
        "most": MAX_CHECKPOINT,
        "operator": is_operator(request),
    }
    return page(request, "runs.html", context)


def how_much(storage: StorageStatus) -> str | None:
    """How much runs take on the disk, in words; None if it is not known."""
    if storage.used is None or storage.budget is None:
        return None
    words = Text(
        "Stored runs take {used} of the {budget} that they may take.",
        used=in_words(storage.used),
        budget=in_words(storage.budget),
    )
    if not storage.deleted:
        return say(words)
    deleted = Text(
        "Deleted ones take {deleted} of that, and make room when it is needed.", deleted=in_words(storage.deleted)
    )
    return say(in_a_row([words, deleted]))


@router.get("/sweeps", include_in_schema=False)
async def sweeps_page(request: Request) -> Response:
    """The page of all sweeps. Its script reads from the address which one is shown."""
    found = options()
    titles = {task.name: task.title for task in found.tasks} | {name: say(words) for name, words in CHOICES.items()}
    fields = {
        field.name: {
            "title": say(FIELDS[field.name]),
            "kind": field.kind,
            "choices": {choice: titles[choice] for choice in field.choices},
            "default": field.default,
        }
        for field in found.fields
    }
    watches = not person_of(request.scope).presents
    context = {"options": found, "fields": fields, "sweep_presets": SWEEP_PRESETS, "watches": watches}
    return page(request, "sweeps.html", context)


@router.get("/compare", include_in_schema=False)
async def compare_page(request: Request) -> Response:
    """The page that compares runs in one chart. Its script reads from the address which runs."""
    context = {"read": READ, "compared": COMPARED, "asked": request.query_params.get("runs", "")}
    return page(request, "compare.html", context)


@router.get("/runs/{run_id}", include_in_schema=False)
async def run_page(request: Request, run_id: str, runs: Runs) -> Response:
    """The page for one run. If there is no such run, the page says so."""
    run = await unless_gone(request, runs.find(run_id))
    if run is None:
        return page(request, "not_found.html", {"run_id": run_id}, HTTPStatus.NOT_FOUND)
    embed = request.query_params.get("embed") == "1"
    try:
        undoable = await runs.undoable(run)
    except Refusal:  # the disk can't be read; an undo would be refused, too
        undoable = None
    context = {
        "run_id": run.id,
        "run_name": told(run.name),
        "task": make_task(run.snapshot.config),
        "options": options(),
        "defaults": TrainingConfig().to_dict(),
        "embed": embed,
        "resettable": not embed or request.query_params.get("reset") == "1",
        "undoable": undoable,
        "leads": not embed and request.app.state.access.roles and person_of(request.scope).presents,
        "embeddable": bool(request.app.state.settings.frame_ancestors),
    }
    return page(request, "index.html", context)


@router.get("/docs", include_in_schema=False)
async def docs_page(request: Request) -> Response:
    """The API's documentation, in English. It loads nothing from other servers."""
    return unless_unchanged(request, templates.TemplateResponse(request, "docs.html", {}))


@router.get("/healthz", tags=["server"], responses=PROBLEMS)
async def health() -> Health:
    """Say that the server answers."""
    return Health()


@router.get("/readyz", tags=["server"], responses=PROBLEMS)
async def readiness(runs: Runs) -> Readiness:
    """Say whether the lab can be used: an engine is there to train, and runs can be stored. If not, the answer is a 503
    with the reason.
    """
    engine = runs.compiler.status()
    if engine.waiting:
        raise Busy(engine.detail or "")
    try:
        async with asyncio.timeout(DISK_SECONDS):
            storage = await runs.keeper.look()
    except TimeoutError:
        raise Busy(Text("The disk does not answer.")) from None
    if storage.state == "trouble":
        raise Busy(storage.detail or "")
    return Readiness()
