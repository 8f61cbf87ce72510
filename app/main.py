"""Wiring: settings in, application out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from .assets import Assets, PageFiles
from .compression import Compressed
from .config import Settings
from .freshness import Revalidated
from .head_requests import HeadAsGet
from .languages import Languages
from .paths import STATIC
from .problems import install_problem_handlers
from .routes import engine, options, pages, past, predict, runs, storage, stream
from .security import Guard, check_ancestors, check_hosts
from .services.keeper import Keeper
from .services.registry import Registry
from .storage.store import Store
from .underway import Ending, Underway


def create_app(settings: Settings | None = None, store: Store | None = None, notice: str | None = None) -> FastAPI:
    """The application.

    Args:
        settings: None for those of the environment.
        store: where runs are kept; without one they are gone when the server ends.
        notice: a message for people about opening the store.

    Raises:
        EngineError: the settings name an engine that does not exist.
        ValueError: they name an allowed host or frame ancestor that is not valid.
    """
    settings = settings or Settings()
    check_hosts(settings.allowed_hosts)
    check_ancestors(settings.frame_ancestors)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.registry = Registry(settings, Keeper(store, notice))
        try:
            await app.state.registry.open()
            yield
        finally:  # also if it could not be opened: its threads would keep the process and its port alive
            await app.state.registry.close()

    # FastAPI's own documentation page would load its script from another server; this one has the files here.
    app = FastAPIOffline(
        docs_url=None,
        redoc_url=None,
        static_url="/docs/assets",
        title="rnn-adder",
        version=version("rnn-adder"),
        summary="A recurrent network learns binary addition in front of you.",
        openapi_url="/openapi.json",
        lifespan=lifespan,
    )
    app.state.settings = settings
    app.state.page_files = PageFiles(settings.dev)
    app.state.underway = Underway()
    app.state.commands = stream.allowance_of_all()
    install_problem_handlers(app)
    for module in (predict, pages, past, runs, engine, options, storage, stream):
        app.include_router(module.router)
    app.mount("/static", Assets(directory=STATIC), name="static")
    app.add_middleware(Compressed)
    app.add_middleware(HeadAsGet)
    app.add_middleware(Revalidated)
    app.add_middleware(Guard, allowed_hosts=settings.allowed_hosts, frame_ancestors=settings.frame_ancestors)
    app.add_middleware(Ending, underway=app.state.underway)
    app.add_middleware(Languages)
    return app
