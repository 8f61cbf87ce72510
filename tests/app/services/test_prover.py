"""The processes that prove: real ones, also such as fail, hang or say nonsense."""

import asyncio
import json
import os
import subprocess
import sys
from typing import Any

import pytest
from safetensors.numpy import save

from app.refusals import Busy
from app.services import prover as module
from app.services.prover import Prover, Unproved
from rnn_core import Trainer, TrainingConfig
from rnn_core.snapshot import Snapshot
from rnn_core.text import unpacked
from tests.app.serving import ROOT
from tests.patience import PATIENCE
from tests.rnn_core.adders import Adder, forgetful_adder, sound_adder


def moment(adder: Adder) -> Snapshot:
    """A hand-built network as a moment of a run."""
    trainer = Trainer(adder.config, "numpy")
    for name, values in adder.parameters.items():
        trainer._parameters[name][...] = values
    return trainer.snapshot()


def saying(code: str) -> Prover:
    """A prover whose process is this program."""
    return Prover((sys.executable, "-c", f"import json, os, sys, time\n{code}"))


async def test_a_network_that_fails_is_refuted_by_a_problem_of_its_task() -> None:
    heard: list[dict[str, Any]] = []
    async with asyncio.timeout(PATIENCE):
        found, certificate = await Prover().prove(moment(forgetful_adder(bits=4)), heard.append)
    assert (found["state"], certificate) == ("refuted", b"")
    problem = found["counterexample"]
    assert int(problem["a"]) + int(problem["b"]) == int(problem["expected"]) != int(problem["predicted"])
    assert "positions that it gets wrong" in str(unpacked(found["detail"]))
    assert heard[0]["stage"] == "refuting"


async def test_it_goes_on_at_the_lowest_priority() -> None:
    heard: list[int] = []
    prover = saying(
        "def say(**said): print(json.dumps({**said, 'bytes': 0}), flush=True)\n"
        "say(kind='progress')\n"
        "sys.stdin.buffer.readline()\n"
        "time.sleep(0.1)\n"
        "say(kind='progress', nice=os.nice(0))\n"
        "say(kind='end')"
    )
    await prover.prove(moment(sound_adder()), lambda message: heard.append(message.get("nice", -1)))
    assert heard[-1] == 19


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("raise ValueError('no such network')", "no such network"),
        ("os._exit(3)", "ended with 3"),
        ("os.kill(os.getpid(), 9)", "ended with -9"),
        ("print('nonsense')", "Expecting value"),
        ("print(json.dumps({'kind': 'end', 'bytes': 5}))", "0 bytes read on a total of 5"),
        ("print('x' * 10_000_000)", "limit"),
    ],
)
async def test_a_process_that_fails_says_why(code: str, words: str) -> None:
    with pytest.raises(Unproved, match=words):
        await saying(code).prove(moment(sound_adder()), lambda _: None)


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


async def begun(prover: Prover) -> tuple["asyncio.Task[Any]", int]:
    """A proof that never ends, and its process."""
    heard: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    proof = asyncio.create_task(prover.prove(moment(sound_adder()), lambda message: heard.set_result(message["pid"])))
    async with asyncio.timeout(PATIENCE):
        return proof, await heard


HANGING = "print(json.dumps({'kind': 'progress', 'pid': os.getpid(), 'bytes': 0}), flush=True)\ntime.sleep(1000)"


async def test_a_proof_that_is_called_off_leaves_no_process() -> None:
    proof, process = await begun(saying(HANGING))
    assert alive(process)
    proof.cancel()
    with pytest.raises(asyncio.CancelledError):
        await proof
    assert not alive(process)


async def test_a_proof_that_takes_too_long_leaves_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SECONDS", 3.0)
    proof, process = await begun(saying(HANGING))
    with pytest.raises(TimeoutError):
        await proof
    assert not alive(process)


def test_a_process_ends_with_the_server_that_asked() -> None:
    """The process holds the other end of a pipe: that ends when it has ended."""
    hanging = "import time; from app import proving; proving.prove = lambda *_, **__: time.sleep(1000); proving.main()"
    config = TrainingConfig(bits=2, hidden_size=1)
    parameters = save({name: values.copy() for name, values in Trainer(config, "numpy").parameters.items()})
    message = json.dumps({"config": config.to_dict(), "bytes": len(parameters)}).encode() + b"\n" + parameters
    program = (
        "import os, subprocess, sys\n"
        f"child = subprocess.Popen([sys.executable, '-c', {hanging!r}], stdin=subprocess.PIPE)\n"
        f"child.stdin.write({message!r})\n"
        "child.stdin.flush()\n"
        "os._exit(0)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_two_places_and_no_more() -> None:
    prover = Prover()
    with prover.place(), prover.place(), pytest.raises(Busy), prover.place():
        pass
    with prover.place():
        pass
