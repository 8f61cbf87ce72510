"""The socket as a conversation: what a viewer sends, and what it receives."""

import asyncio
import json
from typing import Any

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed

from rnn_core import TrainingConfig
from tests.app.conftest import NewRun
from tests.app.routes.test_commands import TABLE
from tests.app.serving import STATUS_KEYS, Server, bring, check_status, run_server
from tests.app.wire import Frame, watch
from tests.patience import PATIENCE

ENGINE = "numpy"

NONSENSE: dict[str, str] = {
    "no JSON": "start",
    "an empty message": "",
    "broken JSON": '{"type": "start"',
    "NaN": '{"type": "speed", "value": NaN}',
    "a lone surrogate": '{"type": "\\ud800"}',
    "an array": '["start"]',
    "a string": '"start"',
    "null": "null",
    "no type": "{}",
    "an unknown type": '{"type": "fly"}',
    "a type that is no string": '{"type": ["start"]}',
    "a number for a type": '{"type": 1}',
    "a type in capitals": '{"type": "Start"}',
    "an unknown member": '{"type": "start", "now": true}',
    "a speed without value": '{"type": "speed"}',
    "a speed that is too low": '{"type": "speed", "value": 0.01}',
    "a speed in words": '{"type": "speed", "value": "fast"}',
    "an infinite speed": '{"type": "speed", "value": 1e999}',
    "a boolean speed": '{"type": "speed", "value": true}',
    "a step of zero": '{"type": "step", "iterations": 0}',
    "a step too long": '{"type": "step", "iterations": 10001}',
    "half a step": '{"type": "step", "iterations": 0.5}',
    "a config that is no object": '{"type": "reset", "config": 7}',
    "deep nesting": "[" * 20_000,
}


async def test_a_viewer_first_hears_the_status_and_then_sees_a_frame_without_errors(
    server: Server, http: httpx2.Client, run: str
) -> None:
    http.post(f"/api/runs/{run}/step", json={"iterations": 5})
    async with watch(server.stream_url.format(run)) as viewer:
        status, frame = await viewer.next(), await viewer.next()
        assert isinstance(status, dict)
        assert set(status) == {"type", "run"}
        assert status["type"] == "status"
        assert set(status["run"]) == STATUS_KEYS
        assert status["run"]["viewers"] == 1, "it counts itself"
        assert status["run"] == http.get(f"/api/runs/{run}").json()
        assert isinstance(frame, Frame)
        assert (frame.iteration, frame.errors_start, frame.errors.size, frame.state) == (5, 5, 0, "paused")


async def test_viewers_are_counted_as_they_come_and_go(server: Server, http: httpx2.Client, run: str) -> None:
    async with watch(server.stream_url.format(run)) as first:
        await first.frame()
        async with watch(server.stream_url.format(run)) as second:
            assert (await second.status())["viewers"] == 2
            assert http.get(f"/api/runs/{run}").json()["viewers"] == 2
        async with asyncio.timeout(PATIENCE):
            while http.get(f"/api/runs/{run}").json()["viewers"] != 1:
                await asyncio.sleep(0.01)


@pytest.mark.parametrize(("state", "command", "after"), [(*key, after) for key, after in TABLE.items()])
async def test_each_command_does_in_each_state_what_the_table_says(
    server: Server, http: httpx2.Client, new_run: NewRun, state: str, command: str, after: str | int
) -> None:
    run = bring(http, new_run, state)
    async with watch(server.stream_url.format(run)) as viewer:
        before = await viewer.status()
        await viewer.send(command)
        if after == 409:
            problem = await viewer.problem()
            assert (problem["status"], problem["title"]) == (409, "Conflict")
            assert ("Pause" if state == "running" else "Reset") in problem["detail"]
            assert http.get(f"/api/runs/{run}").json()["state"] == state
        elif (state, command) in {
            ("ready", "pause"),
            ("running", "start"),
            ("paused", "pause"),
            ("finished", "pause"),
            ("diverged", "pause"),
        }:  # nothing changes, so nothing need be told
            await viewer.send("speed", value=17)
            assert (await viewer.status(lambda run: run["speed"] == 17))["state"] == after
            assert viewer.problems == []
        else:
            generation = before["generation"] + (command == "reset")
            status = await viewer.status(lambda run: run["state"] == after and run["generation"] == generation)
            frame = await viewer.frame(lambda frame: frame.state == after and frame.generation == generation)
            if command == "step":
                assert status["iteration"] == frame.iteration == before["iteration"] + 1
            if command == "reset":
                assert status["iteration"] == frame.iteration == 0
        viewer.check_order()


async def test_every_change_is_told_to_all_viewers(server: Server, http: httpx2.Client, run: str) -> None:
    url = server.stream_url.format(run)
    async with watch(url) as one, watch(url) as other:
        await one.frame()
        await other.frame()
        await one.send("speed", value=50)
        assert (await other.status(lambda run: run["speed"] == 50))["state"] == "ready"
        await other.send("start")
        await one.state("running")
        http.patch(f"/api/runs/{run}", json={"name": "Renamed", "learning_rate": 0.2})
        for viewer in (one, other):
            status = await viewer.status(lambda run: run["name"] == "Renamed")
            assert (status["learning_rate"], status["state"]) == (0.2, "running")
        http.post(f"/api/runs/{run}/pause")
        await one.state("paused")
        await one.send("reset", config={"bits": 3})
        for viewer in (one, other):
            status = await viewer.state("ready")
            assert (status["generation"], status["config"]["bits"], status["iteration"]) == (1, 3, 0)
            assert status["learning_rate"] == 0.1
            frame = await viewer.frame(lambda frame: frame.generation == 1)
            assert (frame.iteration, frame.errors.size, frame.state) == (0, 0, "ready")
            viewer.check_order()


async def test_what_is_so_already_is_no_change_and_told_to_nobody(
    server: Server, http: httpx2.Client, new_run: NewRun
) -> None:
    run = new_run(speed=300)
    name = http.get(f"/api/runs/{run}").json()["name"]
    async with watch(server.stream_url.format(run)) as one, watch(server.stream_url.format(run)) as other:
        await one.frame()
        await other.frame()
        for _ in range(50):
            await one.send("speed", value=300)
        for change in ({"name": name}, {"speed": 300}, {"learning_rate": 0.1}, {"speed": 300, "name": name}, {}):
            check_status(http.patch(f"/api/runs/{run}", json=change))
        await one.send("speed", value=50)
        for viewer in (one, other):
            assert (await viewer.status())["speed"] == 50, "the first status after the one that greets"
        http.patch(f"/api/runs/{run}", json={"name": "Another", "speed": 50})
        assert (await other.status())["name"] == "Another"


async def test_a_speed_may_be_null_and_anything_from_a_tenth_to_a_million(server: Server, run: str) -> None:
    async with watch(server.stream_url.format(run)) as viewer:
        await viewer.frame()
        for value in (0.1, 1, 1_000_000, 300.5, None):
            await viewer.send("speed", value=value)
            assert (await viewer.status())["speed"] == value
        assert viewer.problems == []


async def test_a_reset_over_the_socket_is_merged_onto_the_default(server: Server, new_run: NewRun) -> None:
    run = new_run(seed=4)
    async with watch(server.stream_url.format(run)) as viewer:
        await viewer.frame()
        await viewer.send("reset", config=None)
        assert (await viewer.status())["config"]["seed"] == 4
        await viewer.send("reset", config={"bits": 4})
        assert (await viewer.status())["config"] == TrainingConfig(bits=4).to_dict()


async def test_a_refused_config_is_told_to_its_sender_and_leaves_the_run_running(
    server: Server, http: httpx2.Client, run: str
) -> None:
    url = server.stream_url.format(run)
    async with watch(url) as one, watch(url) as other:
        await one.send("start")
        await other.state("running")
        await one.send("reset", config={"bits": 40, "seed": "x"})
        problem = await one.problem()
        assert problem["status"] == 422
        for word in ("bits", "40", "32", "seed", '"x"'):
            assert word in problem["detail"]
        status = http.get(f"/api/runs/{run}").json()
        assert (status["state"], status["generation"]) == ("running", 0)
        await one.send("pause")
        await other.state("paused")
        assert other.problems == []


@pytest.mark.parametrize("text", NONSENSE.values(), ids=NONSENSE.keys())
async def test_nonsense_is_answered_with_a_problem_and_changes_nothing(
    server: Server, http: httpx2.Client, run: str, text: str
) -> None:
    url = server.stream_url.format(run)
    async with watch(url) as one, watch(url) as other:
        await other.frame()
        before = http.get(f"/api/runs/{run}").json()
        await one.socket.send(text)
        problem = await one.problem()
        assert problem["status"] in (400, 422)
        assert problem["detail"].isprintable()
        assert http.get(f"/api/runs/{run}").json() == before
        await one.send("step")
        await other.state("paused")
        assert other.problems == []


async def test_the_tenth_nonsense_in_a_row_closes(server: Server, run: str) -> None:
    async with watch(server.stream_url.format(run)) as viewer:
        for text in list(NONSENSE.values())[:10]:
            await viewer.socket.send(text)
        assert await viewer.closed() == 1008
        assert len(viewer.problems) == 10


async def test_a_command_between_begins_the_count_anew(server: Server, run: str) -> None:
    async with watch(server.stream_url.format(run)) as viewer:
        for _ in range(3):
            for _ in range(9):
                await viewer.socket.send("nonsense")
            await viewer.send("pause")
        for _ in range(27):
            await viewer.problem()
        await viewer.send("step")
        await viewer.state("paused")


async def test_what_can_not_be_done_now_is_no_nonsense(server: Server, http: httpx2.Client, new_run: NewRun) -> None:
    run = bring(http, new_run, "finished")
    async with watch(server.stream_url.format(run)) as viewer:
        for _ in range(12):
            await viewer.send("start")
            assert (await viewer.problem())["status"] == 409
        await viewer.send("reset")
        await viewer.state("ready")


async def test_binary_from_a_client_closes_1003(server: Server, run: str) -> None:
    async with watch(server.stream_url.format(run)) as viewer:
        await viewer.socket.send(b'{"type": "start"}')
        assert await viewer.closed() == 1003


async def test_a_message_of_64_kib_is_read_and_a_byte_more_closes_1009(
    server: Server, http: httpx2.Client, run: str
) -> None:
    async with watch(server.stream_url.format(run)) as viewer:
        await viewer.socket.send('{"type":"step"}'.ljust(65536))
        await viewer.state("paused")
        await viewer.socket.send('{"type":"start"}'.ljust(65537))
        assert await viewer.closed() == 1009
    assert http.get(f"/api/runs/{run}").json()["state"] == "paused"


async def test_a_message_too_large_in_fragments_closes_1009(server: Server, run: str) -> None:
    async with watch(server.stream_url.format(run)) as viewer:
        await viewer.socket.send(["x" * 1000] * 66)  # the last fragment is the one too many
        assert await viewer.closed() == 1009


@pytest.mark.parametrize("run_id", ["nope", "MAIN", "%00", "x" * 1000, "%F0%9F%98%80" * 20])
async def test_an_unknown_run_is_accepted_and_closed_1008(server: Server, run_id: str) -> None:
    async with watch(server.stream_url.format(run_id)) as viewer:
        assert await viewer.closed() == 1008
        assert viewer.messages == []
        assert viewer.socket.close_reason


@pytest.mark.parametrize("state", ["ready", "running", "finished"])
async def test_deleting_a_run_closes_its_viewers_1008_and_no_others(
    server: Server, http: httpx2.Client, new_run: NewRun, run: str, state: str
) -> None:
    doomed = bring(http, new_run, state)
    url = server.stream_url.format(doomed)
    async with watch(url) as one, watch(url) as two, watch(server.stream_url.format(run)) as other:
        await one.status()
        await two.status()
        assert http.delete(f"/api/runs/{doomed}").status_code == 204
        assert [await one.closed(), await two.closed()] == [1008, 1008]
        await other.send("step")
        await other.state("paused")


async def test_more_viewers_than_may_watch_are_turned_away_1013() -> None:
    with run_server(max_viewers="2", engine="numpy") as server, server.client() as http:
        other = http.post("/api/runs").json()["id"]
        async with watch(server.stream_url.format("main")) as one, watch(server.stream_url.format(other)) as two:
            await one.frame()
            await two.frame()
            async with watch(server.stream_url.format("main")) as three:
                assert await three.closed() == 1013
                assert three.messages == []
            assert http.get("/api/runs/main").json()["viewers"] == 1
        async with asyncio.timeout(PATIENCE):  # places become free
            while True:
                async with watch(server.stream_url.format("main")) as four:
                    try:
                        await four.frame()
                        break
                    except ConnectionClosed:
                        continue


async def test_whoever_comes_back_hears_and_sees_where_the_run_stands(
    server: Server, http: httpx2.Client, new_run: NewRun
) -> None:
    run = new_run(speed=1000)
    url = server.stream_url.format(run)
    async with watch(url) as viewer:
        await viewer.send("start")
        left_at = (await viewer.frame(lambda frame: frame.iteration > 100)).iteration
    async with watch(url) as viewer:
        status = await viewer.status()
        frame = await viewer.frame()
        assert (status["state"], frame.state) == ("running", "running")
        assert frame.errors.size == 0 or frame.errors_start >= left_at
        await viewer.frame(lambda later: later.iteration > frame.iteration)
        await viewer.send("pause")
        await viewer.state("paused")
        last = await viewer.frame(lambda frame: frame.state == "paused")
    missed = http.get(f"/api/runs/{run}/errors", params={"start": left_at}).json()
    assert len(missed["errors"]) == last.iteration - left_at


async def test_commands_sent_at_once_are_obeyed_in_order(server: Server, run: str) -> None:
    async with watch(server.stream_url.format(run)) as viewer:
        commands: list[dict[str, Any]] = [
            {"type": "step", "iterations": 3},
            {"type": "start"},
            {"type": "pause"},
            {"type": "reset", "config": {"seed": 2}},
            {"type": "step", "iterations": 2},
            {"type": "speed", "value": 9},
        ]
        for command in commands:
            await viewer.socket.send(json.dumps(command))
        status = await viewer.status(lambda run: run["speed"] == 9)
        assert (status["iteration"], status["generation"], status["config"]["seed"]) == (2, 1, 2)
        states = [status["state"] for status in viewer.statuses]
        assert states == ["ready", "paused", "running", "paused", "ready", "paused", "paused"]


async def test_compression_is_not_agreed_on(server: Server, run: str) -> None:
    async with watch(server.stream_url.format(run)) as viewer:
        assert viewer.socket.protocol.extensions == []
