"""Many watch one run: everybody gets the same last frame, and those who read nothing harm nobody."""

import asyncio
from contextlib import AsyncExitStack

from tests.app.serving import run_server
from tests.app.test_slow_viewers import BIG, last_close_code, memory_of, stalled
from tests.app.wire import parse_frame, watch
from tests.patience import PATIENCE

READING, LAZY = 34, 6


async def test_a_class_sees_the_same_while_some_of_it_read_nothing() -> None:
    last: list[bytes] = [b""] * READING
    counts = [0] * READING
    news = asyncio.Condition()

    with run_server(send_deadline="1", engine="numpy", max_viewers=str(READING + LAZY)) as server:
        async with AsyncExitStack() as stack:
            http = stack.enter_context(server.client())
            run = http.post("/api/runs", json={"config": BIG, "speed": None}).json()["id"]
            http.post(f"/api/runs/{run}/step", json={"iterations": 100})  # whatever the engine loads is loaded now
            url = server.stream_url.format(run)

            async def read(number: int) -> None:
                async with watch(url + ("?frames=small" if number % 2 else "")) as viewer:
                    async for message in viewer.socket:
                        if isinstance(message, bytes):
                            last[number] = message
                            counts[number] += 1
                            async with news:
                                news.notify_all()

            async def all_have(frames: int) -> None:
                async with asyncio.timeout(PATIENCE), news:
                    await news.wait_for(lambda: min(counts) >= frames)

            lazy = [stack.enter_context(stalled(server, run)) for _ in range(LAZY)]
            tasks = [asyncio.create_task(read(number)) for number in range(READING)]
            await all_have(1)
            assert http.get(f"/api/runs/{run}").json()["viewers"] == READING + LAZY
            before = memory_of(server)
            http.post(f"/api/runs/{run}/start")
            peak = 0
            async with asyncio.timeout(PATIENCE):
                while (await asyncio.to_thread(http.get, f"/api/runs/{run}")).json()["viewers"] > READING:
                    peak = max(peak, memory_of(server))
                    await asyncio.sleep(0.05)
            assert peak - before < 60e6
            await all_have(20)
            done = (await asyncio.to_thread(http.post, f"/api/runs/{run}/pause")).json()["iteration"]

            def shows_the_end(message: bytes) -> bool:
                frame = parse_frame(message)
                return (frame.state, frame.iteration) == ("paused", done)

            async with asyncio.timeout(PATIENCE), news:
                await news.wait_for(lambda: all(map(shows_the_end, last)))
            assert len({parse_frame(message).weights()["W_hh"].tobytes() for message in last}) == 1
            assert http.get(f"/api/runs/{run}").json()["viewers"] == READING
            for viewer in lazy:
                received = b""
                while piece := await asyncio.to_thread(viewer.recv, 65536):
                    received += piece
                assert last_close_code(received) == 1013
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        assert server.end() == 0
        assert server.complaints() == []
