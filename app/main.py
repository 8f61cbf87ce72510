"""Wiring: settings in, application out."""

import asyncio
import mimetypes
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI

from rnn_core import __version__

from .access.gate import Access, Gate
from .access.keys import KeyFile
from .addresses import Prefixed, RelativeRedirects, check_prefix
from .api_document import INFORMATION, describe_well
from .assets import Assets, PageFiles
from .compression import Compressed
from .config import Settings
from .cors import Cors, check_origins
from .forwarded import Forwarded, check_proxies
from .freshness import Revalidated
from .head_requests import HeadAsGet
from .languages import Languages
from .metrics import Metrics
from .observed import Observed, Routed
from .paths import STATIC
from .places import Names, only_here
from .problems import install_problem_handlers
from .request_ids import RequestIds
from .routes import (
    admission,
    classroom,
    docs,
    engine,
    events,
    far,
    glossary,
    inside,
    long_problems,
    me,
    operators,
    options,
    pages,
    past,
    predict,
    proof,
    runs,
    states,
    storage,
    stream,
    sweeps,
    why,
)
from .security import Guard, check_ancestors
from .services.audit import Audit
from .services.keeper import Keeper
from .services.registry import Registry
from .storage.store import Store
from .underway import Ending, Underway

for suffix, kind in {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}.items():
    mimetypes.add_type(kind, suffix)  # Windows takes kinds from its registry, where any program changes them


def check_settings(settings: Settings) -> None:
    """Find what settings name that can't be, before anything is opened for them.

    Raises:
        ValueError: they name a host, an origin, a proxy or a prefix that is not valid.
    """
    Names(settings.allowed_hosts)
    check_ancestors(settings.frame_ancestors)
    check_origins(settings.cors_origins)
    check_proxies(settings.trusted_proxies)
    check_prefix(settings.root_path)


def access_of(settings: Settings) -> Access:
    """Who may do what, by these settings.

    What counts is the address that the server listens on, never the client's: behind a proxy on this machine all
    clients seem to be here.

    Raises:
        OSError: the keys can't be read or written.
    """
    roles = not only_here(settings.host) if settings.access is None else settings.access == "presenter"
    return Access(roles=roles, file=KeyFile(settings.data_dir) if settings.store else None)


def create_app(settings: Settings | None = None, store: Store | None = None, notice: str | None = None) -> FastAPI:
    """The application.

    Args:
        settings: None for those of the environment.
        store: where runs are kept; without one they are gone when the server ends.
        notice: a message for people about opening the store.

    Raises:
        EngineError: the settings name an engine that does not exist.
        ValueError: they name a host, an origin, a proxy or a prefix that is not valid.
        OSError: the keys of the presenter can't be read or written.
    """
    settings = settings or Settings()
    check_settings(settings)
    access = access_of(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.registry = app.state.metrics.runs = Registry(settings, Keeper(store, notice))
        measuring = asyncio.create_task(app.state.metrics.watch_lag(), name="measure the lag")
        following = asyncio.create_task(access.follow())
        try:
            await app.state.audit.open()
            await app.state.registry.open()
            yield
        finally:  # also if it could not be opened: its threads would keep the process and its port alive
            measuring.cancel()
            following.cancel()
            await app.state.registry.close()
            await app.state.audit.close()

    app = FastAPI(
        docs_url=None,  # its page would load scripts from another server; routes/pages.py has one that does not
        redoc_url=None,
        version=__version__,
        openapi_url="/openapi.json",
        lifespan=lifespan,
        dependencies=[Depends(admission.admit)],
        **INFORMATION,
    )
    describe_well(app)
    app.state.settings = settings
    app.state.access = access
    app.state.others = []
    app.state.page_files = PageFiles(settings.dev)
    app.state.underway = Underway()
    app.state.commands = stream.allowance_of_all()
    app.state.metrics = Metrics(settings.max_viewers)
    app.state.audit = Audit(None if store is None else store.beside("audit.jsonl", settings.data_dir))
    install_problem_handlers(app, pages.refused)
    for module in (
        predict,
        pages,
        docs,
        past,
        runs,
        engine,
        glossary,
        me,
        classroom,
        options,
        storage,
        stream,
        events,
        sweeps,
        why,
        inside,
        states,
        far,
        proof,
        long_problems,
        operators,
    ):
        app.include_router(module.router)
    app.mount("/static", Assets(directory=STATIC), name="static")
    app.add_middleware(Routed)
    app.add_middleware(Compressed)
    app.add_middleware(HeadAsGet)
    app.add_middleware(Revalidated)
    app.add_middleware(RelativeRedirects)
    if settings.cors_origins:
        app.add_middleware(Cors, origins=settings.cors_origins)
    app.add_middleware(Gate, access=access, page=pages.refused)
    app.add_middleware(
        Guard,
        allowed_hosts=settings.allowed_hosts,
        frame_ancestors=settings.frame_ancestors,
        cors_origins=settings.cors_origins,
        page=pages.refused,
    )
    app.add_middleware(Ending, underway=app.state.underway)
    app.add_middleware(Languages)
    app.add_middleware(Prefixed, prefix=settings.root_path)
    app.add_middleware(Forwarded, trusted=settings.trusted_proxies)
    app.add_middleware(Observed, metrics=app.state.metrics, audit=app.state.audit)
    app.add_middleware(RequestIds)
    return app
