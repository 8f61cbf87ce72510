"""The page, and the health check."""

from dataclasses import fields
from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from fastapi.templating import Jinja2Templates

from app import __version__
from app.assets import modules_of
from app.paths import TEMPLATES
from app.presets import PRESETS
from app.routes.common import Runs
from app.routes.options import options
from app.routes.past import MAX_CHECKPOINT
from app.services.registry import MAIN
from rnn_core import TrainingConfig
from rnn_core.network import make_task

router = APIRouter()
templates = Jinja2Templates(TEMPLATES)
templates.env.globals["modules_of"] = modules_of


@router.get("/", include_in_schema=False)
async def main_page(request: Request, runs: Runs) -> Response:
    """The page for the run `main`."""
    return await run_page(request, MAIN, runs)


@router.get("/runs", include_in_schema=False)
async def runs_page(request: Request, runs: Runs) -> Response:
    """The page of all runs."""
    context = {"storage": runs.keeper.status(), "most": MAX_CHECKPOINT, "presets": PRESETS}
    return templates.TemplateResponse(request, "runs.html", context, headers={"Cache-Control": "no-cache"})


@router.get("/compare", include_in_schema=False)
async def compare_page(request: Request) -> Response:
    """The page that overlays runs; which ones its script reads from the address."""
    context = {
        "fields": [field.name for field in fields(TrainingConfig)],
        "asked": request.query_params.get("runs", ""),
    }
    return templates.TemplateResponse(request, "compare.html", context, headers={"Cache-Control": "no-cache"})


@router.get("/runs/{run_id}", include_in_schema=False)
async def run_page(request: Request, run_id: str, runs: Runs) -> Response:
    """The page for any run; for an unknown one a page that says so."""
    run = await runs.find(run_id)
    if run is None:
        return templates.TemplateResponse(request, "not_found.html", {"run_id": run_id}, HTTPStatus.NOT_FOUND)
    context = {
        "run_id": run.id,
        "run_name": run.name,
        "task": make_task(run.snapshot.config),
        "options": options(),
        "defaults": TrainingConfig().to_dict(),
        "presets": PRESETS,
        "version": __version__,
        "embed": request.query_params.get("embed") == "1",
        "embeddable": bool(request.app.state.settings.frame_ancestors),
    }
    return templates.TemplateResponse(request, "index.html", context, headers={"Cache-Control": "no-cache"})


@router.get("/docs", include_in_schema=False)
async def docs_page(request: Request) -> Response:
    """The API's documentation, from this server alone."""
    return templates.TemplateResponse(request, "docs.html", {})


@router.get("/healthz", tags=["server"])
async def health() -> dict[str, str]:
    """Say that the server answers."""
    return {"status": "ok"}
