"""Whatever is done to runs, in whatever order, and however often their server is killed: they are as if trained at
one go.

Rules do to a real server, on real files, what people and power failures do; a trainer that was never interrupted says
what has to come of it. RNN_ADDER_LIFETIMES=N plays N lives of a server instead of a few, each time others.
"""

import json
import os
import re
import signal
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from websockets.sync.client import ClientConnection, connect

from app.services.beginnings import ENDED
from app.services.live_run import STOPPED
from app.storage.locks import FILE
from rnn_core import Trainer, TrainingConfig
from rnn_core.checkpoint import decode_checkpoint
from rnn_core.travel import branch
from tests.app.serving import LONG, Server, check_problem, check_status, eventually, run_server
from tests.app.wire import Frame, parse_frame
from tests.patience import PATIENCE, TRY_ALL
from tests.rnn_core.compare import state_of

LIVES = 10 if TRY_ALL else 4
"""Of a server that everyday's tests play; always the same."""

STEPS = 30
"""That are done in each."""

A_FILE = {"Content-Type": "application/octet-stream"}

MOMENTARY = ("viewers", "iterations_per_second")
"""Members of a status that say nothing of the run itself."""

which = st.integers(0, 3)
rates = st.sampled_from((0.03, 0.1, 0.5))
speeds = st.sampled_from((70.0, 1000.0, 4000.0))
parts = st.floats(0, 1)
configs = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 2**32 - 1),
        "bits": st.just(3),
        "hidden_size": st.integers(2, 5),
        "optimizer": st.sampled_from(("sgd", "momentum", "adam")),
        "max_iterations": st.sampled_from((LONG, LONG, 1400)),
    }
)


@dataclass
class Life:
    """What a run has to be at this time.

    Attributes:
        config: what it began with.
        changes: of its learning rate or, in a branch, of more, each with the iteration it was made at.
        known: the status that was answered last to a command.
        seen: the last iteration that was told at all.
        kept: the iteration that no power failure may undo: where it rests or, while it trains, where the last command
            that changed something found it.
        first: where its past begins; nothing is known of what came before in a run that was brought in.
    """

    config: TrainingConfig
    known: dict[str, Any]
    changes: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    seen: int = 0
    kept: int = 0
    first: int = 0

    def trained(self, iterations: int) -> tuple[Trainer, list[float]]:
        """A trainer that was never interrupted, and its errors."""
        trainer, errors = Trainer(self.config, "numpy"), [np.empty(0)]
        for at, values in self.changes:
            if at <= iterations:
                errors.append(trainer.advance(at - trainer.iteration).errors)
                trainer = Trainer.restore(branch(trainer.snapshot(), values), "numpy")
        errors.append(trainer.advance(iterations - trainer.iteration).errors)
        return trainer, np.concatenate(errors).tolist()


class Host:
    """A server on a folder, which can be ended and started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open = ExitStack()
        self.start()

    def start(self) -> None:
        self.server: Server = self._open.enter_context(run_server(data_dir=str(self._folder), engine="numpy"))
        self.http = self._open.enter_context(self.server.client())

    def end(self, number: signal.Signals, *complaints: str) -> None:
        assert self.server.end(number) == (0 if number is signal.SIGTERM else -number)
        time_and_level = re.compile(r"^\S+ [A-Z]+ ")
        assert [time_and_level.sub("", line) for line in self.server.complaints()] == list(complaints)
        self._open.close()

    def write(self, sql: str, *values: Any) -> None:
        """Execute SQL in the database while the server is down."""
        connection = sqlite3.connect(self._folder / FILE)
        with connection:
            connection.execute(sql, values)
        connection.close()


class Lifetimes(RuleBasedStateMachine):
    """Runs of one server. Index 0 is `main`."""

    host: Host

    def __init__(self) -> None:
        super().__init__()
        self.lives: dict[str, Life] = {}
        self.watching: dict[str, ExitStack] = {}
        self.damaged = False

    def pick(self, number: int) -> tuple[str, Life]:
        return list(self.lives.items())[number % len(self.lives)]

    def call(self, method: str, run: str, path: str = "", **body: Any) -> httpx2.Response:
        return self.host.http.request(method, f"/api/runs/{run}{path}", json=body)

    def told(self, run: str, response: httpx2.Response, state: str) -> dict[str, Any]:
        """Take a status in that a command was answered with. One that was to train may have come to its end since."""
        status = check_status(response)
        life = self.lives[run]
        assert status["iteration"] >= life.seen
        if state == "running":
            assert status["state"] == "running" or is_done(status)
            life.kept = life.seen  # what came since is on disk a moment later
            status = {**status, "state": "running"}
        else:
            assert status["state"] == ("finished" if is_done(status) else state)
            life.kept = status["iteration"]
        life.known, life.seen = status, status["iteration"]
        return status

    def look(self, run: str) -> dict[str, Any]:
        """The status of a run now. For a run that rests, it has to be the known one."""
        life = self.lives[run]
        status = check_status(self.call("GET", run))
        assert status["iteration"] >= life.seen
        life.seen = status["iteration"]
        if life.known["state"] != "running":
            assert same(status) == same(life.known)
        return status

    # What people do

    @initialize(config=configs)
    def begin(self, config: dict[str, Any]) -> None:
        status = check_status(self.call("POST", "main", "/reset", config=config))
        self.lives["main"] = Life(TrainingConfig(**config), status)

    @precondition(lambda self: len(self.lives) < 4)
    @rule(config=configs, speed=speeds)
    def create(self, config: dict[str, Any], speed: float) -> None:
        response = self.host.http.post("/api/runs", json={"config": config, "speed": speed})
        status = check_status(response, 201)
        self.lives[status["id"]] = Life(TrainingConfig(**config), status)

    @rule(number=which)
    def start(self, number: int) -> None:
        run, life = self.pick(number)
        response = self.call("POST", run, "/start")
        if life.known["state"] == "running":  # already, or done since: nothing has to be written
            assert response.is_success or is_done(self.look(run))
        elif life.known["state"] == "finished":
            check_problem(response, 409)
        else:
            self.told(run, response, "running")

    @rule(number=which)
    def pause(self, number: int) -> None:
        run, life = self.pick(number)
        state = life.known["state"]
        self.told(run, self.call("POST", run, "/pause"), "paused" if state == "running" else state)

    @rule(number=which, iterations=st.sampled_from((1, 2, 50, 999, 1100)))
    def step(self, number: int, iterations: int) -> None:
        run, life = self.pick(number)
        response = self.call("POST", run, "/step", iterations=iterations)
        if life.known["state"] in ("running", "finished"):
            check_problem(response, 409)
            return
        before, end = life.known["iteration"], life.known["config"]["max_iterations"]
        status = self.told(run, response, "paused")
        assert status["iteration"] == min(before + iterations, end)

    @rule(number=which, config=st.none() | configs)
    def reset(self, number: int, config: dict[str, Any] | None) -> None:
        run, life = self.pick(number)
        status = check_status(self.call("POST", run, "/reset", **({} if config is None else {"config": config})))
        assert (status["state"], status["generation"]) == ("ready", life.known["generation"] + 1)
        # Its own is the one that it has by now: a branch may have changed it.
        self.lives[run] = Life(TrainingConfig(**life.known["config"] if config is None else config), status)

    @rule(number=which, rate=rates)
    def change_the_learning_rate(self, number: int, rate: float) -> None:
        run, life = self.pick(number)
        status = check_status(response := self.call("PATCH", run, learning_rate=rate))
        if status["changes"] != life.known["changes"]:
            # The last one, or where one was taken back.
            at = max(place for place, _ in (*status["changes"], *life.known["changes"]))
            assert life.seen <= at <= status["iteration"]
            life.changes.append((at, {"learning_rate": rate}))
            life.seen = at
        assert status["learning_rate"] == rate
        self.told(run, response, life.known["state"])

    @rule(number=which, name=st.text("ab ü", min_size=1, max_size=5).filter(str.strip), speed=speeds)
    def change_name_and_speed(self, number: int, name: str, speed: float) -> None:
        run, life = self.pick(number)
        status = self.told(run, self.call("PATCH", run, name=name, speed=speed), life.known["state"])
        assert (status["name"], status["speed"]) == (name, speed)

    @precondition(lambda self: len(self.lives) < 4)
    @rule(
        number=which,
        part=parts,
        values=st.fixed_dictionaries(
            {}, optional={"learning_rate": rates, "optimizer": st.sampled_from(("sgd", "adam"))}
        ),
    )
    def branch_off(self, number: int, part: float, values: dict[str, Any]) -> None:
        run, life = self.pick(number)
        place = max(life.first, int(part * self.look(run)["iteration"]))
        body = {"from": {"run": run, "iteration": place}, "config": values, "speed": 1000.0}
        status = check_status(self.host.http.post("/api/runs", json=body), 201)
        changes = [change for change in life.changes if change[0] <= place]
        self.lives[status["id"]] = Life(life.config, status, [*changes, (place, values)], place, place, life.first)
        assert status["iteration"] == place

    @precondition(lambda self: len(self.lives) < 4)
    @rule(number=which)
    def bring_in(self, number: int) -> None:
        """Import the file of a saved run: the new run is at the same place, bit by bit."""
        run, life = self.pick(number)
        file = self.call("GET", run, "/checkpoint").content
        saved = decode_checkpoint(file)
        status = check_status(self.host.http.post("/api/runs/import", content=file, headers=A_FILE), 201)
        place = saved.iteration
        assert (status["iteration"], status["detail"]) == (place, None)
        changes = [change for change in life.changes if change[0] <= place]
        life = self.lives[status["id"]] = Life(life.config, status, changes, place, place, place)
        self.check(status["id"], life)

    @rule(number=which, part=st.floats(0, 1, exclude_max=True))
    def bring_in_a_part(self, number: int, part: float) -> None:
        """Import a file that was cut off: no run comes of it."""
        run, _ = self.pick(number)
        file = self.call("GET", run, "/checkpoint").content
        cut = file[: int(part * len(file))]
        check_problem(self.host.http.post("/api/runs/import", content=cut, headers=A_FILE), 422, "body")
        assert [status["id"] for status in self.host.http.get("/api/runs").json()] == list(self.lives)

    @rule(
        number=which, part=parts, what=st.sampled_from(("/iterations/{}", "/accuracy?iteration={}", "/errors?stop={}"))
    )
    def ask_and_leave(self, number: int, part: float, what: str) -> None:
        """Ask without waiting for the answer: nothing stays behind."""
        run, life = self.pick(number)
        place = max(life.first, int(part * self.look(run)["iteration"]))
        with socket.create_connection(("127.0.0.1", self.host.server.port)) as connection:
            head = (
                f"GET /api/runs/{run}{what.format(place)} HTTP/1.1\r\nHost: localhost:{self.host.server.port}\r\n\r\n"
            )
            connection.sendall(head.encode())
        self.look(run)

    @rule(number=which)
    def train_on(self, number: int) -> None:
        """Wait until a training run has done more iterations."""
        run, life = self.pick(number)
        if life.known["state"] == "running":
            here = life.seen
            eventually(self.host.http, run, lambda now: now["iteration"] > here or now["state"] == "finished")
            self.look(run)

    @rule(number=which, part=parts)
    def travel(self, number: int, part: float) -> None:
        run, life = self.pick(number)
        place = max(life.first, int(part * self.look(run)["iteration"]))
        self.check_moment(run, life, place)

    def check_moment(self, run: str, life: Life, place: int) -> Frame:
        trainer, errors = life.trained(place)
        frame = parse_frame(self.call("GET", run, f"/iterations/{place}").content)
        assert frame.iteration == place
        # For an imported run, the iteration before its beginning is not known.
        last = errors[-1:] if place > life.first else []
        assert frame.errors.tolist() == [np.float32(error) for error in last]
        for name, weights in trainer.parameters.items():
            np.testing.assert_array_equal(frame.weights()[name], weights.astype(np.float32))
        return frame

    @rule(number=which)
    def watch(self, number: int) -> None:
        """Connect once more, and compare a frame that was streamed with its moment."""
        run, life = self.pick(number)
        if run in self.watching:
            self.watching.pop(run).close()
        socket = self.connected(run)
        if life.known["state"] == "running":
            self.train_on(number)
        kept: Frame | None = None
        while kept is None:
            message = socket.recv(timeout=PATIENCE)
            if isinstance(message, bytes):
                kept = parse_frame(message)
            else:
                assert json.loads(message)["run"]["id"] == run
        assert kept.generation == life.known["generation"]
        moment = self.check_moment(run, life, kept.iteration)
        for name, tensor in moment.tensors.items():
            # The frame of a run that begins to be watched has no errors.
            assert name == "errors" or np.array_equal(tensor, kept.tensors[name])

    def connected(self, run: str) -> ClientConnection:
        stack = self.watching[run] = ExitStack()
        url = self.host.server.stream_url.format(run)
        socket: ClientConnection = stack.enter_context(
            connect(url, proxy=None, max_size=None, open_timeout=PATIENCE, ping_timeout=PATIENCE)
        )
        return socket

    # What happens to the server

    @rule(number=st.sampled_from((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM)))
    def restart(self, number: signal.Signals) -> None:
        for run in self.lives:
            self.look(run)
        self.let_go()
        self.host.end(number)
        self.host.start()
        self.come_back(number)

    @precondition(lambda self: len(self.lives) > 1 and not self.damaged)
    @rule(number=which)
    def damage_a_row(self, number: int) -> None:
        """Change a run's row while the server is down: the run is left out until the change is undone."""
        self.damaged = True  # once a life: each takes two starts of the server
        run = list(self.lives)[1 + number % (len(self.lives) - 1)]
        for each in self.lives:
            self.look(each)
        self.let_go()
        self.host.end(signal.SIGTERM)
        self.host.write("UPDATE runs SET generation = generation + 1 WHERE id = ?", run)
        self.host.start()
        assert [status["id"] for status in self.host.http.get("/api/runs").json()] == [
            other for other in self.lives if other != run
        ]
        check_problem(self.call("GET", run), 404)
        assert run in self.host.http.get("/api/storage").json()["detail"]
        self.host.end(signal.SIGTERM, f"the run {run} is damaged and left out: its checksum is wrong")
        self.host.write("UPDATE runs SET generation = generation - 1 WHERE id = ?", run)
        self.host.start()
        self.come_back(signal.SIGTERM)

    def come_back(self, number: signal.Signals) -> None:
        """End the server with this signal and start it again: every run is there and as it should be."""
        listed = {status["id"]: status for status in self.host.http.get("/api/runs").json()}
        assert list(listed) == list(self.lives)
        for run, life in self.lives.items():
            status = check_status(self.call("GET", run))
            assert same(status) == same(listed[run])
            if life.known["state"] == "running":
                assert status["iteration"] >= (life.seen if number is signal.SIGTERM else life.kept)
                if not is_done(status):
                    detail = STOPPED if number is signal.SIGTERM else ENDED
                    assert (status["state"], status["detail"]) == ("paused", detail)
            elif life.known["state"] != "finished" or number is signal.SIGTERM:
                assert same(status) == same(life.known)
            life.known, life.seen, life.kept = status, status["iteration"], status["iteration"]
            self.check(run, life)

    def check(self, run: str, life: Life) -> None:
        """Check that a run is where an uninterrupted trainer would be, with each of its errors once and in order."""
        snapshot = decode_checkpoint(self.call("GET", run, "/checkpoint").content)
        trainer, errors = life.trained(snapshot.iteration)
        assert state_of(snapshot) == state_of(trainer)
        kept: list[float] = []
        while (start := life.first + len(kept)) < snapshot.iteration:
            stop = min(start + 10_000, snapshot.iteration)
            answer = self.host.http.get(f"/api/runs/{run}/errors", params={"start": start, "stop": stop}).json()
            assert answer["start"] == start
            kept += answer["errors"]
        assert kept == errors[life.first :]

    def let_go(self) -> None:
        for stack in self.watching.values():
            stack.close()
        self.watching.clear()

    def teardown(self) -> None:
        for run, life in self.lives.items():
            self.look(run)
            self.check(run, life)
        self.let_go()
        self.host.http.post("/api/runs/main/pause")
        for run in list(self.lives)[1:]:
            assert self.call("DELETE", run).status_code == 204


def is_done(status: dict[str, Any]) -> bool:
    return bool(status["iteration"] == status["config"]["max_iterations"])


def same(status: dict[str, Any]) -> dict[str, Any]:
    """The parts of two statuses that have to be equal."""
    return {name: value for name, value in status.items() if name not in MOMENTARY}


@contextmanager
def hosted(folder: Path) -> Iterator[Host]:
    host = Host(folder)
    try:
        yield host
    finally:
        host.server.process.kill()
        host._open.close()


@pytest.mark.timeout(3600)
def test_whatever_befalls_runs_they_are_as_if_trained_at_one_go(tmp_path: Path) -> None:
    lives = int(os.environ.get("RNN_ADDER_LIFETIMES", "0"))
    with hosted(tmp_path) as host:
        Lifetimes.host = host
        run_state_machine_as_test(
            Lifetimes,
            settings=settings(
                max_examples=lives or LIVES,
                stateful_step_count=STEPS,
                derandomize=not lives,
                database=None,
                deadline=None,
                # No shrinking: each attempt would be a life of a server, and timing is a part of it.
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
