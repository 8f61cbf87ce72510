import asyncio
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from fastapi import FastAPI
from safetensors.numpy import save

from app.config import Settings
from app.main import create_app
from app.routes import past
from rnn_core import Trainer, TrainingConfig, load_checkpoint
from rnn_core.checkpoint import encode_checkpoint, open_checkpoint
from tests.app.conftest import NewRun
from tests.app.serving import LONG, check_problem, check_status, eventually
from tests.patience import PATIENCE
from tests.rnn_core.compare import state_of

ENGINE = "numpy"

ADAM = {"optimizer": "adam", "bias": True, "batch_size": 3, "bits": 5, "seed": 77}


@pytest.mark.parametrize("config", [{}, ADAM])
@pytest.mark.parametrize("iterations", [0, 1, 700])
def test_a_downloaded_checkpoint_goes_on_as_if_nothing_had_happened(
    http: httpx2.Client, new_run: NewRun, tmp_path: Path, config: dict[str, object], iterations: int
) -> None:
    run = new_run(**config)
    trainer = Trainer(TrainingConfig.from_mapping(config), ENGINE)
    if iterations:
        http.post(f"/api/runs/{run}/step", json={"iterations": iterations})
        trainer.advance(iterations)
        http.patch(f"/api/runs/{run}", json={"learning_rate": 0.03})
        trainer.set_learning_rate(0.03)
    answer = http.get(f"/api/runs/{run}/checkpoint")
    assert answer.headers["content-disposition"] == f'attachment; filename="{run}-{iterations}.safetensors"'
    path = tmp_path / "run.safetensors"
    path.write_bytes(answer.content)
    loaded = load_checkpoint(path, ENGINE)
    assert state_of(loaded) == state_of(trainer)
    assert loaded.advance(600).errors.tolist() == trainer.advance(600).errors.tolist()
    assert state_of(loaded) == state_of(trainer)


def test_a_checkpoint_taken_while_training_is_whole(http: httpx2.Client, run: str, tmp_path: Path) -> None:
    config = TrainingConfig(max_iterations=LONG)
    http.post(f"/api/runs/{run}/start")
    path = tmp_path / "run.safetensors"
    last = 0
    for _ in range(5):
        eventually(http, run, lambda status, last=last: status["iteration"] > last)  # type: ignore[misc]
        path.write_bytes(http.get(f"/api/runs/{run}/checkpoint").content)
        loaded = load_checkpoint(path, ENGINE)
        last = loaded.iteration
        trainer = Trainer(config, ENGINE)
        trainer.advance(last)
        assert state_of(loaded) == state_of(trainer)
    assert last > 0


KIND = {"Content-Type": "application/octet-stream"}


def bring_in(http: httpx2.Client, data: bytes) -> httpx2.Response:
    return http.post("/api/runs/import", params={"name": "Foreign"}, content=data, headers=KIND)


def test_a_checkpoint_of_others_is_taken_and_the_run_says_what_is_not_as_it_was(http: httpx2.Client) -> None:
    trainer = Trainer(TrainingConfig.from_mapping(ADAM), "numpy")
    trainer.advance(20)
    whole = encode_checkpoint(trainer.snapshot())
    metadata = json.loads(whole[8 : 8 + int.from_bytes(whole[:8], "little")])["__metadata__"]
    del metadata["random_state"]
    tensors = {f"weights.{name}": values.astype(np.float32) for name, values in trainer.parameters.items()}
    status = check_status(bring_in(http, save({**tensors, "ema": np.zeros(3)}, {**metadata, "framework": "pt"})), 201)
    assert (status["iteration"], status["state"]) == (20, "paused")
    assert status["detail"] == (
        "The file holds no memory of the optimizer, so that begins empty. "
        "The file holds no state of the random generator, so the problems of the seed begin anew. "
        "The file holds numbers as F32, so they are rounded. "
        "What does not belong to this network was left out: ema."
    )
    went_on = check_status(http.post(f"/api/runs/{status['id']}/step", json={"iterations": 5}))
    assert (went_on["iteration"], went_on["detail"]) == (25, None)
    assert bring_in(http, whole).json()["detail"] is None


def test_a_file_that_can_not_be_taken_is_refused_in_words_for_people(http: httpx2.Client) -> None:
    trainer = Trainer(TrainingConfig(bits=3, hidden_size=2), "numpy")
    whole = encode_checkpoint(trainer.snapshot())
    metadata = json.loads(whole[8 : 8 + int.from_bytes(whole[:8], "little")])["__metadata__"]
    tensors = {f"weights.{name}": values for name, values in trainer.parameters.items()}
    other_task = save(tensors, {**metadata, "config": '{"task": "division"}'})
    not_a_checkpoint = "The file is a safetensors file, but not a checkpoint of rnn-adder: its metadata has to hold "
    refused = {
        b"": "The file is not a safetensors file: it is empty.",
        b"RIFF": "The file is not a safetensors file: it is only 4 bytes long.",
        b"a picture, say": "The file is not a safetensors file: it is cut off, or",
        other_task: "The file can't be used: its settings are not possible: task must be one of",
        save(
            {}, metadata
        ): "The file can't be used: it lacks weights that a network with its settings has: weights.W_xh",
        save(tensors): not_a_checkpoint,
    }
    for data, words in refused.items():
        assert check_problem(bring_in(http, data), 422, "body")["detail"].startswith(words)


def test_a_file_of_many_unknown_fields_is_refused_in_few_words(http: httpx2.Client) -> None:
    for number, words in ((200_000, "at most 524,288 are taken"), (10_000, "; and 9,980 more.")):
        data = with_metadata(config=json.dumps({f"f{k}": 1 for k in range(number)}))
        answer = bring_in(http, data)
        assert words in check_problem(answer, 422, "body")["detail"]
        assert len(answer.content) < 10_000


def test_a_file_of_many_changes_is_taken_up_to_a_bound(http: httpx2.Client) -> None:
    changes = json.dumps([[k, 0.2 + 0.1 * (k % 2)] for k in range(20_000)])
    data = with_metadata(config=json.dumps({"bits": 3, "hidden_size": 2}), changes=changes)
    assert "changes must be at most 2,100, not 20,000" in check_problem(bring_in(http, data), 422, "body")["detail"]


def with_metadata(**metadata: str) -> bytes:
    """A checkpoint file with other metadata."""
    trainer = Trainer(TrainingConfig(bits=3, hidden_size=2), "numpy")
    whole = encode_checkpoint(trainer.snapshot())
    own = json.loads(whole[8 : 8 + int.from_bytes(whole[:8], "little")])["__metadata__"]
    return save({f"weights.{name}": values for name, values in trainer.parameters.items()}, {**own, **metadata})


async def test_while_a_file_is_decoded_others_are_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def decode(*arguments: Any) -> Any:
        assert answered.wait(PATIENCE), "nobody else was answered"
        return open_checkpoint(*arguments)

    monkeypatch.setattr(past, "open_checkpoint", decode)
    async with client_of(create_app(Settings(engine="numpy"))) as http:
        importing = asyncio.create_task(http.post("/api/runs/import", content=with_metadata(), headers=KIND))
        assert (await http.get("/healthz")).json() == {"status": "ok"}
        answered.set()
        assert (await importing).status_code == 201


async def test_a_file_that_does_not_arrive_gives_its_place_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "MAX_SECONDS", 0.01)

    async def never() -> AsyncIterator[bytes]:
        yield b"a beginning"
        await asyncio.Event().wait()

    async with client_of(create_app(Settings(engine="numpy"))) as http:
        for _ in range(2):  # from one address: the second waits for the first
            answer = await http.post("/api/runs/import", content=never(), headers=KIND)
            assert answer.status_code == 408
            assert answer.json()["detail"] == "The file did not arrive within 0.01 seconds."


@asynccontextmanager
async def client_of(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of an application in this process."""
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            yield client
