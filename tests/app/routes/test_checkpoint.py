from pathlib import Path

import httpx2
import pytest

from rnn_core import Trainer, TrainingConfig, load_checkpoint
from tests.app.conftest import NewRun
from tests.app.serving import LONG, eventually
from tests.rnn_core.compare import state_of


@pytest.mark.parametrize("config", [{}, {"optimizer": "adam", "bias": True, "batch_size": 3, "bits": 5, "seed": 77}])
@pytest.mark.parametrize("iterations", [0, 1, 700])
def test_a_downloaded_checkpoint_goes_on_as_if_nothing_had_happened(
    http: httpx2.Client, new_run: NewRun, tmp_path: Path, config: dict[str, object], iterations: int
) -> None:
    run = new_run(**config)
    trainer = Trainer(TrainingConfig.from_mapping(config))
    if iterations:
        http.post(f"/api/runs/{run}/step", json={"iterations": iterations})
        trainer.advance(iterations)
        http.patch(f"/api/runs/{run}", json={"learning_rate": 0.03})
        trainer.set_learning_rate(0.03)
    answer = http.get(f"/api/runs/{run}/checkpoint")
    assert answer.headers["content-disposition"] == f'attachment; filename="{run}-{iterations}.safetensors"'
    path = tmp_path / "run.safetensors"
    path.write_bytes(answer.content)
    loaded = load_checkpoint(path)
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
        loaded = load_checkpoint(path)
        last = loaded.iteration
        trainer = Trainer(config)
        trainer.advance(last)
        assert state_of(loaded) == state_of(trainer)
    assert last > 0
