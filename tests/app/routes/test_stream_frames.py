"""The socket as a film: what the frames hold, and that they add up."""

import asyncio
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import httpx2
import numpy as np
import pytest

from rnn_core import Trainer, TrainingConfig
from tests.app.conftest import NewRun
from tests.app.serving import DIVERGING, LONG, Server
from tests.app.wire import Frame, Watcher, watch
from tests.rnn_core.forms import EVERYTHING, MOMENTUM

METADATA = {"generation", "iteration", "errors_start", "learning_rate", "state", "iterations_per_second"}
PROBLEM = {"a", "b", "expected", "predicted"}


def check_frame(frame: Frame, config: TrainingConfig) -> None:
    """Check that names, shapes and numbers are those of the design for this configuration."""
    T, H = config.bits, config.hidden_size  # noqa: N806
    weights = {"W_xh": (2, H), "W_hh": (H, H), "W_hy": (H, 1)} | ({"b_h": (H,), "b_y": (1,)} if config.bias else {})
    shapes: dict[str, tuple[int, ...]] = {"errors": frame.errors.shape}
    shapes |= {f"weights.{name}": shape for name, shape in weights.items()}
    assert frame.errors.ndim == 1
    assert frame.errors.size <= 1024
    assert frame.errors_start == frame.iteration - frame.errors.size
    assert set(frame.metadata) == METADATA | (PROBLEM if frame.iteration else set())
    if frame.iteration:
        shapes |= {f"updates.{name}": shape for name, shape in weights.items()}
        shapes |= {"trace.inputs": (T, 2), "trace.targets": (T,), "trace.outputs": (T,), "trace.output_deltas": (T,)}
        shapes |= {"trace.hidden_states": (T + 1, H), "trace.hidden_deltas": (T, H)}
        a, b = int(frame.metadata["a"]), int(frame.metadata["b"])
        bits = np.arange(T)
        np.testing.assert_array_equal(frame.tensors["trace.inputs"], np.stack([a >> bits & 1, b >> bits & 1], axis=1))
        np.testing.assert_array_equal(frame.tensors["trace.targets"], (a + b) >> bits & 1)
        assert int(frame.metadata["expected"]) == a + b
        outputs = frame.tensors["trace.outputs"]
        assert int(frame.metadata["predicted"]) == sum(int(o > 0.5) << t for t, o in enumerate(outputs.tolist()))
        assert not frame.tensors["trace.hidden_states"][0].any()
    assert {name: tensor.shape for name, tensor in frame.tensors.items()} == shapes


def check_replay(frame: Frame, activation: str = "sigmoid") -> None:
    """Check that the weights before the update compute the trace from the inputs."""
    rate = float(frame.metadata["learning_rate"])
    before = {name: w - rate * frame.tensors[f"updates.{name}"].astype(float) for name, w in frame.weights().items()}
    functions: dict[str, Callable[[Any], Any]] = {"sigmoid": lambda x: 1 / (1 + np.exp(-x)), "tanh": np.tanh}
    f = functions[activation]
    state = np.zeros(before["W_hh"].shape[0])
    for t, x in enumerate(frame.tensors["trace.inputs"].astype(float)):
        state = f(x @ before["W_xh"] + state @ before["W_hh"] + before.get("b_h", 0.0))
        np.testing.assert_allclose(frame.tensors["trace.hidden_states"][t + 1], state, atol=1e-4)
        output = 1 / (1 + np.exp(-(state @ before["W_hy"][:, 0] + before.get("b_y", 0.0))))
        np.testing.assert_allclose(frame.tensors["trace.outputs"][t], output, atol=1e-4)


def joined(frames: list[Frame]) -> list[float]:
    """All errors of the frames, which must follow each other without a gap from iteration 0 on."""
    errors: list[float] = []
    for frame in frames:
        if frame.errors.size:
            assert frame.errors_start == len(errors), "each error comes once and in order"
            errors += frame.errors.tolist()
    return errors


async def run_until(viewer: Watcher, iteration: int) -> int:
    """Start a run, pause it when this many iterations are done, and return where it then stands."""
    await viewer.send("start")
    await viewer.frame(lambda frame: frame.iteration >= iteration)
    await viewer.send("pause")
    status = await viewer.state("paused")
    await viewer.frame(lambda frame: frame.state == "paused" and frame.iteration == status["iteration"])
    done: int = status["iteration"]
    return done


@pytest.mark.parametrize("speed", [30, 300, 3000])
async def test_at_limited_speed_every_error_comes_once_and_in_order(
    server: Server, http: httpx2.Client, new_run: NewRun, speed: float
) -> None:
    run = new_run(speed=speed)
    async with watch(server.stream_url.format(run)) as viewer:
        done = await run_until(viewer, int(speed * 1.2))
        truth = Trainer().advance(done).errors
        assert joined(viewer.frames) == truth.astype(np.float32).tolist()
        assert http.get(f"/api/runs/{run}/errors").json()["errors"] == truth.tolist()
        viewer.check_order()


@pytest.mark.parametrize("iterations", [[1] * 8, [2, 1, 700], [1024, 1]])
async def test_the_errors_of_steps_come_once_and_in_order(server: Server, run: str, iterations: list[int]) -> None:
    async with watch(server.stream_url.format(run)) as viewer:
        await viewer.frame()
        done = 0
        for count in iterations:
            await viewer.send("step", iterations=count)
            done += count
            await viewer.frame(lambda frame, done=done: frame.iteration == done)  # type: ignore[misc]
        await viewer.send("speed", value=1)
        await viewer.status(lambda run: run["speed"] == 1)
        assert joined(viewer.frames) == Trainer().advance(done).errors.astype(np.float32).tolist()
        viewer.check_order()


async def test_a_step_is_told_before_it_is_shown_however_long_it_takes(server: Server, run: str) -> None:
    async with watch(server.stream_url.format(run)) as viewer:
        await viewer.frame()
        await viewer.send("step", iterations=10_000)
        await viewer.frame(lambda frame: frame.iteration == 10_000)
        viewer.check_order()


async def test_at_unlimited_speed_gaps_are_announced_and_can_be_fetched(
    server: Server, http: httpx2.Client, new_run: NewRun
) -> None:
    run = new_run(speed=None, max_iterations=LONG)
    async with watch(server.stream_url.format(run)) as viewer:
        done = await run_until(viewer, 6000)
    truth = Trainer(TrainingConfig(max_iterations=LONG)).advance(done).errors.astype(np.float32)
    expected = 0
    for frame in viewer.frames:
        assert frame.errors_start >= expected, "nothing comes twice"
        np.testing.assert_array_equal(frame.errors, truth[frame.errors_start : frame.iteration])
        if frame.errors_start > expected:
            gap: list[float] = []
            for start in range(expected, frame.errors_start, 10_000):
                params = {"start": start, "stop": min(start + 10_000, frame.errors_start)}
                gap += http.get(f"/api/runs/{run}/errors", params=params).json()["errors"]
            np.testing.assert_array_equal(np.array(gap, np.float32), truth[expected : frame.errors_start])
        expected = frame.iteration
    assert expected == done
    assert [later.iteration for later in viewer.frames] == sorted(frame.iteration for frame in viewer.frames)


async def test_frames_come_at_most_30_times_a_second(server: Server, run: str) -> None:
    async with watch(server.stream_url.format(run)) as viewer:
        await viewer.send("start")
        await viewer.frame(lambda frame: frame.state == "running")
        seconds = 0.0
        for _ in range(10):  # on a busy machine those that wait to be read come at once
            began = asyncio.get_running_loop().time()
            for _ in range(45):
                await viewer.frame()
            seconds = max(seconds, asyncio.get_running_loop().time() - began)
            if seconds > 0.75 * 45 / 30:
                break
        assert seconds > 0.75 * 45 / 30


@pytest.mark.parametrize(
    "config",
    [
        # Each option is in one of them, and other tests compile them, too.
        {},
        {"bits": 2, "hidden_size": 1, "learning_rate": 2.0},
        {"bits": 32, "hidden_size": 15, "seed": 5},
        {"bias": True},
        EVERYTHING | {"init": "glorot", "learning_rate": 0.01},
        MOMENTUM | {"learning_rate": 0.02},
    ],
)
async def test_a_frame_replays_for_every_configuration(
    server: Server, http: httpx2.Client, new_run: NewRun, config: dict[str, object]
) -> None:
    run, full = new_run(**config), TrainingConfig.from_mapping(config)
    async with watch(server.stream_url.format(run)) as viewer:
        check_frame(await viewer.frame(), full)
        trainer = Trainer(full)
        for count in (1, 50, 200):
            await viewer.send("step", iterations=count)
            trace = trainer.advance(count).trace
            assert trace is not None
            frame = await viewer.frame(lambda frame: frame.iteration == trainer.iteration)
            check_frame(frame, full)
            check_replay(frame, full.activation)
            np.testing.assert_array_equal(frame.tensors["trace.outputs"], np.float32(trace.outputs))
            np.testing.assert_array_equal(frame.tensors["trace.hidden_deltas"], np.float32(trace.hidden_deltas))
            np.testing.assert_array_equal(frame.tensors["updates.W_hh"], np.float32(trace.updates["W_hh"]))
            for name, weights in trainer.parameters.items():
                np.testing.assert_array_equal(frame.weights()[name], np.float32(weights))


async def test_two_viewers_see_the_same(server: Server, new_run: NewRun) -> None:
    run = new_run(speed=400)
    url = server.stream_url.format(run)
    async with watch(url) as one, watch(url) as other:
        await other.frame()
        done = await run_until(one, 300)
        await other.frame(lambda frame: frame.state == "paused" and frame.iteration == done)
        assert joined(one.frames) == joined(other.frames)
        assert len(joined(one.frames)) == done
        shown = {frame.iteration: frame for frame in one.frames}
        for frame in other.frames:
            twin = shown[frame.iteration]
            np.testing.assert_array_equal(frame.tensors["weights.W_hh"], twin.tensors["weights.W_hh"])


async def test_a_viewer_who_comes_late_joins_on(server: Server, new_run: NewRun) -> None:
    run = new_run(speed=1000)
    url = server.stream_url.format(run)
    async with watch(url) as early:
        await early.send("start")
        await early.frame(lambda frame: frame.iteration > 100)
        async with watch(url) as late:
            first = await late.frame()
            assert first.iteration > 100
            await late.frame(lambda frame: frame.iteration > first.iteration + 200)
        frames = [frame for frame in late.frames[1:] if frame.errors.size]
        assert frames[0].errors_start <= first.iteration, "no gap after the first frame"
        assert all(after.errors_start == before.iteration for before, after in pairwise(frames))


async def test_a_change_of_speed_while_running_loses_no_error(server: Server, new_run: NewRun) -> None:
    run = new_run(speed=0.1)
    async with watch(server.stream_url.format(run)) as viewer:
        await viewer.send("start")
        await viewer.frame(lambda frame: frame.iteration == 1)
        for speed in (100, 1000, 3000, 50):
            await viewer.send("speed", value=speed)
            await viewer.status(lambda run, speed=speed: run["speed"] == speed)  # type: ignore[misc]
            here = viewer.frames[-1].iteration
            await viewer.frame(lambda frame, here=here: frame.iteration >= here + 20)  # type: ignore[misc]
        await viewer.send("pause")
        done = (await viewer.state("paused"))["iteration"]
        await viewer.frame(lambda frame: frame.state == "paused")
        assert joined(viewer.frames) == Trainer().advance(done).errors.astype(np.float32).tolist()


async def test_a_reset_begins_a_generation_whose_errors_begin_at_zero(server: Server, new_run: NewRun) -> None:
    run = new_run(speed=500)
    async with watch(server.stream_url.format(run)) as viewer:
        await viewer.send("start")
        await viewer.frame(lambda frame: frame.iteration > 50)
        await viewer.send("reset", config={"seed": 3})
        await viewer.frame(lambda frame: frame.generation == 1)
        done = await run_until(viewer, 50)
        assert [f.generation for f in viewer.frames] == sorted(f.generation for f in viewer.frames)
        second = [frame for frame in viewer.frames if frame.generation == 1]
        truth = Trainer(TrainingConfig(seed=3)).advance(done).errors
        assert joined(second) == truth.astype(np.float32).tolist()
        viewer.check_order()


async def test_a_learning_rate_changed_while_running_shows_in_the_frames_that_were_made_with_it(
    server: Server, http: httpx2.Client, new_run: NewRun
) -> None:
    run = new_run(speed=1000)
    async with watch(server.stream_url.format(run)) as viewer:
        await viewer.send("start")
        await viewer.frame(lambda frame: frame.iteration > 20)
        [[at, _]] = http.patch(f"/api/runs/{run}", json={"learning_rate": 0.9}).json()["changes"]
        await viewer.frame(lambda frame: frame.iteration > at + 50)
        for frame in viewer.frames[1:]:
            if frame.iteration:
                assert frame.metadata["learning_rate"] == ("0.9" if frame.iteration > at else "0.1")
                check_replay(frame)


@pytest.mark.parametrize("command", ["start", "step"])
async def test_a_run_that_diverges_shows_its_last_finite_state(server: Server, new_run: NewRun, command: str) -> None:
    run, config = new_run(**DIVERGING), TrainingConfig.from_mapping(DIVERGING)
    trainer = Trainer(config)
    errors = trainer.advance(100).errors
    async with watch(server.stream_url.format(run)) as viewer:
        await viewer.frame()
        await viewer.send(command, **({"iterations": 100} if command == "step" else {}))
        status = await viewer.state("diverged")
        frame = await viewer.frame(lambda frame: frame.state == "diverged")
        assert frame.iteration == status["iteration"] == trainer.iteration
        check_frame(frame, config)
        assert joined(viewer.frames) == errors.astype(np.float32).tolist()
        for name, weights in trainer.parameters.items():
            limit = np.finfo(np.float32).max
            np.testing.assert_array_equal(frame.weights()[name], np.clip(weights, -limit, limit).astype(np.float32))
        viewer.check_order()


async def test_a_run_that_finishes_shows_its_last_iteration(server: Server, new_run: NewRun) -> None:
    run = new_run(speed=2000, max_iterations=333)
    async with watch(server.stream_url.format(run)) as viewer:
        await viewer.frame()
        await viewer.send("start")
        status = await viewer.state("finished")
        frame = await viewer.frame(lambda frame: frame.state == "finished")
        assert (status["iteration"], frame.iteration) == (333, 333)
        assert len(joined(viewer.frames)) == 333
        viewer.check_order()


async def test_who_asks_for_small_frames_gets_light_ones_between_and_at_rest_a_whole_one(
    server: Server, run: str
) -> None:
    async with (
        watch(f"{server.stream_url.format(run)}?frames=small") as small,
        watch(f"{server.stream_url.format(run)}?frames=plain") as plain,
    ):
        first = await small.frame()
        check_frame(first, TrainingConfig(max_iterations=LONG))
        await small.send("speed", value=300)
        await small.send("start")
        kinds: set[bool] = set()
        while len(kinds) < 2 or len(small.frames) < 20:
            kinds.add("light" in (await small.frame()).metadata)
        await small.send("pause")
        done = (await small.state("paused"))["iteration"]
        last = await small.frame(lambda frame: frame.iteration == done and frame.state == "paused")
        check_frame(last, TrainingConfig(max_iterations=LONG))
        check_replay(last)
        small.check_order()
        for before, after in pairwise(small.frames):
            assert after.errors_start <= before.iteration or before is first, "no error is missing"
        light = [frame for frame in small.frames if "light" in frame.metadata]
        assert all(set(frame.tensors) == {"errors"} for frame in light)
        await plain.frame(lambda frame: frame.iteration == done and frame.state == "paused")
        assert not any("light" in frame.metadata for frame in plain.frames)


async def test_frames_of_a_kind_that_does_not_exist_are_refused(server: Server, run: str) -> None:
    async with watch(f"{server.stream_url.format(run)}?frames=tiny") as viewer:
        assert await viewer.closed() == 1008
        assert viewer.socket.close_reason == (
            'frames must be "plain", or "small" for those that take less, not "tiny".'
        )
