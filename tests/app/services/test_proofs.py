"""What is proved about a run: one proof at a time, kept with the run, and gone with its history.

The prover is a stand-in here: what is tested is who may ask, what is told, and what is kept.
"""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from app.refusals import Busy, Conflict, Missing, Refusal
from app.services import cores
from app.services import proofs as module
from app.services.live_run import UNPROVED, LiveRun
from app.services.proofs import CALLED_OFF, SERVER_ENDED, Answer, Known, pack, unpack
from app.services.prover import Prover, Unproved
from app.services.registry import Registry
from app.storage.database import _created
from app.storage.kept_proofs import KeptProof, KeptProofs
from app.storage.salvage import begin_anew
from rnn_core import Trainer, TrainingConfig
from rnn_core.snapshot import Snapshot
from rnn_core.text import Text
from tests.app.services.test_keeper import CONFIG, Disk, execute, hasty, kept
from tests.app.services.test_live_run import until
from tests.patience import PATIENCE
from tests.rnn_core.compare import state_of

assert hasty  # a fixture for all tests here

CERTIFICATE = b"what a checker reads"
WHERE = {"stage": "closing", "remembered": 2, "ahead": 3, "round": 1, "nodes": 8, "leaving": 4}
OUTLINES = [{"state": 0, "leaving": 1, "points": [[0.0, 0.0], [1.0, 0.5]]}]


class Answering(Prover):
    """Waits until a test says what it finds. It has the places of the real one."""

    made: "list[Answering]" = []  # noqa: RUF012 (one for each server of a test)

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Snapshot] = []
        self.hears: list[Callable[[dict[str, Any]], None]] = []
        self.ended = 0
        self._answers: list[asyncio.Future[Any]] = []
        self.made.append(self)

    async def prove(self, moment: Snapshot, hear: Callable[[dict[str, Any]], None]) -> Any:
        answer = asyncio.get_running_loop().create_future()
        self.asked.append(moment)
        self.hears.append(hear)
        self._answers.append(answer)
        try:
            return await answer
        finally:
            self.ended += 1

    async def find(self, run: LiveRun, state: str = "proved", certificate: bytes = CERTIFICATE) -> None:
        """The proof begun last ends like this."""
        margin = 0.25 if state == "proved" else None
        message: dict[str, Any] = {
            "state": state,
            "detail": Text("So it is.").packed(),
            "margin": margin,
            "logit_margin": margin,
        }
        problem = {"width": 2, "position": 1, "a": "1", "b": "1", "expected": "2", "predicted": "0"}
        message |= {"counterexample": problem if state == "refuted" else None}
        self._answers[-1].set_result((message, certificate if state == "proved" else b""))
        await until(lambda: not run.proofs.busy)

    async def fail(self, run: LiveRun, error: Exception) -> None:
        self._answers[-1].set_exception(error)
        await until(lambda: not run.proofs.busy)


@pytest.fixture(autouse=True)
def answering(monkeypatch: pytest.MonkeyPatch) -> None:
    Answering.made = []
    monkeypatch.setattr(cores, "Prover", Answering)


async def begun(run: LiveRun, iteration: int | None = None) -> Answering:
    """Begin a proof, and wait until the prover has it."""
    prover = Answering.made[-1]
    asked = len(prover.asked)
    assert (await run.proofs.begin(iteration)).state == "running"
    await until(lambda: len(prover.asked) > asked)
    return prover


async def test_now_is_proved_and_told(registry: Registry) -> None:
    run = await registry.create("", CONFIG, None)
    assert run.proofs.about(None).state == "none"
    assert run.status().proof is None
    await run.step(20)
    prover = await begun(run)
    await run.step(10)
    assert [moment.iteration for moment in prover.asked] == [20]
    prover.hears[-1]({"kind": "progress", **WHERE})
    there = run.proofs.about(None)
    assert (there.iteration, there.state, there.nodes, there.leaving) == (20, "running", 8, 4)
    assert 0.0 < there.progress < 0.9
    prover.hears[-1]({"kind": "progress", **WHERE})
    assert there.progress < run.proofs.about(None).progress < 0.9
    await prover.find(run)
    found = run.proofs.about(None)
    assert (found.iteration, found.state, found.margin, found.progress) == (20, "proved", 0.25, 1.0)
    assert found == run.proofs.about(20)
    assert run.proofs.about(30).state == "none"
    assert await run.proofs.certificate(20) == CERTIFICATE
    status = run.status()
    assert status.proof is not None
    assert (status.proof.iteration, status.proof.margin) == (20, 0.25)


async def test_a_past_moment_is_proved_bit_for_bit_as_it_was(registry: Registry) -> None:
    run = await registry.create("", CONFIG, None)
    await run.step(40)
    prover = await begun(run, 13)
    trainer = Trainer(CONFIG, "numpy")
    trainer.advance(13)
    assert state_of(prover.asked[0]) == state_of(trainer.snapshot())
    await prover.find(run, "refuted")
    found = run.proofs.about(13)
    assert found.counterexample is not None
    assert found.counterexample["expected"] == "2"
    with pytest.raises(Missing, match="no certificate"):
        await run.proofs.certificate(13)
    assert run.status().proof is None


async def test_what_is_under_way_or_decided_is_not_begun_again(registry: Registry) -> None:
    run = await registry.create("", CONFIG, None)
    await run.step(10)
    prover = await begun(run)
    assert (await run.proofs.begin(10)).state == "running"
    with pytest.raises(Conflict, match=r"after 10 iterations. Wait for that, or cancel it first"):
        await run.proofs.begin(5)
    await prover.find(run, "undecided")
    prover = await begun(run)  # that may end otherwise
    await prover.find(run)
    assert (await run.proofs.begin(None)).state == "proved"
    assert len(prover.asked) == 2


async def test_two_are_proved_at_a_time(registry: Registry) -> None:
    runs = [await registry.create("", CONFIG, None) for _ in range(3)]
    for run in runs[:2]:
        await begun(run)
    with pytest.raises(Busy, match="2 networks at a time") as refused:
        await runs[2].proofs.begin(None)
    assert refused.value.again_in
    assert runs[2].proofs.about(None).state == "none"
    await runs[1].proofs.cancel()
    await begun(runs[2])


async def test_cancelling_leaves_nothing_and_is_told(registry: Registry) -> None:
    run = await registry.create("", CONFIG, None)
    await run.proofs.cancel()
    prover = await begun(run)
    assert not run.idle
    await run.proofs.cancel()
    assert prover.ended == 1
    assert (run.proofs.about(None).state, run.proofs.about(None).detail) == ("cancelled", CALLED_OFF)
    assert run.idle
    await (await begun(run)).find(run)
    assert run.proofs.about(None).state == "proved"


async def test_a_cancellation_that_comes_too_late_changes_nothing(registry: Registry) -> None:
    run = await registry.create("", CONFIG, None)
    prover = await begun(run)
    found = asyncio.create_task(prover.find(run))
    await until(lambda: prover.ended == 1)
    await run.proofs.cancel()
    await found
    assert run.proofs.about(None).state == "proved"


@pytest.mark.parametrize("error", [Unproved("it fell"), TimeoutError(), ZeroDivisionError()], ids=repr)
async def test_a_prover_that_fails_decides_nothing(registry: Registry, error: Exception) -> None:
    run = await registry.create("", CONFIG, None)
    await (await begun(run)).fail(run, error)
    found = run.proofs.about(None)
    assert found.state == "undecided"
    assert "more than an hour" in str(found.detail) or "the server's log tells more" in str(found.detail)


@pytest.mark.parametrize("config", [{"cell": "gru"}, {"activation": "relu"}], ids=str)
async def test_a_network_about_which_nothing_can_be_proved_is_refused(
    registry: Registry, config: dict[str, Any]
) -> None:
    run = await registry.create("", TrainingConfig(**{**CONFIG.to_dict(), **config}), None)
    with pytest.raises(Conflict, match="sigmoid or tanh"):
        await run.proofs.begin(None)
    assert run.proofs.about(None).state == "none"


async def test_pictures_are_kept_and_of_many_some(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PICTURES", 4)
    run = await registry.create("", CONFIG, None)
    prover = await begun(run)
    assert await run.proofs.picture(0, 0) is None
    for number in range(1, 6):
        prover.hears[-1]({"kind": "picture", **WHERE, "round": number, "outlines": OUTLINES})
    assert run.proofs.about(None).pictures == 3
    await prover.find(run)
    rounds = []
    for number in range(4):
        picture = json.loads(await run.proofs.picture(0, number) or b"")
        assert picture["outlines"] == OUTLINES
        rounds.append(picture["round"])
    assert rounds == [1, 3, 5, 5]
    assert await run.proofs.certificate(0) == CERTIFICATE


async def test_a_reset_voids_it_and_its_undo_brings_it_back(registry: Registry) -> None:
    run = await registry.create("", CONFIG, None)
    await run.step(10)
    await (await begun(run)).find(run)
    await run.reset(None)
    assert run.proofs.about(None).state == "none"
    assert run.status().proof is None
    await registry.undo_reset(run)
    assert run.proofs.about(10).state == "proved"
    assert await run.proofs.certificate(10) == CERTIFICATE


async def test_a_reset_ends_what_is_being_proved(registry: Registry) -> None:
    run = await registry.create("", CONFIG, None)
    await run.step(10)
    prover = await begun(run)
    await run.reset(None)
    assert prover.ended == 1
    assert run.proofs.about(None).state == "none"
    await registry.undo_reset(run)
    assert (run.proofs.about(10).state, run.proofs.about(10).detail) == ("cancelled", UNPROVED)


async def test_a_reset_while_the_past_is_computed_is_no_proof_of_the_new_one(registry: Registry) -> None:
    run = await registry.create("", CONFIG, None)
    await run.step(300)
    asked = asyncio.create_task(run.proofs.begin(299))
    await asyncio.sleep(0)
    await run.reset(None)
    with suppress(Refusal):  # or it had begun just before
        await asked
    await until(lambda: not run.proofs.busy)
    assert run.proofs.answers == []
    run_again = await registry.create("", CONFIG, None)
    await begun(run_again)
    await begun(run)  # both places are free


async def test_what_is_deleted_is_proved_no_more(registry: Registry) -> None:
    run = await registry.create("", CONFIG, None)
    prover = await begun(run)
    await registry.delete(run.id)
    assert prover.ended == 1
    assert not run.proofs.busy


async def test_a_branch_begins_without_proofs(registry: Registry) -> None:
    run = await registry.create("", CONFIG, None)
    await run.step(10)
    await (await begun(run)).find(run)
    branch = await registry.create_branch(None, run.id, 10, {}, None)
    assert branch.proofs.answers == []


async def test_of_many_proofs_the_latest_are_kept(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    monkeypatch.setattr(module, "MOST_WHOLE", 2)
    run = await registry.create("", CONFIG, None)
    await run.step(10)
    for iteration in (9, 3, 5, 7):
        await (await begun(run, iteration)).find(run)
    assert [answer.iteration for answer in run.proofs.answers] == [3, 5, 7]
    assert [run.proofs.certified(answer) for answer in run.proofs.answers] == [False, True, True]
    assert await run.proofs.certificate(7) == CERTIFICATE
    with pytest.raises(Missing):
        await run.proofs.certificate(3)
    await (await begun(run, 3)).find(run)  # its certificate can be made again
    assert await run.proofs.certificate(3) == CERTIFICATE


# On disk


async def test_a_proof_outlives_the_server(tmp_path: Path) -> None:
    async with kept(tmp_path) as registry:
        run = await registry.create("", CONFIG, None)
        await run.step(10)
        prover = await begun(run)
        prover.hears[-1]({"kind": "picture", **WHERE, "outlines": OUTLINES})
        await prover.find(run)
        before = run.proofs.about(None)
    async with kept(tmp_path) as registry:
        run = await registry.get(run.id)
        assert run.proofs.about(None) == before
        assert await run.proofs.certificate(10) == CERTIFICATE
        assert json.loads(await run.proofs.picture(10, 0) or b"")["outlines"] == OUTLINES
        status = run.status()
        assert status.proof is not None
        assert status.proof.iteration == 10


async def test_what_was_being_proved_when_the_server_ended_is_told(tmp_path: Path) -> None:
    async with kept(tmp_path) as registry:
        run = await registry.create("", CONFIG, None)
        prover = await begun(run)
    assert prover.ended == 1
    async with kept(tmp_path) as registry:
        found = (await registry.get(run.id)).proofs.about(None)
        assert (found.state, found.detail) == ("cancelled", SERVER_ENDED)


def test_what_was_being_proved_when_the_server_fell_is_told() -> None:
    fallen = Answer.of_data(json.loads(json.dumps(Answer(5, nodes=8).to_data())))
    assert (fallen.state, fallen.detail, fallen.nodes) == ("cancelled", SERVER_ENDED, 8)


async def test_a_fall_of_the_server_leaves_a_note_on_disk(tmp_path: Path) -> None:
    async with kept(tmp_path) as registry:
        run = await registry.create("", CONFIG, None)
        await begun(run)
        (noted,) = await registry.keeper.call(lambda store: store.proofs.all(run.id))
        assert noted.answer["state"] == "running"


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ("UPDATE proofs SET answer = replace(answer, '0.25', '0.26')", "none"),
        ("UPDATE proofs SET iteration = 9", "none"),
        ("UPDATE proofs SET data = zeroblob(20)", "proved"),
    ],
)
async def test_what_was_changed_on_disk_is_not_believed(tmp_path: Path, change: str, state: str) -> None:
    async with kept(tmp_path) as registry:
        run = await registry.create("", CONFIG, None)
        await run.step(10)
        await (await begun(run)).find(run)
    execute(tmp_path, change)
    async with kept(tmp_path) as registry:
        run = await registry.get(run.id)
        assert run.proofs.about(None).state == state
        with pytest.raises(Missing):
            await run.proofs.certificate(10)


async def test_what_can_be_read_of_a_damaged_file_holds_the_proofs_too(tmp_path: Path) -> None:
    async with kept(tmp_path) as registry:
        run = await registry.create("", CONFIG, None)
        await (await begun(run)).find(run)
    begin_anew(tmp_path / "runs.sqlite3", _created)
    async with kept(tmp_path) as registry:
        run = await registry.get(run.id)
        assert run.proofs.about(0).state == "proved"
        assert await run.proofs.certificate(0) == CERTIFICATE


async def test_a_full_disk_loses_no_proof(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(monkeypatch, KeptProofs, ("put",))
    async with kept(tmp_path) as registry:
        run = await registry.create("", CONFIG, None)
        prover = await begun(run)
        disk.full = True
        await prover.find(run)
        assert disk.refused
        assert run.proofs.about(None).state == "proved"
        assert await run.proofs.certificate(0) == CERTIFICATE
        disk.full = False
        async with asyncio.timeout(PATIENCE):
            while registry.keeper.trouble:
                await asyncio.sleep(0.01)


async def test_without_room_the_answer_is_kept_and_its_certificate_is_not(tmp_path: Path) -> None:
    async with kept(tmp_path) as registry:
        run = await registry.create("", CONFIG, None)
        prover = await begun(run)
        await registry.keeper.call(lambda store: setattr(store.proofs, "_budget", 1))
        await prover.find(run)
        assert run.proofs.about(None).state == "proved"
        assert not run.proofs.certified(run.proofs.about(None))
        with pytest.raises(Missing):
            await run.proofs.certificate(0)


async def test_a_deleted_run_that_comes_back_has_its_proofs(tmp_path: Path) -> None:
    async with kept(tmp_path) as registry:
        run = await registry.create("", CONFIG, None)
        await (await begun(run)).find(run)
        await registry.delete(run.id)
        await registry.undelete(run.id)
        assert (await registry.get(run.id)).proofs.about(None).state == "proved"


@pytest.mark.parametrize("pictures", [[], [b"{}"], [b"[1]", b"[2]"]], ids=len)
@pytest.mark.parametrize("certificate", [b"", b"\n\0\n"])
def test_pictures_and_certificate_come_back_as_they_were(pictures: list[bytes], certificate: bytes) -> None:
    data = pack(pictures, certificate)
    assert bool(data) == bool(pictures or certificate)
    assert unpack(data or pack([b"x"], b"")) == ((pictures, certificate) if data else ([b"x"], b""))


def test_what_makes_no_sense_on_disk_is_left_out() -> None:
    assert Known.of_kept(KeptProof(3, {"strange": 1}, False)) is None
