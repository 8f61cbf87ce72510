"""Whether a run's network is right on numbers of any length: a proof, a problem that fails, or neither."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from ..addresses import prefix_of
from ..messages.incoming import AccuracyQuery, ProofQuery, Prove
from ..messages.outgoing import MOST_MOMENTS, ProofStatus
from ..requests import body_of, body_schema, query_of, query_schema
from ..services.live_run import LiveRun
from ..services.proofs import Answer
from .common import BINARY, FILE, PROBLEMS, AttendedRoute, Runs, check_moment

router = APIRouter(prefix="/api/runs", tags=["inside"], responses=PROBLEMS, route_class=AttendedRoute)


def _told(
    run: LiveRun, answer: Answer, request: Request, status: HTTPStatus = HTTPStatus.OK, picture: bytes | None = None
) -> Response:
    """An answer as it is sent."""
    proofs = run.proofs
    address = f"{prefix_of(request.scope)}/api/runs/{run.id}/proof/certificate?iteration={answer.iteration}"
    left_out = {"number", "certified"}
    members: dict[str, Any] = {name: value for name, value in vars(answer).items() if name not in left_out}
    document = ProofStatus(
        run=run.id,
        generation=run.generation,
        **members,
        certificate=address if proofs.certified(answer) else None,
        proofs=[{"iteration": one.iteration, "state": one.state} for one in proofs.answers],
        moments=run.travel.landmarks(MOST_MOMENTS),
    )
    data = document.model_dump_json().encode()
    if picture is not None:  # it is long, and JSON already
        data = data[:-1] + b',"picture":' + picture + b"}"
    return Response(data, status, media_type="application/json")


@router.post(
    "/{run_id}/proof",
    response_model=ProofStatus,
    status_code=HTTPStatus.ACCEPTED,
    openapi_extra=body_schema(Prove),
)
async def prove_run(
    run_id: str, wanted: Annotated[Prove, Depends(body_of(Prove))], request: Request, runs: Runs
) -> Response:
    """Begin to prove that the network, now or after `iteration` iterations, is right on numbers of any length.

    It goes on in the background, at a low priority, one proof a run and two in all. What is being proved already, or
    was decided before, is not begun again. What was found is kept with the run, until it is reset. A network about
    which nothing can be proved is refused with 409, and so is a second moment while a first one is being proved.
    """
    run = await runs.get(run_id)
    if wanted.iteration is not None:
        check_moment(run, wanted.iteration)
    answer = await run.proofs.begin(wanted.iteration)
    return _told(run, answer, request, HTTPStatus.ACCEPTED)


@router.get("/{run_id}/proof", response_model=ProofStatus, openapi_extra=query_schema(ProofQuery))
async def get_proof(
    run_id: str, query: Annotated[ProofQuery, Depends(query_of(ProofQuery))], request: Request, runs: Runs
) -> Response:
    """What is known about a moment: of the one that is being proved, how far the search is. Without `iteration`, it is
    the moment that is being proved or was asked about last.
    """
    run = await runs.get(run_id)
    if query.iteration is not None:
        check_moment(run, query.iteration)
    answer = run.proofs.about(query.iteration)
    picture = None
    if query.picture is not None:
        picture = await run.proofs.picture(answer.iteration, query.picture)
    return _told(run, answer, request, picture=picture)


@router.delete("/{run_id}/proof", response_model=ProofStatus)
async def cancel_proof(run_id: str, request: Request, runs: Runs) -> Response:
    """Cancel what is being proved. What was found before stays. If nothing is being proved, nothing changes."""
    run = await runs.get(run_id)
    await run.proofs.cancel()
    return _told(run, run.proofs.about(None), request)


@router.get(
    "/{run_id}/proof/certificate",
    response_class=Response,
    responses={200: {"content": {BINARY: FILE}}},
    openapi_extra=query_schema(AccuracyQuery),
)
async def get_certificate(
    run_id: str, query: Annotated[AccuracyQuery, Depends(query_of(AccuracyQuery))], runs: Runs
) -> Response:
    """The certificate of a proof: a safetensors file with the sets of hidden states. `rnn-adder verify` checks it from
    scratch. Without `iteration`, it is that of the latest moment that was proved.
    """
    run = await runs.get(run_id)
    best = run.proofs.best
    iteration = query.iteration
    if iteration is None:
        iteration = run.snapshot.iteration if best is None else best.iteration
    data = await run.proofs.certificate(iteration)
    name = f"{run.id}-{iteration}-certificate.safetensors"
    return Response(data, media_type=BINARY, headers={"Content-Disposition": f'attachment; filename="{name}"'})
